// quantized_decomposed::*_per_token*: a scale and a zero point for each run along the last dimension, often chosen from
// the run itself.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>

#include "runtime/core/parallel.h"
#include "runtime/kernels/portable/checks.h"
#include "runtime/kernels/portable/element_blocks.h"
#include "runtime/kernels/portable/float_functions.h"
#include "runtime/kernels/portable/strided_loop.h"
#include "runtime/kernels/quantized/families.h"
#include "runtime/kernels/quantized/parameters.h"
#include "runtime/kernels/selection.h"

namespace ingot::quantized {
namespace {

using namespace portable;

constexpr size_t kGrain = 16;  // tokens

std::byte* at(const Tensor& tensor, int64_t element) {
  return tensor.data_as<std::byte>() + element * static_cast<int64_t>(size_of(tensor.dtype()));
}

// The tokens of a tensor, in the order of their indices: where each begins in `a` and `b`, which have the same sizes
// but for the last one.
StridedLoop tokens_of(const Tensor& a, const Tensor& b) {
  StridedLoop loop(2);
  for (size_t dim = 0; dim + 1 < a.rank(); ++dim) loop.add_dim(a.size(dim), {a.strides()[dim], b.strides()[dim]});
  loop.merge();
  return loop;
}

// f(token, begin in a, begin in b)
template <typename F>
void for_each_token(const Parallel& parallel, const StridedLoop& loop, F&& f) {
  parallel_for(parallel, loop.count, kGrain, [&](size_t begin, size_t end) {
    const auto& steps = loop.strides[loop.rank - 1];
    size_t token = begin;
    for_each_row(loop, begin, end, [&](const int64_t* starts, size_t n) {
      for (size_t i = 0; i < n; ++i, ++token) {
        const int64_t step = static_cast<int64_t>(i);
        f(token, starts[0] + step * steps[0], starts[1] + step * steps[1]);
      }
    });
  });
}

// As many elements as tokens, in their order.
Result<void> check_parameters(const Tensor& parameters, DTypeSet dtypes, const Tensor& input, const char* what) {
  INGOT_TRY_VOID(check_dtype_in(parameters, dtypes, what));
  const size_t width = static_cast<size_t>(input.size(input.rank() - 1));
  if (width > 0 && parameters.numel() != input.numel() / width) {
    return fail(ErrorCode::invalid_argument, "%s: expected one for each of the input's %zu tokens, found %zu", what,
                input.numel() / width, parameters.numel());
  }
  if (!parameters.is_contiguous()) return fail(ErrorCode::not_supported, "%s: expected a contiguous tensor", what);
  return check_data(parameters, what);
}

Result<void> prepare(const Tensor& input, const Tensor& scales, const Tensor& zero_points, Tensor& out) {
  INGOT_TRY_VOID(check_rank_between(input, 1, kMaxRank, "input"));
  INGOT_TRY_VOID(out.resize(input.sizes()));
  INGOT_TRY_VOID(check_data(input, "input"));
  INGOT_TRY_VOID(check_data(out, "out"));
  INGOT_TRY_VOID(check_parameters(scales, kFloats, input, "scales"));
  INGOT_TRY_VOID(check_parameters(zero_points, kIntegers | kFloats, input, "zero_points"));
  return {};
}

template <typename C>
struct Token {
  C scale;
  C zero_point;
};

template <typename C>
Token<C> token_parameters(const Tensor& scales, const Tensor& zero_points, size_t token) {
  Token<C> parameters;
  load_block<C>(scales.dtype())(&parameters.scale, at(scales, static_cast<int64_t>(token)), 1, 1);
  load_block<C>(zero_points.dtype())(&parameters.zero_point, at(zero_points, static_cast<int64_t>(token)), 1, 1);
  return parameters;
}

// Each token of `from` through f(block, n, parameters) into `to`.
template <typename C, typename F>
void convert_tokens(KernelContext& context, const Tensor& from, const Tensor& to, const Tensor& scales,
                    const Tensor& zero_points, const F& f) {
  if (from.numel() == 0) return;
  const size_t last = from.rank() - 1, width = static_cast<size_t>(from.size(last));
  const int64_t from_step = from.strides()[last], to_step = to.strides()[last];
  const LoadBlock<C> load = load_block<C>(from.dtype());
  const StoreBlock<C> store = store_block<C>(to.dtype());
  for_each_token(context.parallel, tokens_of(from, to), [&](size_t token, int64_t from_at, int64_t to_at) {
    const Token<C> parameters = token_parameters<C>(scales, zero_points, token);
    std::array<C, kBlock> x;
    for (size_t begin = 0; begin < width; begin += kBlock) {
      const size_t n = std::min(kBlock, width - begin);
      const int64_t i = static_cast<int64_t>(begin);
      load(x.data(), at(from, from_at + i * from_step), from_step, n);
      f(x.data(), n, parameters);
      store(at(to, to_at + i * to_step), to_step, x.data(), n);
    }
  });
}

// clamp(round(x / scale + zero_point)): unlike per tensor, the zero point is added before rounding, as PyTorch does.
template <typename C>
void quantize_tokens(KernelContext& context, const Tensor& input, const Tensor& out, const Tensor& scales,
                     const Tensor& zero_points, const Bounds& bounds) {
  const C least = static_cast<C>(bounds.least), most = static_cast<C>(bounds.most);
  convert_tokens<C>(context, input, out, scales, zero_points, [&](C* x, size_t n, const Token<C>& token) {
    const C inverse = 1 / token.scale;
    for (size_t i = 0; i < n; ++i) {
      const C value = round_even(x[i] * inverse + token.zero_point);
      x[i] = value > most ? most : (value >= least ? value : least);
    }
  });
}

template <typename C>
void dequantize_tokens(KernelContext& context, const Tensor& input, const Tensor& out, const Tensor& scales,
                       const Tensor& zero_points) {
  convert_tokens<C>(context, input, out, scales, zero_points, [](C* x, size_t n, const Token<C>& token) {
    for (size_t i = 0; i < n; ++i) x[i] = (x[i] - token.zero_point) * token.scale;
  });
}

// quantize_per_token.out(Tensor input, Tensor scales, Tensor zero_points, int quant_min, int quant_max,
//                        ScalarType dtype, *, out)
Result<void> quantize_per_token(KernelContext& context, KernelArgs args) {
  const Tensor& input = args.tensor(0);
  Tensor& out = args.tensor(6);
  INGOT_TRY_VOID(check_dtype_in(input, kFloats, "input"));
  INGOT_TRY_VOID(check_named_dtype(args.integer(5), out, "out"));
  const Bounds bounds = INGOT_TRY(quantized_bounds(args.integer(3), args.integer(4), out, "out"));
  INGOT_TRY_VOID(prepare(input, args.tensor(1), args.tensor(2), out));
  const bool wide = input.dtype() == DType::float64 || args.tensor(1).dtype() == DType::float64;
  (wide ? quantize_tokens<double> : quantize_tokens<float>)(context, input, out, args.tensor(1), args.tensor(2),
                                                            bounds);
  return {};
}

// dequantize_per_token.out(Tensor input, Tensor scales, Tensor zero_points, int quant_min, int quant_max,
//                          ScalarType dtype, ScalarType output_dtype, *, out)
Result<void> dequantize_per_token(KernelContext& context, KernelArgs args) {
  const Tensor& input = args.tensor(0);
  Tensor& out = args.tensor(7);
  INGOT_TRY_VOID(check_named_dtype(args.integer(5), input, "input"));
  INGOT_TRY_VOID(quantized_bounds(args.integer(3), args.integer(4), input, "input"));
  INGOT_TRY_VOID(check_dtype_in(out, kFloats, "out"));
  INGOT_TRY_VOID(check_named_dtype(args.integer(6), out, "out"));
  INGOT_TRY_VOID(prepare(input, args.tensor(1), args.tensor(2), out));
  const bool wide = out.dtype() == DType::float64 || args.tensor(1).dtype() == DType::float64;
  (wide ? dequantize_tokens<double> : dequantize_tokens<float>)(context, input, out, args.tensor(1), args.tensor(2));
  return {};
}

// The range of a token, 0 included, over 255 steps; the zero point from the end whose error is smaller.
Token<float> choose(float least, float most) {
  constexpr float kLeast = -128, kMost = 127;
  least = std::min(least, 0.0f);
  most = std::max(most, 0.0f);
  const float scale = std::max((most - least) / (kMost - kLeast), std::numeric_limits<float>::epsilon());
  const float low = least / scale, high = most / scale;
  const float zero = (kLeast + low) + (kMost + high) > 0 ? kLeast - low : kMost - high;
  return {scale, round_even(std::clamp(zero, kLeast, kMost))};
}

// choose_qparams_per_token_asymmetric.out(Tensor input, ScalarType dtype, *, scale_out, zero_point_out)
Result<void> choose_per_token(KernelContext& context, KernelArgs args) {
  const Tensor& input = args.tensor(0);
  Tensor& scales = args.tensor(2);
  Tensor& zero_points = args.tensor(3);
  INGOT_TRY_VOID(check_dtype_in(input, dtype_set({DType::float32, DType::float16, DType::bfloat16}), "input"));
  INGOT_TRY_VOID(check_rank_between(input, 1, kMaxRank, "input"));
  if (args.integer(1) != static_cast<int64_t>(DType::int8)) {
    return fail(ErrorCode::invalid_argument, "dtype: expected int8, whose range is used, found %lld",
                static_cast<long long>(args.integer(1)));
  }
  INGOT_TRY_VOID(check_dtype_in(scales, dtype_set({DType::float32, DType::float64}), "scale_out"));
  INGOT_TRY_VOID(check_dtype_in(zero_points, kIntegers, "zero_point_out"));
  const size_t last = input.rank() - 1, width = static_cast<size_t>(input.size(last));
  if (width == 0) return fail(ErrorCode::invalid_argument, "input: the tokens are empty");
  Sizes sizes(input.sizes());
  sizes.sizes[last] = 1;
  INGOT_TRY_VOID(scales.resize(sizes.span()));
  INGOT_TRY_VOID(zero_points.resize(sizes.span()));
  INGOT_TRY_VOID(check_data(input, "input"));
  INGOT_TRY_VOID(check_data(scales, "scale_out"));
  INGOT_TRY_VOID(check_data(zero_points, "zero_point_out"));
  if (input.numel() == 0) return {};
  if (!scales.is_contiguous() || !zero_points.is_contiguous()) {
    return fail(ErrorCode::not_supported, "scale_out and zero_point_out: expected contiguous tensors");
  }
  const LoadBlock<float> load = load_block<float>(input.dtype());
  const int64_t step = input.strides()[last];
  for_each_token(context.parallel, tokens_of(input, input), [&](size_t token, int64_t begin, int64_t) {
    std::array<float, kBlock> x;
    float least = 0, most = 0;
    for (size_t done = 0; done < width; done += kBlock) {
      const size_t n = std::min(kBlock, width - done);
      load(x.data(), at(input, begin + static_cast<int64_t>(done) * step), step, n);
      for (size_t i = 0; i < n; ++i) {
        least = x[i] < least ? x[i] : least;
        most = x[i] > most ? x[i] : most;
      }
    }
    const Token<float> chosen = choose(least, most);
    const int64_t index = static_cast<int64_t>(token);
    store_block<float>(scales.dtype())(at(scales, index), 1, &chosen.scale, 1);
    store_block<float>(zero_points.dtype())(at(zero_points, index), 1, &chosen.zero_point, 1);
  });
  return {};
}

constexpr Kernel kRows[] = {
    {"quantized_decomposed::quantize_per_token.out", "TTTiiiO", quantize_per_token},
    {"quantized_decomposed::dequantize_per_token.out", "TTTiiiiO", dequantize_per_token},
    {"quantized_decomposed::choose_qparams_per_token_asymmetric.out", "TiOO", choose_per_token},
};

}  // namespace

std::span<const Kernel> per_token_kernels() {
  return selected<kRows>();
}

}  // namespace ingot::quantized
