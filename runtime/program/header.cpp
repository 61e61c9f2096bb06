#include "runtime/program/header.h"

#include <bit>
#include <cstdint>
#include <cstring>

#include "runtime/core/checked_math.h"

namespace ingot {
namespace {

static_assert(std::endian::native == std::endian::little, "program files are read in place, so only little-endian");

constexpr size_t kSmallestFile = 64;
constexpr size_t kHeaderStart = 8;
constexpr uint32_t kSmallestHeader = 24;
constexpr uint32_t kHeaderWithDataSize = 32;

template <typename T>
T load(std::span<const std::byte> file, size_t offset) {
  T value;
  std::memcpy(&value, file.data() + offset, sizeof value);
  return value;
}

}  // namespace

Result<FileLayout> parse_file_layout(std::span<const std::byte> file) {
  if (file.size() < kSmallestFile) {
    return fail(ErrorCode::invalid_file, "not a program file: it has %zu bytes, expected at least %zu", file.size(),
                kSmallestFile);
  }
  if (std::memcmp(file.data() + 4, "ET12", 4) != 0) {
    return fail(ErrorCode::invalid_file, "not a program file: expected the identifier ET12 at byte 4");
  }
  if (std::memcmp(file.data() + kHeaderStart, "eh00", 4) != 0) return FileLayout{file, {}};

  const auto length = load<uint32_t>(file, 12);
  const auto program_size = load<uint64_t>(file, 16);
  const auto segment_base = load<uint64_t>(file, 24);
  if (length < kSmallestHeader) {
    return fail(ErrorCode::invalid_file, "extended header: length %u, expected at least %u", length, kSmallestHeader);
  }
  if (program_size > file.size() || program_size < uint64_t{kHeaderStart} + length) {
    return fail(ErrorCode::invalid_file, "extended header: program size %llu in a file of %zu bytes",
                static_cast<unsigned long long>(program_size), file.size());
  }
  const uint64_t data_size = length >= kHeaderWithDataSize ? load<uint64_t>(file, 32) : 0;
  if (segment_base == 0) {
    if (data_size != 0) return fail(ErrorCode::invalid_file, "extended header: segment data without a place for it");
    return FileLayout{file.first(program_size), {}};
  }
  if (segment_base < program_size || !range_within(segment_base, data_size, file.size())) {
    return fail(
        ErrorCode::invalid_file,
        "extended header: segments at %llu, %llu bytes, do not lie between the program's end %llu and the file's "
        "end %zu",
        static_cast<unsigned long long>(segment_base), static_cast<unsigned long long>(data_size),
        static_cast<unsigned long long>(program_size), file.size());
  }
  const std::span<const std::byte> rest = file.subspan(segment_base);
  return FileLayout{file.first(program_size), data_size == 0 ? rest : rest.first(data_size)};
}

}  // namespace ingot
