// ingot::quantized_linear and quantized_bmm: matrix products of int8 and uint8, with the arithmetic of arithmetic.h.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "runtime/core/parallel.h"
#include "runtime/kernels/portable/block_product.h"
#include "runtime/kernels/portable/checks.h"
#include "runtime/kernels/quantized/families.h"
#include "runtime/kernels/quantized/integer_product.h"
#include "runtime/kernels/quantized/parameters.h"
#include "runtime/kernels/quantized/weights.h"
#include "runtime/kernels/selection.h"

namespace ingot::quantized {
namespace {

using portable::check_data;
using portable::check_dtype_in;
using portable::check_rank;
using portable::check_rank_between;
using portable::RowShares;
using portable::share_rows;
using portable::Sizes;

// A matrix of bytes with whatever strides.
struct Matrix {
  std::byte* data = nullptr;
  int64_t row = 0;
  int64_t column = 0;
  int32_t zero_point = 0;
  LoadRow16 load_16 = nullptr;
};

Matrix matrix(const Tensor& tensor, size_t row_dim, size_t column_dim, int32_t zero_point) {
  return {tensor.data_as<std::byte>(), tensor.strides()[row_dim], tensor.strides()[column_dim], zero_point,
          load_row_16(tensor.dtype())};
}

// out(column, row) = sum over k of left(row, k) * right(column, k): both sides lie along the depth, as the rows of a
// linear layer's weight (left) and of its input (right) do.
struct MatrixProduct {
  Matrix left;
  Matrix right;
  Matrix out;
  size_t rows;
  size_t columns;
  size_t depth;
  const int32_t* bias = nullptr;  // of a row
  const float* scales = nullptr;  // of the left side
  bool per_row = false;
  float right_scale = 1;
  float out_scale = 1;
  OutputRange range;
  RowStore store;
  const int32_t* packed = nullptr;  // the left side, where there are more than a few columns

  float scale(size_t row) const { return product_scale(right_scale, scales[per_row ? row : 0], out_scale); }
};

constexpr size_t kFewColumns = 3;  // up to so many are done as products of two rows

// Rows [row_begin, row_end) of one column.
void multiply_column(const MatrixProduct& p, size_t column, size_t row_begin, size_t row_end) {
  constexpr size_t kDepth = 1024;
  constexpr size_t kRows = 256;
  alignas(64) int16_t x[kDepth];
  alignas(64) int16_t w[kDepth];
  std::array<int32_t, kRows> sums;
  const std::byte* right = p.right.data + static_cast<int64_t>(column) * p.right.row;
  for (size_t first = row_begin; first < row_end; first += kRows) {
    const size_t end = std::min(row_end, first + kRows);
    sums.fill(0);
    for (size_t k = 0; k < p.depth; k += kDepth) {
      const size_t n = std::min(kDepth, p.depth - k);
      const int64_t at = static_cast<int64_t>(k);
      p.right.load_16(right + at * p.right.column, p.right.column, n, p.right.zero_point, x);
      for (size_t row = first; row < end; ++row) {
        const std::byte* left = p.left.data + static_cast<int64_t>(row) * p.left.row + at * p.left.column;
        p.left.load_16(left, p.left.column, n, p.left.zero_point, w);
        sums[row - first] = wrapping_sum(sums[row - first], dot_16(w, x, n));
      }
    }
    for (size_t row = first; row < end; ++row) {
      std::byte* out = p.out.data + static_cast<int64_t>(column) * p.out.row + static_cast<int64_t>(row) * p.out.column;
      p.store(&sums[row - first], 1, p.bias != nullptr ? p.bias[row] : 0, p.scale(row), p.range, out, 1);
    }
  }
}

// So many columns are done at once, by vectors along the rows.
constexpr size_t kBlockColumns = 16;

void multiply_columns(const MatrixProduct& p, size_t first_column, size_t columns, size_t row_begin, size_t row_end) {
  constexpr size_t kDepth = 1024;
  constexpr size_t kPitch = kDepth + 32;  // so that columns do not meet in the cache
  alignas(64) int16_t right[kBlockColumns * kPitch];
  alignas(64) int32_t sums[kBlockColumns * kPairRows];
  RowParameters of_rows;
  const PackedPairs left{p.packed, pairs_of(p.depth)};
  const auto load = [&](size_t k_begin, size_t k_end) {
    for (size_t i = 0; i < columns; ++i) {
      const std::byte* from = p.right.data + static_cast<int64_t>(first_column + i) * p.right.row +
                              static_cast<int64_t>(k_begin) * p.right.column;
      int16_t* to = right + i * kPitch;
      p.right.load_16(from, p.right.column, k_end - k_begin, p.right.zero_point, to);
      if ((k_end - k_begin) % 2 != 0) to[k_end - k_begin] = 0;
    }
  };
  for (size_t begin = row_begin; begin < row_end; begin += kPairRows) {
    const size_t rows = std::min(kPairRows, row_end - begin);
    of_rows.set(begin, rows, [&p](size_t row, int32_t* bias, float* scale) {
      *bias = p.bias != nullptr ? p.bias[row] : 0;
      *scale = p.scale(row);
    });
    std::byte* out =
        p.out.data + static_cast<int64_t>(first_column) * p.out.row + static_cast<int64_t>(begin) * p.out.column;
    size_t k = 0;
    do {  // once even for depth 0
      const size_t k_end = std::min(p.depth, k + kDepth);
      if (p.depth > kDepth || begin == row_begin) load(k, k_end);
      portable::loops().pairs->multiply_rows({.a = left.group(begin) + k / 2 * kPackRows,
                                              .a_group = left.group_stride(),
                                              .b = reinterpret_cast<const int32_t*>(right),
                                              .b_pair = 1,
                                              .b_column = kPitch / 2,
                                              .pairs = pairs_of(k_end - k),
                                              .rows = rows,
                                              .columns = columns,
                                              .first = k == 0,
                                              .last = k_end == p.depth,
                                              .sums = sums,
                                              .bias = of_rows.bias.data(),
                                              .scale = of_rows.scale.data(),
                                              .range = &p.range,
                                              .out = out,
                                              .out_row = p.out.column,
                                              .out_column = p.out.row});
      k = k_end;
    } while (k < p.depth);
  }
}

void multiply(const Parallel& parallel, const MatrixProduct& p) {
  if (p.rows == 0 || p.columns == 0) return;
  const bool few = p.columns <= kFewColumns;
  const size_t blocks = few ? p.columns : (p.columns + kBlockColumns - 1) / kBlockColumns;
  const RowShares shares = share_rows(parallel.threads, blocks, p.rows);
  parallel_for(parallel, blocks * shares.count, 1, [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) {
      const size_t row_begin = i % shares.count * shares.rows;
      const size_t row_end = std::min(p.rows, row_begin + shares.rows);
      const size_t block = i / shares.count;
      if (few) {
        multiply_column(p, block, row_begin, row_end);
      } else {
        const size_t column = block * kBlockColumns;
        multiply_columns(p, column, std::min(kBlockColumns, p.columns - column), row_begin, row_end);
      }
    }
  });
}

void pack_left(const Matrix& left, size_t rows, size_t depth, std::byte* packed) {
  pack_pair_rows(rows, depth, left.load_16, left.zero_point, reinterpret_cast<int32_t*>(packed),
                 [&](size_t row, size_t k_begin, size_t k_end, std::byte* to) {
                   const std::byte* from =
                       left.data + static_cast<int64_t>(row) * left.row + static_cast<int64_t>(k_begin) * left.column;
                   for (size_t k = k_begin; k < k_end; ++k, from += left.column) *to++ = *from;
                 });
}

// A tensor's last dimension as the columns of one matrix. Fails where the others cannot be walked with one stride.
Result<int64_t> row_stride(const Tensor& tensor, const char* what) {
  const size_t last = tensor.rank() - 1;
  if (tensor.rank() == 1) return 0;
  int64_t stride = 0, expected = 0;
  bool first = true;
  for (size_t d = last; d-- > 0;) {
    if (tensor.size(d) == 1) continue;
    if (first) {
      stride = tensor.strides()[d];
    } else if (tensor.strides()[d] != expected) {
      return fail(ErrorCode::not_supported, "%s: expected a layout whose outer dimensions follow each other", what);
    }
    first = false;
    expected = tensor.strides()[d] * tensor.size(d);
  }
  return stride;
}

// Weights are packed, a constant one once, when a method is loaded.
Result<size_t> packed_bytes_of(const Tensor& weight) {
  INGOT_TRY_VOID(check_rank(weight, 2, "weight"));
  return packed_pair_bytes(static_cast<size_t>(weight.size(0)), static_cast<size_t>(weight.size(1)));
}

Result<size_t> prepared_linear(const KernelContext&, KernelArgs args) {
  return args.tensor(1).is_constant() ? packed_bytes_of(args.tensor(1)) : size_t{0};
}

Result<void> prepare_linear(KernelContext& context, KernelArgs args) {
  const Tensor& weight = args.tensor(1);
  INGOT_TRY_VOID(check_dtype_in(weight, kBytes, "weight"));
  INGOT_TRY_VOID(check_data(weight, "weight"));
  if (!weight.is_constant()) return {};
  pack_left(matrix(weight, 0, 1, static_cast<int32_t>(args.integer(6))), static_cast<size_t>(weight.size(0)),
            static_cast<size_t>(weight.size(1)), context.prepared.data());
  return {};
}

Result<size_t> scratch_linear(KernelArgs args) {
  return args.tensor(1).is_constant() ? size_t{0} : packed_bytes_of(args.tensor(1));
}

Result<size_t> scratch_bmm(KernelArgs args) {
  const Tensor& b = args.tensor(3);
  INGOT_TRY_VOID(check_rank(b, 3, "b"));
  return packed_pair_bytes(static_cast<size_t>(b.size(2)), static_cast<size_t>(b.size(1)));
}

// quantized_linear.out(Tensor input, Tensor weight, Tensor? bias, float input_scale, int input_zero_point,
//                      Tensor weight_scales, int weight_zero_point, float output_scale, int output_zero_point,
//                      int output_min, int output_max, *, out): input [..., depth], weight [channels, depth]
Result<void> linear(KernelContext& context, KernelArgs args) {
  const Tensor& in = args.tensor(0);
  const Tensor& weight = args.tensor(1);
  const Tensor* bias = args.optional_tensor(2);
  Tensor& out = args.tensor(11);
  INGOT_TRY_VOID(check_bytes(in, "input", out));
  INGOT_TRY_VOID(check_rank_between(in, 1, kMaxRank, "input"));
  INGOT_TRY_VOID(check_rank(weight, 2, "weight"));
  const size_t last = in.rank() - 1;
  if (in.size(last) != weight.size(1)) {
    return fail(ErrorCode::invalid_argument, "input has %d columns, weight %d: expected as many", in.size(last),
                weight.size(1));
  }
  if (bias != nullptr && (bias->rank() != 1 || bias->size(0) != weight.size(0))) {
    return fail(ErrorCode::invalid_argument, "bias: expected shape [%d]", weight.size(0));
  }
  const ByteAffine from = INGOT_TRY(byte_affine(args.real(3), args.integer(4), in.dtype(), "input"));
  const ByteAffine to = INGOT_TRY(byte_affine(args.real(7), args.integer(8), out.dtype(), "out"));
  const OutputRange range = INGOT_TRY(output_range(to.zero_point, args.integer(9), args.integer(10), out.dtype()));
  INGOT_TRY_VOID(check_weight({weight, bias, args.tensor(5), args.integer(6)}, weight.size(0), from.scale, to.scale));

  Sizes sizes(in.sizes());
  sizes.sizes[last] = weight.size(0);
  INGOT_TRY_VOID(check_rank(out, in.rank(), "out"));
  INGOT_TRY_VOID(out.resize(sizes.span()));
  if (out.numel() == 0) return {};
  for (const Tensor* tensor : {&in, &weight, static_cast<const Tensor*>(&out)}) {
    INGOT_TRY_VOID(check_data(*tensor, "input, weight, out"));
  }
  if (bias != nullptr) INGOT_TRY_VOID(check_data(*bias, "bias"));
  MatrixProduct p;
  p.left = matrix(weight, 0, 1, static_cast<int32_t>(args.integer(6)));
  p.right = matrix(in, last, last, from.zero_point);
  p.right.row = INGOT_TRY(row_stride(in, "input"));
  p.out = matrix(out, last, last, 0);
  p.out.row = INGOT_TRY(row_stride(out, "out"));
  p.rows = static_cast<size_t>(weight.size(0));
  p.depth = static_cast<size_t>(weight.size(1));
  p.columns = out.numel() / p.rows;
  p.bias = bias != nullptr ? bias->data_as<int32_t>() : nullptr;
  p.scales = args.tensor(5).data_as<float>();
  p.per_row = args.tensor(5).numel() > 1;
  p.right_scale = from.scale;
  p.out_scale = to.scale;
  p.range = range;
  p.store = store_row(out.dtype());
  const std::span<std::byte> memory = weight.is_constant() ? context.prepared : context.scratch;
  if (memory.size() < INGOT_TRY(packed_bytes_of(weight))) {
    return fail(ErrorCode::invalid_state, "the weight was not prepared");
  }
  if (p.columns > kFewColumns && !weight.is_constant()) pack_left(p.left, p.rows, p.depth, memory.data());
  p.packed = reinterpret_cast<const int32_t*>(memory.data());
  multiply(context.parallel, p);
  return {};
}

// quantized_bmm.out(Tensor a, float a_scale, int a_zero_point, Tensor b, float b_scale, int b_zero_point,
//                   float output_scale, int output_zero_point, int output_min, int output_max, *, out)
Result<void> bmm(KernelContext& context, KernelArgs args) {
  const Tensor& a = args.tensor(0);
  const Tensor& b = args.tensor(3);
  Tensor& out = args.tensor(10);
  INGOT_TRY_VOID(check_bytes(a, "a", out));
  INGOT_TRY_VOID(check_dtype_in(b, kBytes, "b"));
  for (const auto& [tensor, what] :
       {std::pair{&a, "a"}, std::pair{&b, "b"}, std::pair<const Tensor*, const char*>{&out, "out"}}) {
    INGOT_TRY_VOID(check_rank(*tensor, 3, what));
  }
  if (a.size(0) != b.size(0) || a.size(2) != b.size(1)) {
    return fail(ErrorCode::invalid_argument, "a and b: expected [n, rows, depth] and [n, depth, columns]");
  }
  const ByteAffine left = INGOT_TRY(byte_affine(args.real(1), args.integer(2), a.dtype(), "a"));
  const ByteAffine right = INGOT_TRY(byte_affine(args.real(4), args.integer(5), b.dtype(), "b"));
  const ByteAffine to = INGOT_TRY(byte_affine(args.real(6), args.integer(7), out.dtype(), "out"));
  if (!is_product_scale(product_scale(left.scale, right.scale, to.scale))) {
    return fail(ErrorCode::invalid_argument,
                "expected a_scale * b_scale / output_scale above 0 and below 256, found %g",
                static_cast<double>(product_scale(left.scale, right.scale, to.scale)));
  }
  const std::array<int32_t, 3> sizes = {a.size(0), a.size(1), b.size(2)};
  INGOT_TRY_VOID(out.resize(sizes));
  MatrixProduct p;
  p.range = INGOT_TRY(output_range(to.zero_point, args.integer(8), args.integer(9), out.dtype()));
  if (out.numel() == 0) return {};
  for (const Tensor* tensor : {&a, &b, static_cast<const Tensor*>(&out)})
    INGOT_TRY_VOID(check_data(*tensor, "a, b, out"));
  p.rows = static_cast<size_t>(b.size(2));
  p.columns = static_cast<size_t>(a.size(1));
  p.depth = static_cast<size_t>(a.size(2));
  p.scales = &right.scale;
  p.right_scale = left.scale;
  p.out_scale = to.scale;
  p.store = store_row(out.dtype());
  if (context.scratch.size() < INGOT_TRY(packed_pair_bytes(p.rows, p.depth))) {
    return fail(ErrorCode::invalid_state, "there is no scratch memory");
  }
  p.packed = reinterpret_cast<const int32_t*>(context.scratch.data());
  for (int32_t i = 0; i < a.size(0); ++i) {
    p.left = matrix(b, 2, 1, right.zero_point);
    p.left.data += i * b.strides()[0];
    p.right = matrix(a, 1, 2, left.zero_point);
    p.right.data += i * a.strides()[0];
    p.out = matrix(out, 1, 2, 0);
    p.out.data += i * out.strides()[0];
    if (p.columns > kFewColumns) pack_left(p.left, p.rows, p.depth, context.scratch.data());
    multiply(context.parallel, p);
  }
  return {};
}

constexpr KernelExtras kLinearExtras = {prepared_linear, prepare_linear};

constexpr Kernel kRows[] = {
    {"ingot::quantized_linear.out", "TTT?fiTifiiiO", linear, scratch_linear, &kLinearExtras},
    {"ingot::quantized_bmm.out", "TfiTfifiiiO", bmm, scratch_bmm},
};

}  // namespace

std::span<const Kernel> product_kernels() {
  return selected<kRows>();
}

}  // namespace ingot::quantized
