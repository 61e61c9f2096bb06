// quantized_decomposed::mixed_mm and mixed_linear: floats times a weight of int8, dequantized a block at a
// time.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "runtime/core/parallel.h"
#include "runtime/kernels/portable/checks.h"
#include "runtime/kernels/portable/element_blocks.h"
#include "runtime/kernels/quantized/families.h"
#include "runtime/kernels/quantized/parameters.h"
#include "runtime/kernels/selection.h"

namespace ingot::quantized {
namespace {

using namespace portable;

constexpr DTypeSet kReals = dtype_set({DType::float32, DType::float16, DType::bfloat16});

// out = input * B, where B(k, column) = (weight - zero point) * scale is read at strides of the weight and of its
// parameters. A group is so many rows of B that share a scale.
struct MixedProduct {
  const Tensor& input;
  const Tensor& weight;
  const Tensor& scales;
  const Tensor* zero_points;
  Tensor& out;
  size_t depth;
  size_t columns;
  int64_t weight_depth_stride;
  int64_t weight_column_stride;
  size_t group;  // depth that shares a scale
  size_t scale_depth_stride;
  size_t scale_column_stride;
};

float element(const Tensor& tensor, size_t i) {
  float value;
  load_block<float>(tensor.dtype())(&value, tensor.data_as<std::byte>() + i * size_of(tensor.dtype()), 1, 1);
  return value;
}

Result<void> check_mixed(const MixedProduct& p) {
  INGOT_TRY_VOID(check_rank(p.input, 2, "input"));
  INGOT_TRY_VOID(check_dtype_in(p.input, kReals, "input"));
  INGOT_TRY_VOID(check_dtype(p.weight, DType::int8, "weight"));
  INGOT_TRY_VOID(check_same_dtype(p.input, "input", p.scales, "weight_scales"));
  if (p.zero_points != nullptr) {
    INGOT_TRY_VOID(check_same_dtype(p.input, "input", *p.zero_points, "weight_zero_points"));
    if (!std::ranges::equal(p.zero_points->sizes(), p.scales.sizes())) {
      return fail(ErrorCode::invalid_argument, "weight_zero_points: expected the sizes of weight_scales");
    }
    if (!p.zero_points->is_contiguous()) {
      return fail(ErrorCode::not_supported, "weight_zero_points: expected a contiguous tensor");
    }
    INGOT_TRY_VOID(check_data(*p.zero_points, "weight_zero_points"));
  }
  if (!p.scales.is_contiguous()) return fail(ErrorCode::not_supported, "weight_scales: expected a contiguous tensor");
  INGOT_TRY_VOID(check_data(p.input, "input"));
  INGOT_TRY_VOID(check_data(p.weight, "weight"));
  return check_data(p.scales, "weight_scales");
}

constexpr size_t kColumns = 64;
constexpr size_t kDepth = 64;

// B's rows [k_begin, k_end) of a block of columns, kColumns apart.
void fill_panel(const MixedProduct& p, size_t first_column, size_t columns, size_t k_begin, size_t k_end,
                float* panel) {
  const int8_t* weight = p.weight.data_as<int8_t>();
  for (size_t k = k_begin; k < k_end; ++k, panel += kColumns) {
    for (size_t i = 0; i < columns; ++i) {
      const size_t column = first_column + i;
      const size_t parameter = k / p.group * p.scale_depth_stride + column * p.scale_column_stride;
      const float zero_point = p.zero_points != nullptr ? element(*p.zero_points, parameter) : 0.0f;
      const int8_t w = weight[static_cast<int64_t>(k) * p.weight_depth_stride +
                              static_cast<int64_t>(column) * p.weight_column_stride];
      panel[i] = (static_cast<float>(w) - zero_point) * element(p.scales, parameter);
    }
  }
}

// Sums are kept apart from out, whose dtype may be narrower, for so many rows at a time.
void multiply_columns(const MixedProduct& p, size_t first_column, size_t columns) {
  constexpr size_t kRows = 16;
  const size_t rows = static_cast<size_t>(p.input.size(0));
  const int64_t in_step = p.input.strides()[1], out_step = p.out.strides()[1];
  const LoadBlock<float> load = load_block<float>(p.input.dtype());
  const StoreBlock<float> store = store_block<float>(p.out.dtype());
  const auto at = [](const Tensor& tensor, size_t row, size_t column) {
    return tensor.data_as<std::byte>() +
           (static_cast<int64_t>(row) * tensor.strides()[0] + static_cast<int64_t>(column) * tensor.strides()[1]) *
               static_cast<int64_t>(size_of(tensor.dtype()));
  };
  std::array<float, kDepth * kColumns> panel;
  std::array<float, kDepth> x;
  for (size_t row_begin = 0; row_begin < rows; row_begin += kRows) {
    const size_t row_end = std::min(rows, row_begin + kRows);
    std::array<std::array<float, kColumns>, kRows> sums{};
    for (size_t k_begin = 0; k_begin < p.depth; k_begin += kDepth) {
      const size_t k_end = std::min(p.depth, k_begin + kDepth);
      fill_panel(p, first_column, columns, k_begin, k_end, panel.data());
      for (size_t row = row_begin; row < row_end; ++row) {
        load(x.data(), at(p.input, row, k_begin), in_step, k_end - k_begin);
        float* sum = sums[row - row_begin].data();
        for (size_t k = 0; k < k_end - k_begin; ++k) {
          for (size_t i = 0; i < columns; ++i) sum[i] += x[k] * panel[k * kColumns + i];
        }
      }
    }
    for (size_t row = row_begin; row < row_end; ++row) {
      store(at(p.out, row, first_column), out_step, sums[row - row_begin].data(), columns);
    }
  }
}

Result<void> multiply(KernelContext& context, const MixedProduct& p) {
  const std::array<int32_t, 2> sizes = {p.input.size(0), static_cast<int32_t>(p.columns)};
  INGOT_TRY_VOID(check_rank(p.out, 2, "out"));
  INGOT_TRY_VOID(p.out.resize(sizes));
  INGOT_TRY_VOID(check_data(p.out, "out"));
  if (p.out.numel() == 0) return {};
  parallel_for(context.parallel, (p.columns + kColumns - 1) / kColumns, 1, [&](size_t begin, size_t end) {
    for (size_t block = begin; block < end; ++block) {
      const size_t column = block * kColumns;
      multiply_columns(p, column, std::min(kColumns, p.columns - column));
    }
  });
  return {};
}

Result<void> check_depth(const Tensor& input, const Tensor& weight, size_t weight_dim) {
  INGOT_TRY_VOID(check_rank(input, 2, "input"));
  INGOT_TRY_VOID(check_rank(weight, 2, "weight"));
  if (input.size(1) == weight.size(weight_dim)) return {};
  return fail(ErrorCode::invalid_argument, "input has %d columns, weight %d: expected as many", input.size(1),
              weight.size(weight_dim));
}

// mixed_mm.out(Tensor input, Tensor weight, Tensor weight_scales, Tensor? weight_zero_points, *, out): the weight is
// [depth, columns], a scale for each of its rows.
Result<void> mixed_mm(KernelContext& context, KernelArgs args) {
  const Tensor& weight = args.tensor(1);
  const Tensor& scales = args.tensor(2);
  INGOT_TRY_VOID(check_depth(args.tensor(0), weight, 0));
  INGOT_TRY_VOID(check_rank(scales, 1, "weight_scales"));
  if (scales.size(0) != weight.size(0)) {
    return fail(ErrorCode::invalid_argument, "weight_scales: expected %d, found %d", weight.size(0), scales.size(0));
  }
  const MixedProduct p{args.tensor(0),
                       weight,
                       scales,
                       args.optional_tensor(3),
                       args.tensor(4),
                       static_cast<size_t>(weight.size(0)),
                       static_cast<size_t>(weight.size(1)),
                       weight.strides()[0],
                       weight.strides()[1],
                       1,
                       1,
                       0};
  INGOT_TRY_VOID(check_mixed(p));
  INGOT_TRY_VOID(check_same_dtype(p.input, "input", p.out, "out"));
  return multiply(context, p);
}

// mixed_linear.out(Tensor input, Tensor weight, Tensor weight_scales, Tensor? weight_zero_points, ScalarType? dtype, *,
//                  out): the weight is [columns, depth], a scale for each of its rows, or for each group of a row.
Result<void> mixed_linear(KernelContext& context, KernelArgs args) {
  const Tensor& weight = args.tensor(1);
  const Tensor& scales = args.tensor(2);
  Tensor& out = args.tensor(5);
  INGOT_TRY_VOID(check_depth(args.tensor(0), weight, 1));
  INGOT_TRY_VOID(check_rank_between(scales, 1, 2, "weight_scales"));
  const size_t depth = static_cast<size_t>(weight.size(1));
  const size_t groups = scales.rank() == 2 ? static_cast<size_t>(scales.size(1)) : 1;
  if (scales.size(0) != weight.size(0) || groups < 1 || groups > std::max<size_t>(depth, 1)) {
    return fail(ErrorCode::invalid_argument, "weight_scales: expected %d rows of at most %zu groups, found %d of %zu",
                weight.size(0), depth, scales.size(0), groups);
  }
  const MixedProduct p{args.tensor(0),
                       weight,
                       scales,
                       args.optional_tensor(3),
                       out,
                       depth,
                       static_cast<size_t>(weight.size(0)),
                       weight.strides()[1],
                       weight.strides()[0],
                       std::max<size_t>((depth + groups - 1) / groups, 1),
                       1,
                       groups};
  INGOT_TRY_VOID(check_mixed(p));
  INGOT_TRY_VOID(check_dtype_in(out, kReals, "out"));
  if (args.has(4)) {
    INGOT_TRY_VOID(check_named_dtype(args.integer(4), out, "out"));
  } else {
    INGOT_TRY_VOID(check_same_dtype(p.input, "input", out, "out"));
  }
  return multiply(context, p);
}

constexpr Kernel kRows[] = {
    {"quantized_decomposed::mixed_mm.out", "TTTT?O", mixed_mm},
    {"quantized_decomposed::mixed_linear.out", "TTTT?i?O", mixed_linear},
};

}  // namespace

std::span<const Kernel> mixed_product_kernels() {
  return selected<kRows>();
}

}  // namespace ingot::quantized
