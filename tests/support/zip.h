// Reads test data that is kept as a .zip archive (many small recorded cases in one file). One thread at a time.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "runtime/core/error.h"
#include "runtime/npy/npy.h"

struct zip;

namespace ingot::testing {

class ZipArchive {
 public:
  static Result<ZipArchive> open(const std::string& path);
  ZipArchive(ZipArchive&& other) noexcept : archive_(other.archive_) { other.archive_ = nullptr; }
  ZipArchive& operator=(ZipArchive&&) = delete;
  ~ZipArchive();

  // Of all entries, in the archive's order.
  std::vector<std::string> names() const;
  bool contains(const std::string& name) const;
  Result<std::vector<std::byte>> read(const std::string& name) const;
  Result<std::string> read_text(const std::string& name) const;
  Result<Array> read_npy(const std::string& name) const;

 private:
  explicit ZipArchive(::zip* archive) : archive_(archive) {}
  ::zip* archive_;
};

}  // namespace ingot::testing
