#include "compiler/frontend/zip_directory.h"

#include <algorithm>
#include <concepts>
#include <optional>

#include "runtime/core/checked_math.h"

// Source of the layouts: PKWARE's APPNOTE, sections 4.3 (records) and 4.5.3 (ZIP64).
namespace ingot::compiler {
namespace {

using Span = std::span<const std::byte>;

constexpr uint32_t kLocalHeader = 0x04034b50, kCentralHeader = 0x02014b50, kEnd = 0x06054b50;
constexpr uint32_t kEnd64 = 0x06064b50, kEnd64Locator = 0x07064b50;
constexpr size_t kLocalHeaderBytes = 30, kCentralHeaderBytes = 46, kEndBytes = 22, kLocatorBytes = 20;
constexpr size_t kEnd64Bytes = 56, kMostCommentBytes = 0xFFFF;
constexpr uint32_t kIn64 = 0xFFFFFFFF;  // a field whose value stands in the ZIP64 one

// A little-endian number; the caller has checked that it lies inside.
template <std::unsigned_integral T>
T number(Span bytes, size_t at) {
  T value = 0;
  for (size_t i = sizeof(T); i-- > 0;) value = static_cast<T>(value << 8 | std::to_integer<T>(bytes[at + i]));
  return value;
}

struct Directory {
  uint64_t offset = 0;
  uint64_t entries = 0;
};

std::optional<Directory> find_directory(Span archive) {
  if (archive.size() < kEndBytes) return std::nullopt;
  const size_t last = archive.size() - kEndBytes;
  const size_t first = last - std::min(last, kMostCommentBytes);
  for (size_t at = last + 1; at-- > first;) {
    if (number<uint32_t>(archive, at) != kEnd || number<uint16_t>(archive, at + 20) != last - at) continue;
    const Directory directory{number<uint32_t>(archive, at + 16), number<uint16_t>(archive, at + 10)};
    if (directory.offset != kIn64 && directory.entries != 0xFFFF) return directory;
    if (at < kLocatorBytes || number<uint32_t>(archive, at - kLocatorBytes) != kEnd64Locator) return directory;
    const auto end = number<uint64_t>(archive, at - kLocatorBytes + 8);
    if (!range_within(end, kEnd64Bytes, archive.size()) || number<uint32_t>(archive, end) != kEnd64)
      return std::nullopt;
    return Directory{number<uint64_t>(archive, end + 48), number<uint64_t>(archive, end + 32)};
  }
  return std::nullopt;
}

struct Place {
  uint64_t size = 0;
  uint64_t stored_size = 0;
  uint64_t local_header = 0;
};

// Takes from the ZIP64 field what does not fit the header's own fields; they stand in this order.
bool complete_from_extra(Span extra, Place* place) {
  for (size_t at = 0; at + 4 <= extra.size();) {
    const size_t size = number<uint16_t>(extra, at + 2);
    if (size > extra.size() - at - 4) return false;
    if (number<uint16_t>(extra, at) == 1) {
      Span fields = extra.subspan(at + 4, size);
      for (uint64_t* value : {&place->size, &place->stored_size, &place->local_header}) {
        if (*value != kIn64) continue;
        if (fields.size() < 8) return false;
        *value = number<uint64_t>(fields, 0);
        fields = fields.subspan(8);
      }
      return true;
    }
    at += 4 + size;
  }
  return true;
}

// The names and extra fields of the local header may be of other lengths than those of the directory.
std::optional<Span> content_of(Span archive, const Place& place) {
  if (!range_within(place.local_header, kLocalHeaderBytes, archive.size())) return std::nullopt;
  const auto header = static_cast<size_t>(place.local_header);
  if (number<uint32_t>(archive, header) != kLocalHeader) return std::nullopt;
  const uint64_t start = place.local_header + kLocalHeaderBytes + number<uint16_t>(archive, header + 26) +
                         number<uint16_t>(archive, header + 28);
  if (!range_within(start, place.size, archive.size())) return std::nullopt;
  return archive.subspan(static_cast<size_t>(start), static_cast<size_t>(place.size));
}

}  // namespace

std::map<std::string_view, Span> stored_entries(Span archive) {
  std::map<std::string_view, Span> entries;
  const std::optional<Directory> directory = find_directory(archive);
  if (!directory || directory->offset > archive.size()) return entries;
  auto at = static_cast<size_t>(directory->offset);
  for (uint64_t i = 0; i < directory->entries; ++i) {
    if (!range_within(at, kCentralHeaderBytes, archive.size())) break;
    if (number<uint32_t>(archive, at) != kCentralHeader) break;
    const size_t name_bytes = number<uint16_t>(archive, at + 28);
    const size_t extra_bytes = number<uint16_t>(archive, at + 30);
    const size_t comment_bytes = number<uint16_t>(archive, at + 32);
    const size_t body = at + kCentralHeaderBytes;
    if (name_bytes + extra_bytes + comment_bytes > archive.size() - body) break;
    const bool plain = number<uint16_t>(archive, at + 10) == 0 && (number<uint16_t>(archive, at + 8) & 1) == 0;
    Place place{number<uint32_t>(archive, at + 24), number<uint32_t>(archive, at + 20),
                number<uint32_t>(archive, at + 42)};
    if (plain && complete_from_extra(archive.subspan(body + name_bytes, extra_bytes), &place) &&
        place.size == place.stored_size) {
      const std::string_view name(reinterpret_cast<const char*>(archive.data()) + body, name_bytes);
      if (const auto content = content_of(archive, place)) entries.emplace(name, *content);
    }
    at = body + name_bytes + extra_bytes + comment_bytes;
  }
  return entries;
}

}  // namespace ingot::compiler
