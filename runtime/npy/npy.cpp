#include "runtime/npy/npy.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <string_view>

#include "runtime/core/checked_math.h"
#include "runtime/core/tensor.h"
#include "runtime/npy/whole_file.h"

namespace ingot {
namespace {

constexpr std::string_view kMagic = "\x93NUMPY";
// NumPy pads the header so that the data starts at a multiple of this.
constexpr size_t kDataAlignment = 64;

struct DescrRow {
  std::string_view kind_and_size;  // without the byte order
  DType dtype;
};
constexpr DescrRow kDescrs[] = {
    {"b1", DType::boolean},  {"i1", DType::int8},    {"u1", DType::uint8},   {"i2", DType::int16},
    {"u2", DType::uint16},   {"i4", DType::int32},   {"u4", DType::uint32},  {"i8", DType::int64},
    {"u8", DType::uint64},   {"f2", DType::float16}, {"f4", DType::float32}, {"f8", DType::float64},
    {"V2", DType::bfloat16},  // as NumPy writes ml_dtypes.bfloat16
};

// Reads the Python dict literal of a .npy header: the keys 'descr' (a string), 'fortran_order' (True or False) and
// 'shape' (a tuple of integers), each exactly once.
class HeaderParser {
 public:
  explicit HeaderParser(std::string_view text) : rest_(text) {}

  Result<NpyLayout> parse() {
    NpyLayout header;
    bool seen[3] = {};
    if (!take('{')) return bad("does not start with {");
    while (!take('}')) {
      const std::string_view key = INGOT_TRY(quoted());
      if (!take(':')) return bad("lacks a : after a key");
      size_t which;
      if (key == "descr") {
        which = 0;
        INGOT_TRY_VOID(descr(header));
      } else if (key == "fortran_order") {
        which = 1;
        if (take_word("True")) {
          header.fortran_order = true;
        } else if (!take_word("False")) {
          return bad("has a fortran_order that is neither True nor False");
        }
      } else if (key == "shape") {
        which = 2;
        INGOT_TRY_VOID(shape(header));
      } else {
        return bad("has an unknown key");
      }
      if (seen[which]) return bad("has a key twice");
      seen[which] = true;
      if (!take(',') && !at('}')) return bad("lacks a , between its keys");
    }
    skip_space();
    if (!rest_.empty()) return bad("goes on after }");
    if (!seen[0] || !seen[1] || !seen[2]) return bad("lacks one of descr, fortran_order, shape");
    return header;
  }

 private:
  static std::unexpected<Error> bad(const char* what) {
    return fail(ErrorCode::invalid_file, "the header of the .npy data %s", what);
  }

  void skip_space() { rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t\n"), rest_.size())); }
  bool at(char c) {
    skip_space();
    return !rest_.empty() && rest_.front() == c;
  }
  bool take(char c) {
    if (!at(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  bool take_word(std::string_view word) {
    skip_space();
    if (!rest_.starts_with(word)) return false;
    rest_.remove_prefix(word.size());
    return true;
  }

  Result<std::string_view> quoted() {
    skip_space();
    if (rest_.empty() || (rest_.front() != '\'' && rest_.front() != '"')) return bad("lacks a quoted string");
    const size_t end = rest_.find(rest_.front(), 1);
    if (end == std::string_view::npos) return bad("has a string without an end");
    const std::string_view text = rest_.substr(1, end - 1);
    rest_.remove_prefix(end + 1);
    return text;
  }

  Result<void> descr(NpyLayout& header) {
    if (at('[')) return fail(ErrorCode::not_supported, "structured .npy data (a dtype with fields) is not supported");
    const std::string_view text = INGOT_TRY(quoted());
    const char order = text.empty() ? '\0' : text.front();
    const auto row = std::ranges::find(kDescrs, text.substr(text.empty() ? 0 : 1), &DescrRow::kind_and_size);
    if (row == std::end(kDescrs) || !std::string_view("<>|=").contains(order)) {
      return fail(ErrorCode::not_supported, ".npy dtype '%.*s' is not supported",
                  static_cast<int>(std::min<size_t>(text.size(), 32)), text.data());
    }
    header.dtype = row->dtype;
    header.big_endian = order == '>';
    return {};
  }

  Result<void> shape(NpyLayout& header) {
    if (!take('(')) return bad("has a shape that is not a tuple");
    while (!take(')')) {
      skip_space();
      int32_t size = 0;
      const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), size);
      if (error != std::errc() || size < 0) return bad("has a dimension that is not a number from 0 to 2147483647");
      rest_.remove_prefix(static_cast<size_t>(end - rest_.data()));
      if (header.sizes.size() == kMaxRank) return bad("has more than 16 dimensions");
      header.sizes.push_back(size);
      if (!take(',') && !at(')')) return bad("lacks a , between its dimensions");
    }
    return {};
  }

  std::string_view rest_;
};

std::vector<std::byte> fortran_to_c(std::span<const std::byte> from, size_t item, std::span<const int32_t> sizes) {
  std::vector<std::byte> to(from.size());
  std::vector<size_t> index(sizes.size(), 0);
  for (size_t out = 0; out < to.size(); out += item) {
    size_t in = 0;
    for (size_t dim = sizes.size(); dim-- > 0;) in = in * static_cast<size_t>(sizes[dim]) + index[dim];
    std::memcpy(to.data() + out, from.data() + in * item, item);
    for (size_t dim = sizes.size(); dim-- > 0;) {
      if (++index[dim] < static_cast<size_t>(sizes[dim])) break;
      index[dim] = 0;
    }
  }
  return to;
}

}  // namespace

Result<NpyLayout> npy_layout(std::span<const std::byte> bytes) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (!text.starts_with(kMagic) || text.size() < kMagic.size() + 4) {
    return fail(ErrorCode::invalid_file, "this is not .npy data: it does not start as such");
  }
  const auto byte_at = [&](size_t i) { return static_cast<size_t>(static_cast<unsigned char>(text[i])); };
  const size_t version = byte_at(6);
  if (version < 1 || version > 3) {
    return fail(ErrorCode::not_supported, ".npy version %zu is not supported, only 1 to 3", version);
  }
  size_t start = 10;
  size_t length = byte_at(8) | byte_at(9) << 8;
  if (version > 1) {
    start = 12;
    if (text.size() < start) return fail(ErrorCode::invalid_file, "the .npy data ends within its header");
    length |= byte_at(10) << 16 | byte_at(11) << 24;
  }
  if (!range_within(start, length, text.size())) {
    return fail(ErrorCode::invalid_file, "the .npy data ends within its header");
  }
  NpyLayout header = INGOT_TRY(HeaderParser(text.substr(start, length)).parse());
  header.data_offset = start + length;
  const size_t data = bytes.size() - header.data_offset;
  const size_t needed = INGOT_TRY(tensor_nbytes(header.dtype, header.sizes));
  if (data != needed) {
    return fail(ErrorCode::invalid_file, "the .npy header promises %zu bytes of data, found %zu", needed, data);
  }
  return header;
}

Result<Array> parse_npy(std::span<const std::byte> bytes) {
  NpyLayout header = INGOT_TRY(npy_layout(bytes));
  const std::span<const std::byte> data = bytes.subspan(header.data_offset);
  Array array{header.dtype, std::move(header.sizes), {}};
  const size_t item = size_of(array.dtype);
  if (header.fortran_order) {
    array.data = fortran_to_c(data, item, array.sizes);
  } else {
    array.data.assign(data.begin(), data.end());
  }
  if (header.big_endian && item > 1) {
    for (size_t i = 0; i < array.data.size(); i += item) {
      std::reverse(array.data.begin() + static_cast<ptrdiff_t>(i),
                   array.data.begin() + static_cast<ptrdiff_t>(i + item));
    }
  }
  if (array.dtype == DType::boolean) {
    for (std::byte& b : array.data) b = std::byte{b != std::byte{0}};
  }
  return array;
}

Result<Array> read_npy(const std::string& path) {
  const auto add_path = [&](Error error) {
    error.add_context("%s", path.c_str());
    return std::unexpected(std::move(error));
  };
  const std::vector<std::byte> bytes = INGOT_TRY(read_file(path));
  Result<Array> array = parse_npy(bytes);
  if (!array) return add_path(array.error());
  return array;
}

std::vector<std::byte> format_npy(DType dtype, std::span<const int32_t> sizes, const void* data) {
  const auto row = std::ranges::find(kDescrs, dtype, &DescrRow::dtype);
  const size_t item = size_of(dtype);
  std::string header = "{'descr': '";
  header += item == 1 ? '|' : '<';
  header += row->kind_and_size;
  header += "', 'fortran_order': False, 'shape': (";
  size_t bytes = item;
  for (const int32_t size : sizes) {
    header += std::to_string(size) + (sizes.size() == 1 ? "," : &size == &sizes.back() ? "" : ", ");
    bytes *= static_cast<size_t>(size);
  }
  header += "), }";
  const size_t unpadded = kMagic.size() + 4 + header.size() + 1;
  header.append((kDataAlignment - unpadded % kDataAlignment) % kDataAlignment, ' ');
  header += '\n';

  // A rank of at most 16 keeps the header far below version 1's limit of 65535 bytes.
  std::vector<std::byte> result(kMagic.size() + 4 + header.size() + bytes);
  std::byte* to = result.data();
  std::memcpy(to, kMagic.data(), kMagic.size());
  to[6] = std::byte{1};
  to[7] = std::byte{0};
  to[8] = static_cast<std::byte>(header.size() & 0xFF);
  to[9] = static_cast<std::byte>(header.size() >> 8);
  std::memcpy(to + 10, header.data(), header.size());
  if (bytes > 0) std::memcpy(to + 10 + header.size(), data, bytes);
  return result;
}

Result<void> write_npy(const std::string& path, DType dtype, std::span<const int32_t> sizes, const void* data) {
  if (std::ranges::find(kDescrs, dtype, &DescrRow::dtype) == std::end(kDescrs)) {
    return fail(ErrorCode::not_supported, "%s: the .npy format has no %s", path.c_str(), to_string(dtype));
  }
  INGOT_TRY_VOID(tensor_nbytes(dtype, sizes));
  return write_file(path, format_npy(dtype, sizes, data));
}

}  // namespace ingot
