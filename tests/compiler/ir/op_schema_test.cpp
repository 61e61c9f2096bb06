#include "compiler/ir/op_schema.h"

#include <gtest/gtest.h>

#include "compiler/ir/builder.h"

namespace ingot::compiler {
namespace {

TEST(OpSchema, EveryRowHasAKernelName) {
  for (const OpSchema& op : all_ops()) {
    SCOPED_TRACE(op.full_name());
    EXPECT_EQ(find_op(op.full_name()), &op);
    EXPECT_NE(op.row().out.find('.'), std::string_view::npos);
    EXPECT_FALSE(op.returns().empty());
    EXPECT_EQ(op.row().executorch, !op.row().out.starts_with("ingot::"));
    for (const ArgSpec& arg : op.args()) {
      if (const auto otherwise = default_argument(arg)) {
        const bool none = std::holds_alternative<std::monostate>(*otherwise);
        EXPECT_TRUE(!none || arg.optional) << arg.name;
      }
    }
  }
}

TEST(OpSchema, ReadsTypesAndDefaults) {
  const OpSchema& pool = *find_op("aten::max_pool2d_with_indices");
  EXPECT_EQ(pool.returns().size(), 2u);
  const ArgSpec& padding = pool.args()[pool.index_of("padding")];
  EXPECT_EQ(padding.type, ArgSpec::Type::int_list);
  EXPECT_EQ(padding.fixed_size, 2u);
  EXPECT_EQ(std::get<std::vector<int64_t>>(*default_argument(padding)), (std::vector<int64_t>{0, 0}));

  const OpSchema& index = *find_op("aten::index.Tensor");
  EXPECT_EQ(index.args()[1].type, ArgSpec::Type::tensor_list);
  EXPECT_TRUE(index.args()[1].optional_elements);
  EXPECT_FALSE(index.args()[1].optional);

  const OpSchema& add = *find_op("aten::add.Tensor");
  EXPECT_TRUE(add.args()[2].keyword_only);
  EXPECT_EQ(std::get<int64_t>(*default_argument(add.args()[2])), 1);
  EXPECT_EQ(std::get<std::string>(*default_argument(find_op("aten::gelu")->args()[1])), "none");
  EXPECT_TRUE(find_op("aten::split_copy.Tensor")->returns()[0].list);
  EXPECT_EQ(find_op("aten::no_such_thing"), nullptr);
}

TEST(CompleteArgs, FillsInAndConverts) {
  Value x;
  const OpSchema& pool = *find_op("aten::avg_pool2d");
  const auto args = complete_args(pool, {&x, int64_t{3}});
  ASSERT_TRUE(args) << args.error().message();
  EXPECT_EQ(std::get<std::vector<int64_t>>((*args)[1]), (std::vector<int64_t>{3, 3}));
  EXPECT_EQ(std::get<bool>((*args)[5]), true);
  EXPECT_TRUE(check_args(pool, *args));

  const OpSchema& view = *find_op("aten::view_copy");
  const auto shape = complete_args(view, {&x, Shape{2, 3}});
  ASSERT_TRUE(shape);
  EXPECT_EQ(std::get<std::vector<int64_t>>((*shape)[1]), (std::vector<int64_t>{2, 3}));
}

TEST(CompleteArgs, NamesTheWrongArgument) {
  Value x;
  const auto message = [](const char* op, std::vector<Argument> args) {
    const auto result = complete_args(*find_op(op), std::move(args));
    return result ? std::string() : std::string(result.error().message());
  };
  EXPECT_EQ(message("aten::mm", {&x}), "aten::mm: argument 'mat2' is missing");
  EXPECT_EQ(message("aten::mm", {&x, 0.5}), "aten::mm: argument 'mat2' is a float, expected a tensor");
  EXPECT_EQ(message("aten::relu", {&x, &x}), "aten::relu: takes 1 arguments, found 2");
  EXPECT_EQ(message("aten::cat", {std::vector<Value*>{nullptr}}),
            "aten::cat: argument 'tensors' is a list of tensors, expected a list of tensors");
  EXPECT_EQ(message("aten::clamp", {&x, std::string("low")}),
            "aten::clamp: argument 'min' is a string, expected a number or none");
}

}  // namespace
}  // namespace ingot::compiler
