// Damaged and hostile files: every answer is a graph that obeys the rules, or one clear line.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "compiler/frontend/onnx/import.h"
#include "compiler/ir/verify.h"
#include "tests/compiler/frontend/onnx/small_models.h"
#include "tests/support/damage.h"
#include "tests/support/onnx_cases.h"

namespace ingot::compiler {
namespace {

using ::testing::HasSubstr;

void expect_sound(std::span<const std::byte> bytes) {
  ImportReport report;
  const auto graph = import_onnx(bytes, {}, report);
  if (graph) {
    const auto verified = verify(*graph, Stage::imported);
    EXPECT_TRUE(verified) << verified.error().message();
    return;
  }
  const std::string message = graph.error().message();
  EXPECT_FALSE(message.empty());
  for (const char c : message) EXPECT_GE(static_cast<unsigned char>(c), 0x20) << message;
  EXPECT_NE(graph.error().code(), ErrorCode::internal) << message;
}

std::string error_of(const onnx::ModelProto& model, const std::string& folder = {}) {
  ImportReport report;
  const auto graph = import_onnx(testing::to_bytes(model), {}, report, folder);
  return graph ? "imported" : graph.error().message();
}

// A field of protobuf's wire format that holds bytes.
std::string field(int number, const std::string& content) {
  std::string bytes(1, static_cast<char>(number << 3 | 2));
  size_t size = content.size();
  for (; size >= 0x80; size >>= 7) bytes += static_cast<char>((size & 0x7f) | 0x80);
  return bytes + static_cast<char>(size) + content;
}

TEST(DamagedFiles, TheWholeOneImports) {
  const auto bytes = testing::to_bytes(testing::digits_like());
  EXPECT_LT(bytes.size(), 2048u);
  ImportReport report;
  const auto graph = import_onnx(bytes, {}, report);
  ASSERT_TRUE(graph) << graph.error().message();
  const auto verified = verify(*graph, Stage::imported);
  EXPECT_TRUE(verified) << verified.error().message();
  // The shape arithmetic is gone.
  for (const auto& node : graph->nodes()) EXPECT_NE(node->source(), "Concat t");
}

TEST(DamagedFiles, EveryByteFlipped) {
  ingot::testing::flip_every_byte(testing::to_bytes(testing::digits_like()), expect_sound);
}

TEST(DamagedFiles, EveryLength) {
  ingot::testing::cut_at_every_length(testing::to_bytes(testing::digits_like()), expect_sound);
}

// Some bytes of a model of every operator and attribute.
TEST(DamagedFiles, RecordedCases) {
  constexpr size_t kStride = 23;
  const auto archive = ingot::testing::open_onnx_cases();
  ASSERT_TRUE(archive) << archive.error().message();
  size_t start = 0;
  for (const auto& [op, cases] : ingot::testing::onnx_cases()) {
    for (const auto& c : cases) {
      auto model = archive->read(c.name + "/model.onnx");
      ASSERT_TRUE(model) << model.error().message();
      start = (start + 7) % kStride;
      for (size_t i = start; i < model->size(); i += kStride) {
        SCOPED_TRACE(c.name + ", byte " + std::to_string(i));
        const std::byte whole = (*model)[i];
        (*model)[i] ^= std::byte{static_cast<unsigned char>(i % 3 == 0 ? 0x01 : i % 3 == 1 ? 0x80 : 0xff)};
        expect_sound(*model);
        (*model)[i] = whole;
      }
    }
  }
}

TEST(DamagedFiles, NoOnnxAtAll) {
  const std::string text = "#!/bin/sh\necho this is no model\n";
  ImportReport report;
  const auto graph = import_onnx(std::as_bytes(std::span(text)), {}, report);
  ASSERT_FALSE(graph);
  EXPECT_THAT(graph.error().message(), HasSubstr("no ONNX model"));
  const auto missing = import_onnx("/nowhere/at/all.onnx", {}, report);
  ASSERT_FALSE(missing);
  EXPECT_THAT(missing.error().message(), HasSubstr("/nowhere/at/all.onnx"));
}

TEST(DamagedFiles, NestedTooDeeply) {
  // An input whose type is a sequence of a sequence of ...: TypeProto.sequence_type is field 4, its elem_type field 1.
  std::string type;
  for (int i = 0; i < 2000; ++i) type = field(4, field(1, type));
  const std::string input = field(1, "deep") + field(2, type);
  const std::string file = testing::digits_like().SerializeAsString() + field(7, field(11, input));
  ImportReport report;
  const auto graph = import_onnx(std::as_bytes(std::span(file)), {}, report);
  ASSERT_FALSE(graph);
  EXPECT_THAT(graph.error().message(), HasSubstr("damaged"));
}

TEST(DamagedFiles, GigabytesInAKilobyte) {
  onnx::ModelProto model = testing::digits_like();
  onnx::TensorProto* weight = model.mutable_graph()->mutable_initializer(0);
  weight->set_dims(0, 805306368);  // 28 GB with the others
  EXPECT_THAT(error_of(model), HasSubstr("initializer 'w'"));
  weight->set_dims(1, int64_t{1} << 40);
  EXPECT_THAT(error_of(model), HasSubstr("2^31 - 1"));
  weight->set_dims(1, -3);
  EXPECT_THAT(error_of(model), HasSubstr("a size of -3"));

  // Legal, and huge: nothing is allocated for it here.
  onnx::ModelProto large = testing::empty_model();
  testing::add_input(large, "x", {1});
  testing::add_integers(large, "shape", {3, 1024, 1024, 256});
  testing::add_node(large, "ConstantOfShape", {"shape"}, {"c"});
  testing::add_node(large, "Add", {"x", "c"}, {"y"});
  testing::add_output(large, "y");
  EXPECT_EQ(error_of(large), "imported");
}

TEST(DamagedFiles, WrongNumberOfBytes) {
  onnx::ModelProto model = testing::digits_like();
  model.mutable_graph()->mutable_initializer(1)->set_raw_data("123");
  EXPECT_THAT(error_of(model), HasSubstr("initializer 'b': float32[2] holds 3 bytes, expected 8"));
}

class ExternalDataTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::path(INGOT_BINARY_DIR) /
              (std::string("external_") + ::testing::UnitTest::GetInstance()->current_test_info()->name());
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_ / "model");
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  // A model whose bias lies in a file.
  onnx::ModelProto model(const std::string& location, const std::string& offset, const std::string& length) {
    onnx::ModelProto model = testing::digits_like();
    onnx::TensorProto* tensor = model.mutable_graph()->mutable_initializer(1);
    tensor->clear_raw_data();
    tensor->set_data_location(onnx::TensorProto::EXTERNAL);
    for (const auto& [key, value] : {std::pair("location", location), {"offset", offset}, {"length", length}}) {
      if (value.empty()) continue;
      onnx::StringStringEntryProto* entry = tensor->add_external_data();
      entry->set_key(key);
      entry->set_value(value);
    }
    return model;
  }
  void write(const std::string& name, size_t bytes) {
    std::ofstream(folder_ / name, std::ios::binary) << std::string(bytes, '\0');
  }

  std::filesystem::path folder_;
};

TEST_F(ExternalDataTest, IsMapped) {
  write("model/weights.bin", 20);
  const std::string folder = (folder_ / "model").string();
  EXPECT_EQ(error_of(model("weights.bin", "12", "8"), folder), "imported");
  EXPECT_EQ(error_of(model("weights.bin", "", ""), folder), "imported");
  EXPECT_EQ(error_of(model("weights.bin", "3", "8"), folder), "imported");  // in no good place for floats: copied
  std::ofstream(folder_ / "model/m.onnx", std::ios::binary) << model("weights.bin", "0", "8").SerializeAsString();
  ImportReport report;
  EXPECT_TRUE(import_onnx((folder_ / "model/m.onnx").string(), {}, report));
}

TEST_F(ExternalDataTest, TruncatedOrMissing) {
  write("model/weights.bin", 20);
  const std::string folder = (folder_ / "model").string();
  EXPECT_THAT(error_of(model("weights.bin", "16", "8"), folder), HasSubstr("ends at byte 20"));
  EXPECT_THAT(error_of(model("weights.bin", "18446744073709551615", "8"), folder), HasSubstr("ends at byte 20"));
  EXPECT_THAT(error_of(model("weights.bin", "0", "4"), folder), HasSubstr("4 bytes, expected 8"));
  EXPECT_THAT(error_of(model("weights.bin", "-1", "8"), folder), HasSubstr("is not a number"));
  EXPECT_THAT(error_of(model("other.bin", "0", "8"), folder), HasSubstr("'other.bin'"));
  EXPECT_THAT(error_of(model("weights.bin", "0", "8")), HasSubstr("no folder"));
}

TEST_F(ExternalDataTest, StaysInsideTheFolder) {
  write("secret.bin", 20);
  const std::string folder = (folder_ / "model").string();
  std::filesystem::create_symlink(folder_ / "secret.bin", folder_ / "model/link.bin");
  for (const std::string& location : {std::string("../secret.bin"), (folder_ / "secret.bin").string(),
                                      std::string("link.bin"), std::string("/dev/zero")}) {
    EXPECT_THAT(error_of(model(location, "0", "8"), folder), HasSubstr("outside the model's folder"));
  }
}

}  // namespace
}  // namespace ingot::compiler
