// quantized_decomposed::embedding_*: rows of a table of integers of 8, 4 or 2 bits, looked up and dequantized. A row
// has one scale, or one for each group of its columns.
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

// How a byte of the table holds values.
enum class Packing : uint8_t {
  bytes,    // one, signed or not as the dtype says
  halves,   // two of 0 to 15, which mean -8 to 7; the first in the upper half
  quarters  // four of 0 to 3, which mean -2 to 1; the first in the lowest bits
};

constexpr int32_t values_per_byte(Packing packing) {
  return packing == Packing::bytes ? 1 : packing == Packing::halves ? 2 : 4;
}

int32_t value_at(Packing packing, DType dtype, const uint8_t* row, size_t i) {
  switch (packing) {
    case Packing::bytes:
      return dtype == DType::int8 ? static_cast<int8_t>(row[i]) : row[i];
    case Packing::halves:
      return (i % 2 == 0 ? row[i / 2] >> 4 : row[i / 2] & 15) - 8;
    case Packing::quarters:
      return (row[i / 4] >> (i % 4 * 2) & 3) - 2;
  }
  return 0;
}

struct Lookup {
  Packing packing;
  const Tensor& weight;
  const Tensor& scales;
  const Tensor* zero_points;
  const Tensor& indices;
  Tensor& out;
};

Result<void> check_contiguous(const Tensor& tensor, const char* what) {
  INGOT_TRY_VOID(check_data(tensor, what));
  if (tensor.is_contiguous()) return {};
  return fail(ErrorCode::not_supported, "%s: expected a contiguous tensor", what);
}

Result<void> check_lookup(const Lookup& l) {
  constexpr DTypeSet kReals = dtype_set({DType::float32, DType::float16, DType::bfloat16});
  INGOT_TRY_VOID(check_rank(l.weight, 2, "weight"));
  INGOT_TRY_VOID(check_dtype_in(l.weight, l.packing == Packing::bytes ? kBytes : dtype_set({DType::uint8}), "weight"));
  INGOT_TRY_VOID(check_rank_between(l.scales, 1, 2, "weight_scales"));
  INGOT_TRY_VOID(check_dtype_in(l.scales, kReals, "weight_scales"));
  INGOT_TRY_VOID(check_dtype_in(l.indices, dtype_set({DType::int32, DType::int64}), "indices"));
  INGOT_TRY_VOID(check_dtype_in(l.out, kReals, "out"));
  if (l.scales.size(0) != l.weight.size(0)) {
    return fail(ErrorCode::invalid_argument, "weight_scales: expected one for each of %d rows, found %d",
                l.weight.size(0), l.scales.size(0));
  }
  const int64_t width = int64_t{l.weight.size(1)} * values_per_byte(l.packing);
  if (l.scales.rank() == 2 && (l.scales.size(1) < 1 || width % l.scales.size(1) != 0)) {
    return fail(ErrorCode::invalid_argument, "weight_scales: %d groups do not divide %lld columns", l.scales.size(1),
                static_cast<long long>(width));
  }
  if (l.zero_points != nullptr) {
    INGOT_TRY_VOID(check_dtype_in(*l.zero_points, kReals | kIntegers, "weight_zero_points"));
    if (!std::ranges::equal(l.zero_points->sizes(), l.scales.sizes())) {
      return fail(ErrorCode::invalid_argument, "weight_zero_points: expected the sizes of weight_scales");
    }
    INGOT_TRY_VOID(check_contiguous(*l.zero_points, "weight_zero_points"));
  }
  INGOT_TRY_VOID(check_contiguous(l.weight, "weight"));
  INGOT_TRY_VOID(check_contiguous(l.scales, "weight_scales"));
  return check_contiguous(l.indices, "indices");
}

float element(const Tensor& tensor, size_t i) {
  float value;
  load_block<float>(tensor.dtype())(&value, tensor.data_as<std::byte>() + i * size_of(tensor.dtype()), 1, 1);
  return value;
}

// One row of the table to `to`.
void look_up(const Lookup& l, size_t row, std::byte* to) {
  const size_t width = static_cast<size_t>(l.weight.size(1)) * static_cast<size_t>(values_per_byte(l.packing));
  const size_t groups = l.scales.rank() == 2 ? static_cast<size_t>(l.scales.size(1)) : 1;
  const size_t group_width = width / groups;
  const uint8_t* values = l.weight.data_as<uint8_t>() + row * static_cast<size_t>(l.weight.size(1));
  const StoreBlock<float> store = store_block<float>(l.out.dtype());
  std::array<float, kBlock> x;
  for (size_t group = 0; group < groups; ++group) {
    const float scale = element(l.scales, row * groups + group);
    const float zero_point = l.zero_points != nullptr ? element(*l.zero_points, row * groups + group) : 0.0f;
    const size_t end = (group + 1) * group_width;
    for (size_t begin = group * group_width; begin < end; begin += kBlock) {
      const size_t n = std::min(kBlock, end - begin);
      for (size_t i = 0; i < n; ++i) {
        const int32_t value = value_at(l.packing, l.weight.dtype(), values, begin + i);
        x[i] = (static_cast<float>(value) - zero_point) * scale;
      }
      store(to + begin * size_of(l.out.dtype()), 1, x.data(), n);
    }
  }
}

Result<void> embed(KernelContext& context, const Lookup& l, int64_t quant_min, int64_t quant_max) {
  INGOT_TRY_VOID(check_lookup(l));
  if (quant_min > quant_max) {
    return fail(ErrorCode::invalid_argument, "weight_quant_min: expected at most weight_quant_max, found %lld and %lld",
                static_cast<long long>(quant_min), static_cast<long long>(quant_max));
  }
  const int64_t width = int64_t{l.weight.size(1)} * values_per_byte(l.packing);
  Sizes sizes(l.indices.sizes());
  INGOT_TRY_VOID(sizes.append(width));
  INGOT_TRY_VOID(check_rank(l.out, sizes.rank, "out"));
  INGOT_TRY_VOID(l.out.resize(sizes.span()));
  INGOT_TRY_VOID(check_contiguous(l.out, "out"));
  const bool wide = l.indices.dtype() == DType::int64;
  const auto index = [&](size_t i) {
    return wide ? l.indices.data_as<int64_t>()[i] : int64_t{l.indices.data_as<int32_t>()[i]};
  };
  for (size_t i = 0; i < l.indices.numel(); ++i) {
    if (index(i) < 0 || index(i) >= l.weight.size(0)) {
      return fail(ErrorCode::invalid_argument, "indices: %lld is no row of %d", static_cast<long long>(index(i)),
                  l.weight.size(0));
    }
  }
  parallel_for(context.parallel, l.indices.numel(), 16, [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) {
      look_up(l, static_cast<size_t>(index(i)),
              l.out.data_as<std::byte>() + i * static_cast<size_t>(width) * size_of(l.out.dtype()));
    }
  });
  return {};
}

// embedding_*.out(Tensor weight, Tensor weight_scales, Tensor? weight_zero_points, int weight_quant_min,
//                 int weight_quant_max, Tensor indices, *, out)
template <Packing kPacking>
Result<void> embedding(KernelContext& context, KernelArgs args) {
  return embed(context,
               {kPacking, args.tensor(0), args.tensor(1), args.optional_tensor(2), args.tensor(5), args.tensor(6)},
               args.integer(3), args.integer(4));
}

// embedding_*.dtype_out(the same, ScalarType? dtype, *, out): out may be of another dtype than the scales.
template <Packing kPacking>
Result<void> embedding_dtype(KernelContext& context, KernelArgs args) {
  if (args.has(6)) INGOT_TRY_VOID(check_named_dtype(args.integer(6), args.tensor(7), "out"));
  return embed(context,
               {kPacking, args.tensor(0), args.tensor(1), args.optional_tensor(2), args.tensor(5), args.tensor(7)},
               args.integer(3), args.integer(4));
}

constexpr Kernel kRows[] = {
    {"quantized_decomposed::embedding_byte.out", "TTT?iiTO", embedding<Packing::bytes>},
    {"quantized_decomposed::embedding_byte.dtype_out", "TTT?iiTi?O", embedding_dtype<Packing::bytes>},
    {"quantized_decomposed::embedding_4bit.out", "TTT?iiTO", embedding<Packing::halves>},
    {"quantized_decomposed::embedding_4bit.dtype_out", "TTT?iiTi?O", embedding_dtype<Packing::halves>},
    {"quantized_decomposed::embedding_2bit.out", "TTT?iiTO", embedding<Packing::quarters>},
    {"quantized_decomposed::embedding_2bit.dtype_out", "TTT?iiTi?O", embedding_dtype<Packing::quarters>},
};

}  // namespace

std::span<const Kernel> embedding_kernels() {
  return selected<kRows>();
}

}  // namespace ingot::quantized
