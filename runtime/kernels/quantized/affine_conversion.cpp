// quantized_decomposed::{quantize,dequantize}_per_{tensor,channel}: between floats and affine integers,
// real = (integer - zero_point) * scale.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "runtime/core/parallel.h"
#include "runtime/kernels/portable/checks.h"
#include "runtime/kernels/portable/element_blocks.h"
#include "runtime/kernels/portable/float_functions.h"
#include "runtime/kernels/portable/loop_levels.h"
#include "runtime/kernels/portable/strided_loop.h"
#include "runtime/kernels/quantized/families.h"
#include "runtime/kernels/quantized/parameters.h"
#include "runtime/kernels/selection.h"

namespace ingot::quantized {
namespace {

using namespace portable;

// One run of elements of one scale.
struct Run {
  const Tensor& from;
  const Tensor& to;
  int64_t from_at;
  int64_t to_at;
  int64_t from_stride;
  int64_t to_stride;
  size_t count;
};

template <typename F>
void for_each_block(const Run& run, F&& f) {
  for (size_t begin = 0; begin < run.count; begin += kBlock) {
    const int64_t i = static_cast<int64_t>(begin);
    f(run.from.data_as<std::byte>() +
          (run.from_at + i * run.from_stride) * static_cast<int64_t>(size_of(run.from.dtype())),
      run.to.data_as<std::byte>() + (run.to_at + i * run.to_stride) * static_cast<int64_t>(size_of(run.to.dtype())),
      std::min(kBlock, run.count - begin));
  }
}

// Consecutive floats to consecutive bytes, and back: what whole networks do at their edges. False for other runs, which
// go through blocks of a compute type.
template <typename T>
bool quantize_bytes(const Run& run, const Affine& affine, const Bounds& bounds) {
  const float inverse = static_cast<float>(1 / affine.scale);
  const OutputRange range{static_cast<int32_t>(affine.zero_point), static_cast<int32_t>(bounds.least),
                          static_cast<int32_t>(bounds.most)};
  const float* from = run.from.data_as<float>() + run.from_at;
  T* to = run.to.data_as<T>() + run.to_at;
  loops().bytes->quantize[T(-1) > T(0)](from, run.count, inverse, range, to);
  return true;
}

template <typename T>
bool dequantize_bytes(const Run& run, const Affine& affine) {
  const float scale = static_cast<float>(affine.scale);
  const int32_t zero_point = static_cast<int32_t>(affine.zero_point);
  const T* from = run.from.data_as<T>() + run.from_at;
  float* to = run.to.data_as<float>() + run.to_at;
  for (size_t i = 0; i < run.count; ++i) to[i] = dequantize(from[i], scale, zero_point);
  return true;
}

bool is_byte_run(const Run& run, DType real, DType quantized, const Affine& affine) {
  return run.from_stride == 1 && run.to_stride == 1 && real == DType::float32 && contains(kBytes, quantized) &&
         affine.zero_point >= -128 && affine.zero_point <= 255;
}

bool quantize_fast(const Run& run, const Affine& affine, const Bounds& bounds) {
  const DType to = run.to.dtype();
  if (!is_byte_run(run, run.from.dtype(), to, affine)) return false;
  return to == DType::int8 ? quantize_bytes<int8_t>(run, affine, bounds) : quantize_bytes<uint8_t>(run, affine, bounds);
}

bool dequantize_fast(const Run& run, const Affine& affine) {
  const DType from = run.from.dtype();
  if (!is_byte_run(run, run.to.dtype(), from, affine)) return false;
  return from == DType::int8 ? dequantize_bytes<int8_t>(run, affine) : dequantize_bytes<uint8_t>(run, affine);
}

// clamp(round(x / scale) + zero_point), halves rounded to even. What is not a number becomes the least.
template <typename C>
void quantize_run(const Run& run, const Affine& affine, const Bounds& bounds) {
  if (quantize_fast(run, affine, bounds)) return;
  const LoadBlock<C> load = load_block<C>(run.from.dtype());
  const StoreBlock<C> store = store_block<C>(run.to.dtype());
  const C inverse = static_cast<C>(1 / affine.scale), zero = static_cast<C>(affine.zero_point);
  const C least = static_cast<C>(bounds.least), most = static_cast<C>(bounds.most);
  std::array<C, kBlock> x;
  for_each_block(run, [&](const std::byte* from, std::byte* to, size_t n) {
    load(x.data(), from, run.from_stride, n);
    for (size_t i = 0; i < n; ++i) {
      const C value = round_even(x[i] * inverse) + zero;
      x[i] = value > most ? most : (value >= least ? value : least);
    }
    store(to, run.to_stride, x.data(), n);
  });
}

template <typename C>
void dequantize_run(const Run& run, const Affine& affine, const Bounds&) {
  if (dequantize_fast(run, affine)) return;
  const LoadBlock<C> load = load_block<C>(run.from.dtype());
  const StoreBlock<C> store = store_block<C>(run.to.dtype());
  const C scale = static_cast<C>(affine.scale), zero = static_cast<C>(affine.zero_point);
  std::array<C, kBlock> x;
  for_each_block(run, [&](const std::byte* from, std::byte* to, size_t n) {
    load(x.data(), from, run.from_stride, n);
    for (size_t i = 0; i < n; ++i) x[i] = (x[i] - zero) * scale;
    store(to, run.to_stride, x.data(), n);
  });
}

using ConvertRun = void (*)(const Run&, const Affine&, const Bounds&);

ConvertRun quantizer(const Tensor& input) {
  return input.dtype() == DType::float64 ? quantize_run<double> : quantize_run<float>;
}
ConvertRun dequantizer(const Tensor& out) {
  return out.dtype() == DType::float64 ? dequantize_run<double> : dequantize_run<float>;
}

// Points of `loop` (operands: to, from), all of one scale.
void convert_points(const Parallel& parallel, const StridedLoop& loop, const Tensor& from, const Tensor& to,
                    int64_t from_at, int64_t to_at, ConvertRun convert, const Affine& affine, const Bounds& bounds) {
  constexpr size_t kGrain = 16384;
  parallel_for(parallel, loop.count, kGrain, [&](size_t begin, size_t end) {
    const auto& steps = loop.strides[loop.rank - 1];
    for_each_row(loop, begin, end, [&](const int64_t* starts, size_t n) {
      convert({from, to, from_at + starts[1], to_at + starts[0], steps[1], steps[0], n}, affine, bounds);
    });
  });
}

Result<void> prepare(const Tensor& from, Tensor& to) {
  INGOT_TRY_VOID(to.resize(from.sizes()));
  INGOT_TRY_VOID(check_data(from, "input"));
  return check_data(to, "out");
}

Result<void> convert_tensor(KernelContext& context, const Tensor& from, Tensor& to, ConvertRun convert,
                            const Affine& affine, const Bounds& bounds) {
  INGOT_TRY_VOID(prepare(from, to));
  if (from.numel() == 0) return {};
  StridedLoop loop(2);
  for (size_t dim = 0; dim < from.rank(); ++dim) loop.add_dim(from.size(dim), {to.strides()[dim], from.strides()[dim]});
  loop.simplify();
  convert_points(context.parallel, loop, from, to, 0, 0, convert, affine, bounds);
  return {};
}

Result<void> convert_channels(KernelContext& context, const Tensor& from, Tensor& to, const Tensor& scales,
                              const Tensor* zero_points, int64_t axis_argument, ConvertRun convert,
                              const Bounds& bounds) {
  INGOT_TRY_VOID(check_rank_between(from, 1, kMaxRank, "input"));
  const size_t axis = INGOT_TRY(normalize_axis(axis_argument, from.rank()));
  INGOT_TRY_VOID(check_dtype_in(scales, kFloats, "scales"));
  INGOT_TRY_VOID(check_rank(scales, 1, "scales"));
  INGOT_TRY_VOID(check_data(scales, "scales"));
  if (zero_points != nullptr) {
    INGOT_TRY_VOID(check_dtype_in(*zero_points, kIntegers, "zero_points"));
    INGOT_TRY_VOID(check_rank(*zero_points, 1, "zero_points"));
    INGOT_TRY_VOID(check_data(*zero_points, "zero_points"));
  }
  const int32_t channels = from.size(axis);
  if (scales.size(0) != channels || (zero_points != nullptr && zero_points->size(0) != channels)) {
    return fail(ErrorCode::invalid_argument, "scales and zero_points: expected %d elements each", channels);
  }
  INGOT_TRY_VOID(prepare(from, to));
  if (from.numel() == 0) return {};
  StridedLoop loop(2);
  for (size_t dim = 0; dim < from.rank(); ++dim) {
    if (dim != axis) loop.add_dim(from.size(dim), {to.strides()[dim], from.strides()[dim]});
  }
  loop.simplify();
  for (int32_t channel = 0; channel < channels; ++channel) {
    double scale;
    int64_t zero_point = 0;
    load_block<double>(scales.dtype())(
        &scale, scales.data_as<std::byte>() + static_cast<size_t>(channel) * size_of(scales.dtype()), 1, 1);
    if (zero_points != nullptr) {
      load_block<int64_t>(zero_points->dtype())(
          &zero_point, zero_points->data_as<std::byte>() + static_cast<size_t>(channel) * size_of(zero_points->dtype()),
          1, 1);
    }
    const Affine affine = INGOT_TRY(make_affine(scale, zero_point));
    convert_points(context.parallel, loop, from, to, channel * from.strides()[axis], channel * to.strides()[axis],
                   convert, affine, bounds);
  }
  return {};
}

Result<void> quantize_tensor(KernelContext& context, KernelArgs args, const Affine& affine) {
  const Tensor& input = args.tensor(0);
  Tensor& out = args.tensor(6);
  INGOT_TRY_VOID(check_dtype_in(input, kFloats, "input"));
  INGOT_TRY_VOID(check_named_dtype(args.integer(5), out, "out"));
  const Bounds bounds = INGOT_TRY(quantized_bounds(args.integer(3), args.integer(4), out, "out"));
  return convert_tensor(context, input, out, quantizer(input), affine, bounds);
}

// quantize_per_tensor.out(Tensor input, float scale, int zero_point, int quant_min, int quant_max, ScalarType dtype, *,
//                         out)
Result<void> quantize_per_tensor(KernelContext& context, KernelArgs args) {
  return quantize_tensor(context, args, INGOT_TRY(make_affine(args.real(1), args.integer(2))));
}

Result<Affine> computed_affine(KernelArgs args) {
  const double scale = INGOT_TRY(only_real(args.tensor(1), "scale"));
  return make_affine(scale, INGOT_TRY(only_integer(args.tensor(2), "zero_point")));
}

// quantize_per_tensor.Tensor_out(Tensor input, Tensor scale, Tensor zero_point, int quant_min, int quant_max,
//                                ScalarType dtype, *, out)
Result<void> quantize_per_tensor_computed(KernelContext& context, KernelArgs args) {
  return quantize_tensor(context, args, INGOT_TRY(computed_affine(args)));
}

Result<void> check_out_dtype(const KernelArgs& args, size_t i, const Tensor& out) {
  INGOT_TRY_VOID(check_dtype_in(out, kFloats, "out"));
  if (!args.has(i)) return check_dtype(out, DType::float32, "out");
  return check_named_dtype(args.integer(i), out, "out");
}

Result<void> dequantize_tensor(KernelContext& context, KernelArgs args, const Affine& affine) {
  const Tensor& input = args.tensor(0);
  Tensor& out = args.tensor(7);
  INGOT_TRY_VOID(check_named_dtype(args.integer(5), input, "input"));
  const Bounds bounds = INGOT_TRY(quantized_bounds(args.integer(3), args.integer(4), input, "input"));
  INGOT_TRY_VOID(check_out_dtype(args, 6, out));
  return convert_tensor(context, input, out, dequantizer(out), affine, bounds);
}

// dequantize_per_tensor.out(Tensor input, float scale, int zero_point, int quant_min, int quant_max, ScalarType dtype,
//                           *, ScalarType? out_dtype, out)
Result<void> dequantize_per_tensor(KernelContext& context, KernelArgs args) {
  return dequantize_tensor(context, args, INGOT_TRY(make_affine(args.real(1), args.integer(2))));
}

// dequantize_per_tensor.Tensor_out(Tensor input, Tensor scale, Tensor zero_point, int quant_min, int quant_max,
//                                  ScalarType dtype, *, ScalarType? out_dtype, out)
Result<void> dequantize_per_tensor_computed(KernelContext& context, KernelArgs args) {
  return dequantize_tensor(context, args, INGOT_TRY(computed_affine(args)));
}

// quantize_per_channel.out(Tensor input, Tensor scales, Tensor zero_points, int axis, int quant_min, int quant_max,
//                          ScalarType dtype, *, out)
Result<void> quantize_per_channel(KernelContext& context, KernelArgs args) {
  const Tensor& input = args.tensor(0);
  Tensor& out = args.tensor(7);
  INGOT_TRY_VOID(check_dtype_in(input, kFloats, "input"));
  INGOT_TRY_VOID(check_named_dtype(args.integer(6), out, "out"));
  const Bounds bounds = INGOT_TRY(quantized_bounds(args.integer(4), args.integer(5), out, "out"));
  return convert_channels(context, input, out, args.tensor(1), &args.tensor(2), args.integer(3), quantizer(input),
                          bounds);
}

// dequantize_per_channel.out(Tensor input, Tensor scales, Tensor? zero_points, int axis, int quant_min, int quant_max,
//                            ScalarType dtype, *, ScalarType? out_dtype, out)
Result<void> dequantize_per_channel(KernelContext& context, KernelArgs args) {
  const Tensor& input = args.tensor(0);
  Tensor& out = args.tensor(8);
  INGOT_TRY_VOID(check_named_dtype(args.integer(6), input, "input"));
  const Bounds bounds = INGOT_TRY(quantized_bounds(args.integer(4), args.integer(5), input, "input"));
  INGOT_TRY_VOID(check_out_dtype(args, 7, out));
  return convert_channels(context, input, out, args.tensor(1), args.optional_tensor(2), args.integer(3),
                          dequantizer(out), bounds);
}

constexpr Kernel kRows[] = {
    {"quantized_decomposed::quantize_per_tensor.out", "TfiiiiO", quantize_per_tensor},
    {"quantized_decomposed::dequantize_per_tensor.out", "Tfiiiii?O", dequantize_per_tensor},
    {"quantized_decomposed::quantize_per_tensor.Tensor_out", "TTTiiiO", quantize_per_tensor_computed},
    {"quantized_decomposed::dequantize_per_tensor.Tensor_out", "TTTiiii?O", dequantize_per_tensor_computed},
    {"quantized_decomposed::quantize_per_channel.out", "TTTiiiiO", quantize_per_channel},
    {"quantized_decomposed::dequantize_per_channel.out", "TTT?iiiii?O", dequantize_per_channel},
};

}  // namespace

std::span<const Kernel> affine_conversion_kernels() {
  return selected<kRows>();
}

}  // namespace ingot::quantized
