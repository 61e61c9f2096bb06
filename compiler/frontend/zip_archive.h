// Reads .zip archives: NumPy's .npz, PyTorch's .pt2, recorded test cases. What the archive claims is checked before
// anything is allocated for it: entries that overlap, or that promise more than their bytes can hold, are refused when
// it is opened. One thread at a time. Opening costs time and memory in proportion to the number of entries; an entry is
// decompressed when it is read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/core/error.h"

struct zip;

namespace ingot::compiler {

class ZipArchive {
 public:
  // Errors name the path: not_found, io, or invalid_file for what breaks the format's rules or the limits below.
  static Result<ZipArchive> open(const std::string& path);
  // The bytes must outlive the archive.
  static Result<ZipArchive> open(std::span<const std::byte> bytes);

  // Of all entries, in the archive's order; no name stands twice.
  const std::vector<std::string>& names() const { return names_; }
  bool contains(std::string_view name) const { return entries_.contains(name); }
  // The entry's content, its checksum verified. Stored and deflated entries can be read.
  Result<std::vector<std::byte>> read(std::string_view name) const;
  // The entry's content where it lies, without a copy and without a look at its checksum; nothing where it is
  // compressed or the archive was not opened from bytes.
  std::optional<std::span<const std::byte>> stored(std::string_view name) const;

  // All entries together may expand to this many bytes, whatever the archive's size, ...
  static constexpr uint64_t kMaxBytes = uint64_t{256} << 20;
  // ... and to this many times its size beyond that.
  static constexpr uint64_t kMaxExpansion = 64;

 private:
  struct Discard {
    void operator()(::zip* archive) const;
  };
  struct Entry {
    uint64_t index;
    uint64_t size;
  };

  explicit ZipArchive(::zip* archive) : archive_(archive) {}
  Result<void> list(uint64_t archive_bytes);

  std::unique_ptr<::zip, Discard> archive_;
  std::vector<std::string> names_;
  std::map<std::string, Entry, std::less<>> entries_;
  std::map<std::string_view, std::span<const std::byte>> stored_;  // of an archive opened from bytes
};

}  // namespace ingot::compiler
