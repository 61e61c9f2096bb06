// Arrays in NumPy's .npy format: what the tools read as inputs and write as outputs. Host-order little-endian, versions
// 1 to 3. Source of the format: NumPy's documentation of numpy.lib.format. Not part of the runtime proper: apps need it
// only if they want such files.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "runtime/core/dtype.h"
#include "runtime/core/error.h"

namespace ingot {

struct Array {
  DType dtype = DType::float32;
  std::vector<int32_t> sizes;
  std::vector<std::byte> data;  // C order

  template <typename T>
  std::span<const T> as() const {
    return {reinterpret_cast<const T*>(data.data()), data.size() / sizeof(T)};
  }
};

// What a .npy file says of itself, before any of its data is looked at.
struct NpyLayout {
  DType dtype = DType::float32;
  std::vector<int32_t> sizes;
  bool big_endian = false;
  bool fortran_order = false;
  size_t data_offset = 0;  // the rest are as many bytes as dtype and sizes ask for
};
Result<NpyLayout> npy_layout(std::span<const std::byte> bytes);

// Fortran-ordered and big-endian files are converted. Void data of two bytes, as which NumPy writes ml_dtypes'
// bfloat16, is taken as that.
Result<Array> parse_npy(std::span<const std::byte> bytes);
Result<Array> read_npy(const std::string& path);
// Written to a temporary file beside `path` and renamed, so that nothing half written is ever seen.
Result<void> write_npy(const std::string& path, DType dtype, std::span<const int32_t> sizes, const void* data);
// The bytes that write_npy writes.
std::vector<std::byte> format_npy(DType dtype, std::span<const int32_t> sizes, const void* data);

}  // namespace ingot
