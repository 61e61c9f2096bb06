#include "compiler/frontend/zoo/weights.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/core/half.h"
#include "runtime/npy/npy.h"
#include "runtime/npy/whole_file.h"
#include "tests/support/zip.h"

namespace ingot::compiler {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<float> floats(const Result<Bytes>& bytes) {
  if (!bytes) {
    ADD_FAILURE() << bytes.error().message();
    return {};
  }
  const auto values = bytes->as<float>();
  return {values.begin(), values.end()};
}

// A file of these bytes, removed in the end.
class TemporaryFile {
 public:
  explicit TemporaryFile(std::span<const std::byte> bytes)
      : path_(::testing::TempDir() + ::testing::UnitTest::GetInstance()->current_test_info()->name()) {
    const auto written = write_file(path_, bytes);
    EXPECT_TRUE(written) << written.error().message();
  }
  explicit TemporaryFile(std::string_view text) : TemporaryFile(std::as_bytes(std::span(text))) {}
  ~TemporaryFile() { std::filesystem::remove(path_); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

std::string safetensors(std::string_view header, std::string_view data) {
  const uint64_t length = header.size();
  std::string file(sizeof length, '\0');
  std::memcpy(file.data(), &length, sizeof length);
  return file.append(header).append(data);
}

template <typename T>
std::string raw(const std::vector<T>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

std::string message_of(const auto& result) {
  return result ? "no error" : result.error().message();
}

// What opening a file with this safetensors header and 8 bytes of data says.
std::string complaint(std::string_view header) {
  const TemporaryFile file(safetensors(header, "12345678"));
  return message_of(FileWeights::open(file.path()));
}

// Expected values: computed with NumPy (stream() in tests/data/record_zoo.py).
TEST(SeededWeights, DrawsTheSameNumbersEverywhere) {
  SeededWeights zero(0);
  EXPECT_THAT(floats(zero.get("w", {3}, 0, 1)),
              ElementsAre(-1.4322052001953125f, -1.2717437744140625f, -0.5538177490234375f));
  SeededWeights seven(7);
  EXPECT_THAT(floats(seven.get("features.0.0.weight", {1, 3}, 0, 1)),
              ElementsAre(0.91607666015625f, -1.2355804443359375f, 0.4713134765625f));
  EXPECT_THAT(floats(seven.get("w", {4}, 0.75, 0.125)),
              ElementsAre(0.7942638397216797f, 0.7740287780761719f, 0.6804351806640625f, 0.90789794921875f));
}

TEST(SeededWeights, HaveTheMeanAndSpreadAskedFor) {
  SeededWeights weights(1);
  const std::vector<float> values = floats(weights.get("w", {100, 1000}, 2, 0.5));
  double sum = 0;
  double squares = 0;
  for (const float value : values) {
    sum += value;
    squares += (value - 2.0) * (value - 2.0);
  }
  EXPECT_NEAR(sum / 1e5, 2, 0.01);
  EXPECT_NEAR(std::sqrt(squares / 1e5), 0.5, 0.01);
  EXPECT_THAT(floats(weights.get("ones", {2}, 1, 0)), ElementsAre(1, 1));
}

TEST(FileWeights, ReadsSafetensorsOfEveryFloatingType) {
  const std::string data = raw<float>({1.5f, -2.0f}) + raw<double>({0.25, 1e300}) +
                           raw<uint16_t>({to_float16(0.5f).bits, to_bfloat16(-3.0f).bits});
  const TemporaryFile file(safetensors(R"({"__metadata__": {"format": "pt"},
      "f32": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]},
      "f64": {"dtype": "F64", "shape": [1, 2], "data_offsets": [8, 24]},
      "f16": {"dtype": "F16", "shape": [], "data_offsets": [24, 26]},
      "bf16": {"dtype": "BF16", "shape": [1], "data_offsets": [26, 28]},
      "bn.num_batches_tracked": {"dtype": "I16", "shape": [], "data_offsets": [24, 26]}})",
                                       data));
  const auto weights = FileWeights::open(file.path());
  ASSERT_TRUE(weights) << weights.error().message();
  EXPECT_THAT(floats((*weights)->get("f32", {2}, 0, 1)), ElementsAre(1.5f, -2.0f));
  EXPECT_THAT(floats((*weights)->get("f64", {1, 2}, 0, 1)), ElementsAre(0.25f, INFINITY));
  EXPECT_THAT(floats((*weights)->get("f16", {}, 0, 1)), ElementsAre(0.5f));
  EXPECT_THAT(floats((*weights)->get("bf16", {1}, 0, 1)), ElementsAre(-3.0f));
  EXPECT_TRUE((*weights)->finish());
}

TEST(FileWeights, ReadsValuesThatAreNotAligned) {
  for (const std::string_view padding : {"", " ", "  ", "   "}) {
    const std::string header = R"({"w": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}})";
    const TemporaryFile file(safetensors(header + std::string(padding), raw<float>({7.0f})));
    const auto weights = FileWeights::open(file.path());
    ASSERT_TRUE(weights) << weights.error().message();
    EXPECT_THAT(floats((*weights)->get("w", {1}, 0, 1)), ElementsAre(7.0f));
  }
}

TEST(FileWeights, ReadsNpz) {
  const std::vector<float> values = {1, 2, 3, 4, 5, 6};
  const TemporaryFile file(
      testing::make_zip({{"a.weight.npy", format_npy(DType::float32, std::vector{2, 3}, values.data()), true},
                         {"a.bias.npy", format_npy(DType::float32, std::vector{3}, values.data()), false}}));
  const auto weights = FileWeights::open(file.path());
  ASSERT_TRUE(weights) << weights.error().message();
  EXPECT_THAT(floats((*weights)->get("a.weight", {2, 3}, 0, 1)), ElementsAre(1, 2, 3, 4, 5, 6));
  EXPECT_THAT(floats((*weights)->get("a.bias", {3}, 0, 1)), ElementsAre(1, 2, 3));
}

TEST(FileWeights, NamesTheParameterThatDoesNotFit) {
  const TemporaryFile file(safetensors(R"({"w": {"dtype": "F32", "shape": [1, 2], "data_offsets": [0, 8]},
                      "n": {"dtype": "I32", "shape": [2], "data_offsets": [0, 8]}})",
                                       "12345678"));
  const auto weights = FileWeights::open(file.path());
  ASSERT_TRUE(weights) << weights.error().message();
  EXPECT_EQ(message_of((*weights)->get("v", {3, 4}, 0, 1)),
            file.path() + ": no parameter 'v', which the model needs with shape [3, 4]");
  EXPECT_EQ(message_of((*weights)->get("w", {2, 1}, 0, 1)),
            file.path() + ": parameter 'w': expected shape [2, 1], found [1, 2]");
  EXPECT_EQ(message_of((*weights)->get("n", {2}, 0, 1)),
            file.path() + ": parameter 'n': expected floating-point values, found int32");
  EXPECT_EQ(message_of((*weights)->finish()), file.path() + ": the model has no parameter 'w' (shape [1, 2])");
}

TEST(FileWeights, RefusesWhatIsNoSafetensorsFile) {
  EXPECT_THAT(message_of(FileWeights::open("/no/such/file")), HasSubstr("/no/such/file: "));
  for (const std::string_view content :
       {"", "short", "this is no such file at all", "\x80\x00\x00\x00\x00\x00\x00\x00{"}) {
    const TemporaryFile file(content);
    EXPECT_THAT(message_of(FileWeights::open(file.path())), HasSubstr("neither a safetensors nor an npz file"));
  }
}

TEST(FileWeights, RefusesHostileHeaders) {
  EXPECT_THAT(complaint("{"), HasSubstr("is no JSON object"));
  EXPECT_THAT(complaint("[1, 2]"), HasSubstr("is no JSON object"));
  EXPECT_THAT(complaint(std::string(100'000, '[')), HasSubstr("is no JSON object"));
  EXPECT_THAT(complaint("{\"w\": \"\xff\xfe\"}"), HasSubstr("is no JSON object"));
  EXPECT_THAT(complaint(R"({"w": 3})"), HasSubstr("parameter 'w': expected a dtype, a shape and two data_offsets"));
  EXPECT_THAT(complaint(R"({"w": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8, 8]}})"), HasSubstr("'w'"));
  EXPECT_THAT(complaint(R"({"w": {"dtype": "C64", "shape": [1], "data_offsets": [0, 8]}})"), HasSubstr("'C64'"));
  EXPECT_THAT(complaint(R"({"w": {"dtype": "F32", "shape": [-2], "data_offsets": [0, 8]}})"), HasSubstr("its shape"));
  EXPECT_THAT(complaint(R"({"w": {"dtype": "F32", "shape": [1.5], "data_offsets": [0, 8]}})"), HasSubstr("its shape"));
  EXPECT_THAT(complaint(R"({"w": {"dtype": "F32", "shape": [0, 18446744073709551615], "data_offsets": [0, 0]}})"),
              HasSubstr("its shape"));
  EXPECT_THAT(complaint(R"({"w": {"dtype": "F32", "shape": [4611686018427387904, 4], "data_offsets": [0, 0]}})"),
              HasSubstr("its shape"));
  EXPECT_THAT(complaint(R"({"w": {"dtype": "F32", "shape": [750000000], "data_offsets": [0, 3000000000]}})"),
              HasSubstr("data_offsets [0, 3000000000] do not fit"));
  EXPECT_THAT(complaint(R"({"w": {"dtype": "F32", "shape": [1], "data_offsets": [8, 12]}})"), HasSubstr("do not fit"));
  EXPECT_THAT(complaint(R"({"w": {"dtype": "F32", "shape": [1], "data_offsets": [8, 4]}})"), HasSubstr("do not fit"));
  EXPECT_THAT(complaint(R"({"w": {"dtype": "F32", "shape": [1], "data_offsets": ["0", 4]}})"),
              HasSubstr("positive integers"));
}

TEST(FileWeights, RefusesAnNpzWithOtherThings) {
  const TemporaryFile file(testing::make_zip({{"archive/data.pkl", {}, false}}));
  EXPECT_THAT(message_of(FileWeights::open(file.path())), HasSubstr("'archive/data.pkl' is no .npy array"));
}

TEST(FileWeights, RefusesAnNpzWithABrokenArray) {
  const TemporaryFile file(testing::make_zip({{"w.npy", std::vector<std::byte>(20), false}}));
  EXPECT_THAT(message_of(FileWeights::open(file.path())), HasSubstr("'w.npy': this is not .npy data"));
}

TEST(FileWeights, SurvivesTruncationAndEveryFlippedByte) {
  const std::string file = safetensors(
      R"({"a": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]},"b": {"dtype": "F16", "shape": [2], "data_offsets": [4, 8]}})",
      "12345678");
  const auto parse = [](std::string_view text) {
    const auto entries = parse_safetensors(Bytes::copy_of(std::as_bytes(std::span(text))));
    if (!entries) return;
    for (const auto& [name, entry] : *entries) EXPECT_LE(entry.data.size(), 8u);
  };
  for (size_t size = 0; size < file.size(); ++size) parse(std::string_view(file).substr(0, size));
  for (size_t i = 0; i < file.size(); ++i) {
    std::string flipped = file;
    for (const char bits : {'\xFF', '\x01', '\x10'}) {
      flipped[i] = static_cast<char>(file[i] ^ bits);
      parse(flipped);
    }
  }
}

}  // namespace
}  // namespace ingot::compiler
