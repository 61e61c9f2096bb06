#include "runtime/npy/npy.h"

#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <string_view>

#include "tests/support/compare.h"
#include "tests/support/shared.h"

namespace ingot {
namespace {

std::vector<std::byte> npy(std::string header, std::string_view data, int version = 1) {
  std::string text = "\x93NUMPY";
  text += static_cast<char>(version);
  text += '\0';
  for (int i = 0; i < (version == 1 ? 2 : 4); ++i) text += static_cast<char>(header.size() >> (8 * i) & 0xFF);
  text += header;
  text += data;
  const auto* bytes = reinterpret_cast<const std::byte*>(text.data());
  return {bytes, bytes + text.size()};
}

TEST(Npy, RoundTripsEveryDtype) {
  for (const DType dtype :
       {DType::boolean, DType::int8, DType::uint8, DType::int16, DType::uint16, DType::int32, DType::uint32,
        DType::int64, DType::uint64, DType::float16, DType::float32, DType::float64}) {
    std::vector<std::byte> data(6 * size_of(dtype), std::byte{1});
    const std::vector<int32_t> sizes = {2, 3};
    const std::vector<std::byte> bytes = format_npy(dtype, sizes, data.data());
    EXPECT_EQ((bytes.size() - data.size()) % 64, 0u);
    const auto array = parse_npy(bytes);
    ASSERT_TRUE(array) << array.error().message();
    EXPECT_EQ(array->dtype, dtype);
    EXPECT_EQ(array->sizes, sizes);
    EXPECT_EQ(array->data, data);
  }
}

TEST(Npy, WritesTheHeaderThatNumPyWrites) {
  const float value = 1;
  const std::vector<int32_t> one = {1};
  const std::vector<std::byte> bytes = format_npy(DType::float32, one, &value);
  const std::string text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  EXPECT_NE(text.find("{'descr': '<f4', 'fortran_order': False, 'shape': (1,), }"), std::string::npos);
  const std::vector<std::byte> scalar = format_npy(DType::int64, {}, "12345678");
  EXPECT_NE(std::string(reinterpret_cast<const char*>(scalar.data()), scalar.size()).find("'shape': (), }"),
            std::string::npos);
  EXPECT_EQ(parse_npy(scalar)->sizes.size(), 0u);
}

TEST(Npy, ConvertsFortranOrderAndBigEndian) {
  const std::string data("\0\1\0\4\0\2\0\5\0\3\0\6", 12);
  for (int version = 1; version <= 3; ++version) {
    const auto array = parse_npy(npy("{'descr': '>i2', 'fortran_order': True, 'shape': (2, 3), }\n", data, version));
    ASSERT_TRUE(array) << array.error().message();
    const std::vector<int16_t> expected = {1, 2, 3, 4, 5, 6};
    EXPECT_TRUE(std::ranges::equal(array->as<int16_t>(), expected));
  }
}

TEST(Npy, RefusesBrokenHeadersWithOneLine) {
  const struct {
    const char* header;
    const char* data;
  } cases[] = {
      {"", ""},
      {"{", ""},
      {"{}", ""},
      {"{'descr': '<f4', 'fortran_order': False, 'shape': (1)", "1234"},
      {"{'descr': '<f4', 'fortran_order': False, 'shape': (1,)} x", "1234"},
      {"{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}", ""},
      {"{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999,)}", ""},
      {"{'descr': '<f4', 'fortran_order': False, 'shape': (2147483647,2147483647,2147483647)}", ""},
      {"{'descr': '<f4', 'fortran_order': False, 'shape': (750000000,)}", "3 GB claimed"},
      {"{'descr': '<f4', 'fortran_order': False, 'shape': (1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1)}", "1234"},
      {"{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (1,)}", "1234"},
      {"{'descr': '<f4', 'fortran_order': Maybe, 'shape': (1,)}", "1234"},
      {"{'descr': '<f4', 'fortran_order': False, 'shape': (1,)}", "12345"},
      {"{'descr': '<f4', 'fortran_order': False, 'shape': (2,)}", "1234"},
      {"{'descr': '<c8', 'fortran_order': False, 'shape': (1,)}", "12345678"},
      {"{'descr': '', 'fortran_order': False, 'shape': (1,)}", "12345678"},
      {"{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,)}", "1234"},
      {"{'descr': '<f4, 'fortran_order': False, 'shape': (1,)}", "1234"},
  };
  for (const auto& c : cases) {
    const auto array = parse_npy(npy(c.header, c.data));
    ASSERT_FALSE(array) << c.header;
    EXPECT_STRNE(array.error().message(), "");
    EXPECT_EQ(std::strchr(array.error().message(), '\n'), nullptr);
  }
}

TEST(Npy, SurvivesTruncationAndFlips) {
  const float values[6] = {};
  const std::vector<int32_t> sizes = {2, 3};
  std::vector<std::byte> good = format_npy(DType::float32, sizes, values);
  for (size_t length = 0; length < good.size(); ++length) {
    EXPECT_FALSE(parse_npy(std::vector<std::byte>(good.begin(), good.begin() + static_cast<ptrdiff_t>(length))));
  }
  for (size_t i = 0; i < good.size(); ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      std::vector<std::byte> bad = good;
      bad[i] ^= static_cast<std::byte>(1 << bit);
      const auto array = parse_npy(bad);
      if (array) {
        EXPECT_LE(array->data.size(), bad.size());
      }
    }
  }
}

TEST(Npy, WritesFilesWholeOrNotAtAll) {
  const auto folder = std::filesystem::temp_directory_path() / ("ingot_npy_test" + std::to_string(::getpid()));
  std::filesystem::create_directory(folder);
  const std::string path = (folder / "a.npy").string();
  const int32_t values[] = {1, -2};
  const std::vector<int32_t> sizes = {2};
  ASSERT_TRUE(write_npy(path, DType::int32, sizes, values));
  const auto array = read_npy(path);
  ASSERT_TRUE(array) << array.error().message();
  EXPECT_EQ(array->as<int32_t>()[1], -2);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder), {}), 1);

  EXPECT_FALSE(write_npy((folder / "missing" / "a.npy").string(), DType::int32, sizes, values));
  ASSERT_TRUE(write_npy(path, DType::bfloat16, sizes, values));
  EXPECT_EQ(read_npy(path)->dtype, DType::bfloat16);
  EXPECT_EQ(read_npy(path)->as<uint16_t>()[0], 1);
  EXPECT_TRUE(write_npy("/dev/null", DType::int32, sizes, values));
  EXPECT_TRUE(std::filesystem::is_character_file("/dev/null"));
  EXPECT_EQ(read_npy((folder / "none.npy").string()).error().code(), ErrorCode::not_found);
  EXPECT_EQ(read_npy(folder.string()).error().code(), ErrorCode::io);
  std::filesystem::remove_all(folder);
}

TEST(Npy, ReadsWhatNumPyWrote) {
  const auto array = read_npy(INGOT_SHARED_FILE("executorch/linear.input0.npy"));
  ASSERT_TRUE(array) << array.error().message();
  EXPECT_EQ(array->dtype, DType::float32);
  EXPECT_EQ(array->sizes, (std::vector<int32_t>{4, 10}));
}

TEST(Compare, KnowsNonFiniteValues) {
  const auto make = [](std::vector<float> values) {
    Array array{DType::float32, {static_cast<int32_t>(values.size())}, {}};
    array.data.resize(values.size() * 4);
    std::memcpy(array.data.data(), values.data(), array.data.size());
    return array;
  };
  const float inf = std::numeric_limits<float>::infinity();
  const float nan = std::numeric_limits<float>::quiet_NaN();
  EXPECT_TRUE(testing::close_to(make({inf, nan, 100}), make({inf, nan, 100.005f}), 1e-4));
  EXPECT_FALSE(testing::close_to(make({inf, nan, 100}), make({inf, nan, 100.02f}), 1e-4));
  EXPECT_FALSE(testing::close_to(make({inf}), make({-inf}), 1e-4));
  EXPECT_FALSE(testing::close_to(make({1}), make({nan}), 1e-4));
  EXPECT_FALSE(testing::close_to(make({1, 2}), make({1}), 1e-4));
  EXPECT_TRUE(testing::close_to(make({1, 2}), make({1, 2.5f}), 0, 0.5));
}

}  // namespace
}  // namespace ingot
