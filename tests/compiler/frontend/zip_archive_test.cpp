#include "compiler/frontend/zip_archive.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/npy/whole_file.h"
#include "tests/support/zip.h"

namespace ingot::compiler {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::make_zip;

std::vector<std::byte> bytes_of(std::string_view text) {
  const auto* data = reinterpret_cast<const std::byte*>(text.data());
  return {data, data + text.size()};
}

const std::string kLong(5000, 'x');

std::vector<std::byte> two_entries() {
  return make_zip({{"stored.txt", bytes_of("seven bytes"), false}, {"folder/deflated.bin", bytes_of(kLong), true}});
}

// Where the archive's directory describes its first entry.
size_t directory_of(const std::vector<std::byte>& zip) {
  const std::string_view text(reinterpret_cast<const char*>(zip.data()), zip.size());
  return text.find("PK\1\2");
}

void put_u32(std::vector<std::byte>& bytes, size_t at, uint32_t value) {
  std::memcpy(&bytes[at], &value, 4);
}

// Offsets inside a directory record.
constexpr size_t kMethod = 10;
constexpr size_t kCompressedSize = 20;
constexpr size_t kSize = 24;
constexpr size_t kName = 46;

TEST(ZipArchive, ReadsFromMemory) {
  const std::vector<std::byte> zip = two_entries();
  const auto archive = ZipArchive::open(zip);
  ASSERT_TRUE(archive) << archive.error().message();
  EXPECT_THAT(archive->names(), ElementsAre("stored.txt", "folder/deflated.bin"));
  EXPECT_TRUE(archive->contains("stored.txt"));
  EXPECT_FALSE(archive->contains("stored"));
  EXPECT_EQ(archive->read("stored.txt"), bytes_of("seven bytes"));
  EXPECT_EQ(archive->read("folder/deflated.bin"), bytes_of(kLong));
  const auto missing = archive->read("nothing");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code(), ErrorCode::not_found);
}

TEST(ZipArchive, ReadsFromAFile) {
  const std::string path = ::testing::TempDir() + "zip_archive_test.zip";
  ASSERT_TRUE(write_file(path, two_entries()));
  const auto archive = ZipArchive::open(path);
  ASSERT_TRUE(archive) << archive.error().message();
  EXPECT_EQ(archive->read("folder/deflated.bin"), bytes_of(kLong));
  std::filesystem::remove(path);
}

TEST(ZipArchive, SaysWhyAFileCannotBeOpened) {
  const auto missing = ZipArchive::open(std::string("/no/such.zip"));
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code(), ErrorCode::not_found);
  EXPECT_THAT(missing.error().message(), HasSubstr("/no/such.zip"));

  const auto folder = ZipArchive::open(::testing::TempDir());
  ASSERT_FALSE(folder);
  EXPECT_THAT(folder.error().message(), HasSubstr("not a regular file"));

  const auto text = ZipArchive::open(bytes_of("this is no archive"));
  ASSERT_FALSE(text);
  EXPECT_EQ(text.error().code(), ErrorCode::invalid_file);
}

TEST(ZipArchive, RefusesAnEntryThatClaimsMoreThanItsBytesCanHold) {
  for (const bool deflate : {false, true}) {
    std::vector<std::byte> zip = make_zip({{"big", bytes_of(kLong), deflate}});
    put_u32(zip, directory_of(zip) + kSize, 3'000'000'000);
    const auto archive = ZipArchive::open(zip);
    ASSERT_FALSE(archive);
    EXPECT_STREQ(archive.error().message(), "zip entry 'big' claims 3000000000 bytes, more than the archive can hold");
  }
}

TEST(ZipArchive, RefusesEntriesThatOverlap) {
  std::vector<std::byte> zip = two_entries();
  // Both entries claim nearly the whole archive.
  for (size_t at = directory_of(zip), i = 0; i < 2; ++i, at += kName + std::strlen("stored.txt")) {
    put_u32(zip, at + kCompressedSize, static_cast<uint32_t>(zip.size() - 1));
    put_u32(zip, at + kSize, static_cast<uint32_t>(zip.size() - 1));
  }
  EXPECT_FALSE(ZipArchive::open(zip));
}

TEST(ZipArchive, RefusesToExpandWithoutBound) {
  // Half a megabyte may deflate from half a gigabyte, but that is beyond the limit.
  std::vector<std::byte> zip = make_zip({{"bomb", std::vector<std::byte>(500'000), false}});
  const size_t at = directory_of(zip);
  zip[at + kMethod] = std::byte{8};
  put_u32(zip, at + kSize, 500'000'000);
  const auto archive = ZipArchive::open(zip);
  ASSERT_FALSE(archive);
  EXPECT_EQ(archive.error().code(), ErrorCode::limit_exceeded) << archive.error().message();
}

TEST(ZipArchive, RefusesANameThatStandsTwice) {
  std::vector<std::byte> zip = make_zip({{"a", bytes_of("1"), false}, {"b", bytes_of("2"), false}});
  const size_t second = directory_of(zip) + kName + 1;
  zip[second + kName] = std::byte{'a'};
  const std::string_view text(reinterpret_cast<const char*>(zip.data()), zip.size());
  zip[text.find("PK\3\4", 4) + 30] = std::byte{'a'};
  const auto archive = ZipArchive::open(zip);
  ASSERT_FALSE(archive);
  EXPECT_THAT(archive.error().message(), HasSubstr("'a' stands twice"));
}

TEST(ZipArchive, FindsDamagedContent) {
  std::vector<std::byte> zip = two_entries();
  const std::string_view text(reinterpret_cast<const char*>(zip.data()), zip.size());
  zip[text.find("seven")] = std::byte{'S'};
  const auto archive = ZipArchive::open(zip);
  ASSERT_TRUE(archive) << archive.error().message();
  const auto content = archive->read("stored.txt");
  ASSERT_FALSE(content);
  EXPECT_THAT(content.error().message(), HasSubstr("'stored.txt'"));
}

// Opens and reads everything; content that comes out must be the original.
void try_all(const std::vector<std::byte>& zip) {
  const auto archive = ZipArchive::open(zip);
  if (!archive) return;
  for (const std::string& name : archive->names()) {
    const auto content = archive->read(name);
    if (content && !content->empty()) {
      EXPECT_TRUE(*content == bytes_of("seven bytes") || *content == bytes_of(kLong)) << name;
    }
  }
}

TEST(ZipArchive, SurvivesTruncation) {
  const std::vector<std::byte> zip = two_entries();
  for (size_t size = 0; size < zip.size(); ++size) try_all({zip.begin(), zip.begin() + static_cast<ptrdiff_t>(size)});
}

TEST(ZipArchive, SurvivesEveryFlippedByte) {
  std::vector<std::byte> zip = two_entries();
  for (std::byte& byte : zip) {
    byte ^= std::byte{0xFF};
    try_all(zip);
    byte ^= std::byte{0xFF};
  }
}

}  // namespace
}  // namespace ingot::compiler
