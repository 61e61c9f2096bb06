// Files as wholes: read at once, and written so that they appear whole or not at all.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "runtime/core/error.h"

namespace ingot {

// The bytes of a regular file. Errors name the path and the system's reason.
Result<std::vector<std::byte>> read_file(const std::string& path);

// Bytes go to a temporary file beside the path, commit() renames that. What is there already and is no regular file
// (/dev/stdout) is written to directly. One thread; buffers nothing.
class AtomicFile {
 public:
  // Fails where the temporary file cannot be made. Errors name the path and the system's reason.
  static Result<AtomicFile> create(const std::string& path);
  AtomicFile(AtomicFile&& other) noexcept;
  AtomicFile& operator=(AtomicFile&&) = delete;
  // Without commit() the temporary file is removed.
  ~AtomicFile();

  Result<void> write(std::span<const std::byte> bytes);
  // Closes and renames; nothing may be written afterwards.
  Result<void> commit();

 private:
  AtomicFile(std::string path, std::string target, int file)
      : path_(std::move(path)), target_(std::move(target)), file_(file) {}
  std::unexpected<Error> failed(int error) const;

  std::string path_;
  std::string target_;  // what is written to; path_ itself where that is no regular file
  int file_ = -1;
};

// The bytes as a whole file.
Result<void> write_file(const std::string& path, std::span<const std::byte> bytes);

}  // namespace ingot
