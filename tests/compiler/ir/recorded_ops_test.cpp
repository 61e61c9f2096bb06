// Every operator call that was recorded with PyTorch (tests/data/aten_ops*.zip): the shape rules must give the dtypes
// and shapes of the recorded results.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "compiler/ir/builder.h"
#include "schema/executorch_operators.h"
#include "tests/support/recorded_calls.h"

namespace ingot::compiler {
namespace {

using Json = nlohmann::json;

// The arguments of one archive's calls.
class Arguments {
 public:
  explicit Arguments(testing::RecordedCalls& calls) : calls_(calls) {}

  // A constant of the recorded tensor; its bytes are read once.
  Value* tensor(const std::string& file) {
    Value*& value = tensors_[file];
    if (value == nullptr) {
      const Array& array = calls_.array(file);
      TensorType type{array.dtype, Shape(array.sizes.begin(), array.sizes.end()), {}};
      value = graph_.add_constant(file, std::move(type), Bytes::copy_of(array.data));
    }
    return value;
  }

  Argument argument(const Json& json) {
    if (json.is_null()) return std::monostate();
    const std::string kind = json.begin().key();
    const Json& value = json.begin().value();
    if (kind == "tensor") return tensor(value.get<std::string>());
    if (kind == "tensor_list") {
      std::vector<Value*> list;
      for (const Json& item : value) list.push_back(item.is_null() ? nullptr : tensor(item.get<std::string>()));
      return list;
    }
    if (kind == "int") return value.get<int64_t>();
    if (kind == "double") return testing::recorded_number(value);
    if (kind == "bool") return value.get<bool>();
    if (kind == "int_list") return value.get<std::vector<int64_t>>();
    if (kind == "double_list") {
      std::vector<double> list;
      for (const Json& item : value) list.push_back(testing::recorded_number(item));
      return list;
    }
    if (kind == "bool_list") return value.get<std::vector<bool>>();
    if (kind == "dtype") return testing::recorded_dtype(value.get<std::string>());
    if (kind == "string") return value.get<std::string>();
    ADD_FAILURE() << "unknown kind of argument " << kind;
    return std::monostate();
  }

 private:
  testing::RecordedCalls& calls_;
  Graph graph_;
  std::map<std::string, Value*> tensors_;
};

// Graphs hold operands of one dtype: the compiler converts before. Calls for the kernels alone have others, or write to
// their first argument.
bool is_for_kernels(const Json& recorded) {
  const std::string op = recorded["op"];
  return recorded.value("kernel_only", false) || std::ranges::find(schema::kInPlace, op) != std::end(schema::kInPlace);
}

// Does the type say what was found, a size that only the values tell being within its bounds?
bool covers(const TensorType& type, const TensorType& found) {
  if (type.dtype != found.dtype || type.rank() != found.rank()) return false;
  for (size_t i = 0; i < type.rank(); ++i) {
    if (found.shape[i].value() < type.shape[i].min() || found.shape[i].value() > type.shape[i].max()) return false;
  }
  return true;
}

TEST(RecordedOps, ShapeRulesGiveTheRecordedTypes) {
  for (const auto& calls : testing::all_recorded_calls()) {
    Arguments arguments(*calls);
    for (const Json& recorded : calls->cases()) {
      if (is_for_kernels(recorded)) continue;
      SCOPED_TRACE(recorded["name"].get<std::string>() + "\n" + recorded.dump());
      const OpSchema* op = find_op(recorded["op"].get<std::string>());
      ASSERT_NE(op, nullptr) << "no row for " << recorded["op"];
      std::vector<Argument> args;
      for (const Json& arg : recorded["args"]) args.push_back(arguments.argument(arg));
      auto complete = complete_args(*op, std::move(args));
      ASSERT_TRUE(complete) << complete.error().message();
      const auto types = infer_types(*op, *complete);
      if (op->full_name() == "aten::index.Tensor" && !types) {
        // The one thing that a shape cannot tell.
        EXPECT_NE(std::string(types.error().message()).find("is a mask"), std::string::npos);
        continue;
      }
      EXPECT_TRUE(types) << types.error().message();
      if (!types) continue;
      EXPECT_EQ(types->size(), recorded["outputs"].size());
      for (size_t i = 0; i < types->size(); ++i) {
        const TensorType& expected = arguments.tensor(recorded["outputs"][i])->type;
        EXPECT_TRUE(covers((*types)[i], expected)) << to_string((*types)[i]) << " for " << to_string(expected);
        const bool from_values = !is_static((*types)[i].shape);
        EXPECT_TRUE(!from_values || op->row().family == schema::Family::indexing);
      }
    }
  }
}

}  // namespace
}  // namespace ingot::compiler
