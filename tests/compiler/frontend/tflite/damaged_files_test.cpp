// Damaged files: every answer is a graph that obeys the rules, or one clear line.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <span>
#include <string>
#include <vector>

#include "compiler/frontend/tflite/import.h"
#include "tests/compiler/frontend/tflite/small_models.h"
#include "tests/support/damage.h"
#include "tests/support/graph/sound.h"

namespace ingot::compiler {
namespace {

void expect_sound(std::span<const std::byte> bytes) {
  ImportReport report;
  testing::expect_sound(import_tflite(Bytes::copy_of(bytes), {}, report));
}

TEST(DamagedFiles, TheWholeOneImports) {
  ImportReport report;
  const std::vector<std::byte> bytes = testing::small_quantized_network().bytes();
  EXPECT_LT(bytes.size(), 4096u);
  const auto graph = import_tflite(Bytes::copy_of(bytes), {}, report);
  ASSERT_TRUE(graph) << graph.error().message();
}

TEST(DamagedFiles, EveryByteFlipped) {
  testing::flip_every_byte(testing::small_quantized_network().bytes(), expect_sound);
}

TEST(DamagedFiles, EveryLength) {
  testing::cut_at_every_length(testing::small_quantized_network().bytes(), expect_sound);
}

TEST(DamagedFiles, SwappedWords) {
  testing::swap_words(testing::small_quantized_network().bytes(), 7, 4000, expect_sound);
}

TEST(DamagedFiles, NothingOfTheKind) {
  ImportReport report;
  for (const std::string& text :
       {std::string(), std::string("TFL3"), std::string(64, '\0'), "\x10yes TFL3" + std::string(64, 'x')}) {
    const auto graph = import_tflite(Bytes::copy_of(std::as_bytes(std::span(text))), {}, report);
    ASSERT_FALSE(graph);
    EXPECT_THAT(graph.error().message(), ::testing::HasSubstr("no TensorFlow Lite model"));
  }
}

}  // namespace
}  // namespace ingot::compiler
