// Where a program's bytes come from: a mapped file, a file read into memory, or a buffer of the caller's. Immutable
// once made; owned by the Program. A mapped file must not be cut short while it is in use: the operating system would
// then stop the process.
#pragma once

#include <cstddef>
#include <span>

#include "runtime/core/error.h"
#include "runtime/core/memory.h"

namespace ingot {

class DataSource {
 public:
  // What every source's first byte is aligned to.
  static constexpr size_t kAlignment = 16;

  static Result<DataSource> map(const char* path);
  static Result<DataSource> read(const char* path);
  // The bytes stay the caller's. An error where they are not aligned.
  static Result<DataSource> borrow(std::span<const std::byte> bytes);

  DataSource() = default;
  DataSource(DataSource&& other) noexcept { *this = std::move(other); }
  DataSource& operator=(DataSource&& other) noexcept;
  ~DataSource();

  std::span<const std::byte> bytes() const { return bytes_; }
  // Gives the memory of whole pages of a mapped file among these bytes back until they are read again. Bytes that are
  // not the source's are left alone.
  void drop_pages(std::span<const std::byte> range) const;

 private:
  std::span<const std::byte> bytes_;
  Memory memory_;
  bool mapped_ = false;
};

}  // namespace ingot
