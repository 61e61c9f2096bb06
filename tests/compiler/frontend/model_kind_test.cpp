#include "compiler/frontend/model_kind.h"

#include <gtest/gtest.h>

#include <string_view>

namespace ingot::compiler {
namespace {

ModelKind kind_of(std::string_view text) {
  return model_kind(std::as_bytes(std::span(text)));
}

TEST(ModelKindTest, TellsKindsByContent) {
  EXPECT_EQ(kind_of(std::string_view("PK\3\4\0\0", 6)), ModelKind::pt2);
  EXPECT_EQ(kind_of(std::string_view("PK\5\6\0\0", 6)), ModelKind::pt2);
  EXPECT_EQ(kind_of(std::string_view("\x1c\0\0\0TFL3", 8)), ModelKind::tflite);
  EXPECT_EQ(kind_of(" \n graph forward {"), ModelKind::graph_text);
  EXPECT_EQ(kind_of(std::string_view("\x08\x07\x12\x07pytorch", 11)), ModelKind::onnx);
}

TEST(ModelKindTest, TakesWhatIsCutForOnnx) {
  for (const std::string_view text : {"", "PK", "graph", "\x1c\1\1\1TFL"}) EXPECT_EQ(kind_of(text), ModelKind::onnx);
}

}  // namespace
}  // namespace ingot::compiler
