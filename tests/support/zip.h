// Reads test data that is kept as a .zip archive (many small recorded cases in one file), and makes small archives. One
// thread at a time.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "compiler/frontend/zip_archive.h"
#include "runtime/core/error.h"
#include "runtime/npy/npy.h"

namespace ingot::testing {

class ZipArchive : public compiler::ZipArchive {
 public:
  static Result<ZipArchive> open(const std::string& path);
  Result<std::string> read_text(std::string_view name) const;
  // Errors name the entry.
  Result<Array> read_npy(std::string_view name) const;

 private:
  explicit ZipArchive(compiler::ZipArchive&& archive) : compiler::ZipArchive(std::move(archive)) {}
};

struct ZipEntry {
  std::string name;
  std::vector<std::byte> data;
  bool deflate = false;
};

// An archive of these entries; empty where that failed.
std::vector<std::byte> make_zip(const std::vector<ZipEntry>& entries);

}  // namespace ingot::testing
