// Every operator call that was recorded with PyTorch (tests/data/aten_ops.zip): the shape rules must give the dtypes
// and shapes of the recorded results.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "compiler/ir/builder.h"
#include "tests/support/zip.h"

namespace ingot::compiler {
namespace {

using Json = nlohmann::json;

DType dtype_named(const std::string& name) {
  for (int i = 0; i < 32; ++i) {
    if (size_of(static_cast<DType>(i)) > 0 && name == to_string(static_cast<DType>(i))) return static_cast<DType>(i);
  }
  ADD_FAILURE() << "unknown dtype " << name;
  return DType::float32;
}

double number(const Json& json) {
  if (json.is_number()) return json.get<double>();
  const std::string text = json.get<std::string>();
  const double infinity = std::numeric_limits<double>::infinity();
  return text == "inf" ? infinity : text == "-inf" ? -infinity : std::nan("");
}

class RecordedOps : public ::testing::Test {
 protected:
  void SetUp() override {
    auto archive = testing::ZipArchive::open(INGOT_SOURCE_DIR "/tests/data/aten_ops.zip");
    ASSERT_TRUE(archive) << archive.error().message();
    archive_ = std::make_unique<testing::ZipArchive>(std::move(*archive));
    cases_ = Json::parse(*archive_->read_text("cases.json"));
  }

  // A constant of the recorded tensor; its bytes are read once.
  Value* tensor(const std::string& file) {
    Value*& value = tensors_[file];
    if (value == nullptr) {
      const Array array = *archive_->read_npy(file);
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
    if (kind == "double") return number(value);
    if (kind == "bool") return value.get<bool>();
    if (kind == "int_list") return value.get<std::vector<int64_t>>();
    if (kind == "double_list") {
      std::vector<double> list;
      for (const Json& item : value) list.push_back(number(item));
      return list;
    }
    if (kind == "bool_list") return value.get<std::vector<bool>>();
    if (kind == "dtype") return dtype_named(value.get<std::string>());
    if (kind == "string") return value.get<std::string>();
    ADD_FAILURE() << "unknown kind of argument " << kind;
    return std::monostate();
  }

  std::unique_ptr<testing::ZipArchive> archive_;
  Json cases_;
  Graph graph_;
  std::map<std::string, Value*> tensors_;
};

TEST_F(RecordedOps, ShapeRulesGiveTheRecordedTypes) {
  for (const Json& recorded : cases_) {
    SCOPED_TRACE(recorded["name"].get<std::string>());
    const OpSchema* op = find_op(recorded["op"].get<std::string>());
    ASSERT_NE(op, nullptr) << "no row for " << recorded["op"];
    std::vector<Argument> args;
    for (const Json& arg : recorded["args"]) args.push_back(argument(arg));
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
    std::vector<std::string> expected;
    for (const Json& output : recorded["outputs"]) {
      expected.push_back(to_string(tensor(output.get<std::string>())->type));
    }
    std::vector<std::string> found;
    for (const TensorType& type : *types) found.push_back(to_string(type));
    EXPECT_EQ(found, expected);
  }
}

}  // namespace
}  // namespace ingot::compiler
