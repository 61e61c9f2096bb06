// MatMulNBits, ONNX Runtime's product with weights of 4 bits in blocks: the weights become floats at import.
#include <cstddef>
#include <vector>

#include "compiler/frontend/aten/products.h"
#include "compiler/frontend/onnx/operators.h"

namespace ingot::compiler::onnx_import {
namespace {

// How B [N, blocks, bytes of a block] holds a [N, K] matrix.
struct Blocks {
  int64_t rows;     // N
  int64_t columns;  // K
  int64_t length;   // of a block

  int64_t count() const { return (columns + length - 1) / length; }
};

// Two integers of 4 bits lie in a byte.
int64_t bytes_of(int64_t integers) {
  return (integers + 1) / 2;
}

Result<Blocks> read_blocks(Conversion& c) {
  const Blocks b{INGOT_TRY(c.integer("N", 0)), INGOT_TRY(c.integer("K", 0)), INGOT_TRY(c.integer("block_size", 0))};
  const int64_t bits = INGOT_TRY(c.integer("bits", 4));
  constexpr int64_t kMost = int64_t{1} << 30;
  if (b.rows < 1 || b.columns < 1 || b.length < 16 || b.rows > kMost || b.columns > kMost || b.length > kMost)
    return fail(ErrorCode::invalid_file, "a matrix of %lld by %lld in blocks of %lld", static_cast<long long>(b.rows),
                static_cast<long long>(b.columns), static_cast<long long>(b.length));
  if (bits != 4)
    return fail(ErrorCode::not_supported, "weights of %lld bits (4 are supported)", static_cast<long long>(bits));
  return b;
}

// Element i of a row of integers of 4 bits, the lower one of a byte first.
float unpacked(std::span<const std::byte> row, int64_t i) {
  const auto byte = std::to_integer<unsigned>(row[static_cast<size_t>(i / 2)]);
  return static_cast<float>(i % 2 == 0 ? byte & 15 : byte >> 4);
}

Result<std::span<const std::byte>> constant_bytes(const Conversion& c, size_t input, int64_t count, const char* what) {
  const Value* value = c.input(input);
  if (!value->is_constant() || value->type.dtype != DType::uint8)
    return fail(ErrorCode::not_supported, "its %s are %s; constant uint8 ones are supported", what,
                to_string(value->type).c_str());
  if (!std::cmp_equal(value->data.size(), count))
    return fail(ErrorCode::invalid_file, "its %s are %s, expected %lld bytes", what, to_string(value->type).c_str(),
                static_cast<long long>(count));
  return value->data.span();
}

}  // namespace

// A, B, scales, zero_points, g_idx, bias
Result<Outputs> convert_mat_mul_n_bits(Conversion& c) {
  Value* a = INGOT_TRY(c.floats(0));
  const Blocks b = INGOT_TRY(read_blocks(c));
  c.ignore("accuracy_level");  // how exactly at least
  if (c.input(4) != nullptr) return fail(ErrorCode::not_supported, "with an order of groups");
  const int64_t blocks = b.count();
  const int64_t block_bytes = bytes_of(b.length);
  if (b.rows > (int64_t{1} << 32) / b.columns) return fail(ErrorCode::not_supported, "a matrix so large");
  const auto packed = INGOT_TRY(constant_bytes(c, 1, b.rows * blocks * block_bytes, "weights"));
  const std::vector<double> scales = INGOT_TRY(c.constant_reals(2, "the scales"));
  if (!std::cmp_equal(scales.size(), b.rows * blocks))
    return fail(ErrorCode::invalid_file, "%zu scales for %lld blocks", scales.size(),
                static_cast<long long>(b.rows * blocks));
  std::span<const std::byte> zeros;
  if (c.input(3) != nullptr) zeros = INGOT_TRY(constant_bytes(c, 3, b.rows * bytes_of(blocks), "zero points"));

  std::vector<float> weights;  // [N, K]
  weights.reserve(static_cast<size_t>(b.rows * b.columns));
  for (int64_t row = 0; row < b.rows; ++row) {
    for (int64_t column = 0; column < b.columns; ++column) {
      const int64_t block = column / b.length;
      const int64_t at = row * blocks + block;
      const auto bytes = packed.subspan(static_cast<size_t>(at * block_bytes), static_cast<size_t>(block_bytes));
      const auto zero_row = static_cast<size_t>(row * bytes_of(blocks));
      const float zero = zeros.empty() ? 8.0F : unpacked(zeros.subspan(zero_row), block);
      const float steps = unpacked(bytes, column % b.length) - zero;
      weights.push_back(steps * static_cast<float>(scales[static_cast<size_t>(at)]));
    }
  }
  Value* matrix = INGOT_TRY(c.cast(c.builder().constant_f32("weights", {b.rows, b.columns}, weights), a->type.dtype));
  Value* product = INGOT_TRY(mat_mul(c, a, INGOT_TRY(c.permute(matrix, {1, 0}))));
  if (c.input(5) == nullptr) return product;
  return c.call("aten::add.Tensor", {product, c.input(5)});
}

}  // namespace ingot::compiler::onnx_import
