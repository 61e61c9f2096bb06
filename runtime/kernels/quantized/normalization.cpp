// ingot::quantized_softmax, quantized_layer_norm, quantized_group_norm. Sums of integers are exact; the rest is
// computed in float and quantized once.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>

#include "runtime/core/parallel.h"
#include "runtime/kernels/portable/checks.h"
#include "runtime/kernels/portable/strided_loop.h"
#include "runtime/kernels/quantized/arithmetic.h"
#include "runtime/kernels/quantized/families.h"
#include "runtime/kernels/quantized/parameters.h"
#include "runtime/kernels/selection.h"

namespace ingot::quantized {
namespace {

using namespace portable;

// The elements along the axis at one point of the others. `powers[d]` = exp(-d * scale).
template <typename T>
void softmax_line(const T* in, int64_t in_step, T* out, int64_t out_step, size_t count,
                  const std::array<float, 256>& powers, float inverse, const OutputRange& range) {
  int32_t largest = in[0];
  for (size_t i = 1; i < count; ++i) largest = std::max<int32_t>(largest, in[static_cast<int64_t>(i) * in_step]);
  double sum = 0;
  for (size_t i = 0; i < count; ++i)
    sum += powers[static_cast<size_t>(largest - in[static_cast<int64_t>(i) * in_step])];
  const float factor = static_cast<float>(1 / sum);
  // What each input gives: fewer than the elements of a long line.
  std::array<T, 256> results;
  const size_t least = count < results.size() ? count : results.size();
  if (least == results.size()) {
    for (size_t d = 0; d < results.size(); ++d) {
      results[d] = static_cast<T>(quantize_real(powers[d] * factor, inverse, range));
    }
  }
  for (size_t i = 0; i < count; ++i) {
    const size_t d = static_cast<size_t>(largest - in[static_cast<int64_t>(i) * in_step]);
    out[static_cast<int64_t>(i) * out_step] =
        least == results.size() ? results[d] : static_cast<T>(quantize_real(powers[d] * factor, inverse, range));
  }
}

template <typename T>
void softmax_lines(const Parallel& parallel, const StridedLoop& loop, const Tensor& self, const Tensor& out,
                   size_t axis, const std::array<float, 256>& powers, float inverse, const OutputRange& range) {
  parallel_for(parallel, loop.count, 1, [&](size_t begin, size_t end) {
    const auto& steps = loop.strides[loop.rank - 1];
    for_each_row(loop, begin, end, [&](const int64_t* starts, size_t n) {
      for (size_t i = 0; i < n; ++i) {
        const int64_t k = static_cast<int64_t>(i);
        softmax_line(self.data_as<T>() + starts[1] + k * steps[1], self.strides()[axis],
                     out.data_as<T>() + starts[0] + k * steps[0], out.strides()[axis],
                     static_cast<size_t>(self.size(axis)), powers, inverse, range);
      }
    });
  });
}

// quantized_softmax.out(Tensor self, int dim, float input_scale, float output_scale, int output_zero_point,
//                       int output_min, int output_max, *, out)
Result<void> softmax(KernelContext& context, KernelArgs args) {
  const Tensor& self = args.tensor(0);
  Tensor& out = args.tensor(7);
  INGOT_TRY_VOID(check_bytes(self, "self", out));
  INGOT_TRY_VOID(check_rank_between(self, 1, kMaxRank, "self"));
  const size_t axis = INGOT_TRY(normalize_axis(args.integer(1), self.rank()));
  const ByteAffine from = INGOT_TRY(byte_affine(args.real(2), 0, self.dtype(), "input"));
  const ByteAffine to = INGOT_TRY(byte_affine(args.real(3), args.integer(4), out.dtype(), "out"));
  const OutputRange range = INGOT_TRY(output_range(to.zero_point, args.integer(5), args.integer(6), out.dtype()));
  INGOT_TRY_VOID(out.resize(self.sizes()));
  if (self.numel() == 0) return {};
  INGOT_TRY_VOID(check_data(self, "self"));
  INGOT_TRY_VOID(check_data(out, "out"));
  std::array<float, 256> powers;
  for (size_t d = 0; d < powers.size(); ++d) powers[d] = std::exp(-static_cast<float>(d) * from.scale);
  StridedLoop loop(2);
  for (size_t d = 0; d < self.rank(); ++d) {
    if (d != axis) loop.add_dim(self.size(d), {out.strides()[d], self.strides()[d]});
  }
  loop.simplify();
  const auto run = self.dtype() == DType::int8 ? softmax_lines<int8_t> : softmax_lines<uint8_t>;
  run(context.parallel, loop, self, out, axis, powers, 1 / to.scale, range);
  return {};
}

// A run of consecutive elements that share a mean and a variance; every `repeat` of them share a weight and a bias.
struct Normalization {
  size_t runs;
  size_t length;
  size_t repeat;
  size_t groups;  // run r uses the weights from r % groups * (length / repeat) on
  const float* weight;
  const float* bias;
  double eps;
  ByteAffine from;
  float inverse;
  OutputRange range;
};

template <typename T>
void normalize_run(const Normalization& z, size_t run, const T* in, T* out) {
  int64_t sum = 0, squares = 0;
  constexpr size_t kPart = 4096;  // whose sum of squares fits 32 bits
  for (size_t begin = 0; begin < z.length; begin += kPart) {
    const size_t end = std::min(z.length, begin + kPart);
    int32_t part = 0, part_squares = 0;
    for (size_t i = begin; i < end; ++i) {
      part += in[i];
      part_squares += int32_t{in[i]} * int32_t{in[i]};
    }
    sum += part;
    squares += part_squares;
  }
  const double count = static_cast<double>(z.length);
  const double mean = static_cast<double>(sum) / count;
  const double variance = std::max(static_cast<double>(squares) / count - mean * mean, 0.0);
  const double scale = z.from.scale;
  const float factor = static_cast<float>(scale / std::sqrt(variance * scale * scale + z.eps));
  const float center = static_cast<float>(mean);
  const size_t first = run % z.groups * (z.length / z.repeat);
  for (size_t i = 0; i < z.length; i += z.repeat) {
    const size_t channel = first + i / z.repeat;
    const float weight = z.weight != nullptr ? z.weight[channel] : 1.0f;
    const float bias = z.bias != nullptr ? z.bias[channel] : 0.0f;
    for (size_t j = i; j < i + z.repeat; ++j) {
      const float x = (static_cast<float>(in[j]) - center) * factor * weight;
      out[j] = static_cast<T>(quantize_real(x + bias, z.inverse, z.range));
    }
  }
}

template <typename T>
void normalize(const Parallel& parallel, const Normalization& z, const Tensor& in, const Tensor& out) {
  parallel_for(parallel, z.runs, 1, [&](size_t begin, size_t end) {
    for (size_t run = begin; run < end; ++run) {
      normalize_run(z, run, in.data_as<T>() + run * z.length, out.data_as<T>() + run * z.length);
    }
  });
}

// The arguments from eps on: float eps, float input_scale, int input_zero_point, float output_scale,
// int output_zero_point, int output_min, int output_max, *, out.
Result<void> run_normalization(KernelContext& context, KernelArgs args, size_t first, Normalization& z,
                               const Tensor* weight, const Tensor* bias, size_t parameters) {
  const Tensor& in = args.tensor(0);
  Tensor& out = args.tensor(first + 7);
  z.eps = args.real(first);
  if (!(z.eps >= 0) || !std::isfinite(z.eps)) {
    return fail(ErrorCode::invalid_argument, "eps: expected a number from 0 on, found %g", z.eps);
  }
  z.from = INGOT_TRY(byte_affine(args.real(first + 1), args.integer(first + 2), in.dtype(), "input"));
  const ByteAffine to = INGOT_TRY(byte_affine(args.real(first + 3), args.integer(first + 4), out.dtype(), "out"));
  z.inverse = 1 / to.scale;
  z.range = INGOT_TRY(output_range(to.zero_point, args.integer(first + 5), args.integer(first + 6), out.dtype()));
  for (const Tensor* tensor : {weight, bias}) {
    if (tensor == nullptr) continue;
    INGOT_TRY_VOID(check_dtype(*tensor, DType::float32, "weight and bias"));
    INGOT_TRY_VOID(check_data(*tensor, "weight and bias"));
    if (!tensor->is_contiguous()) {
      return fail(ErrorCode::not_supported, "weight and bias: expected contiguous tensors");
    }
    if (tensor->numel() != parameters) {
      return fail(ErrorCode::invalid_argument, "weight and bias: expected %zu elements, found %zu", parameters,
                  tensor->numel());
    }
  }
  z.weight = weight != nullptr ? weight->data_as<float>() : nullptr;
  z.bias = bias != nullptr ? bias->data_as<float>() : nullptr;
  INGOT_TRY_VOID(out.resize(in.sizes()));
  if (in.numel() == 0) return {};
  INGOT_TRY_VOID(check_data(in, "input"));
  INGOT_TRY_VOID(check_data(out, "out"));
  if (!in.is_contiguous() || !out.is_contiguous()) {
    return fail(ErrorCode::not_supported, "input and out: expected contiguous tensors");
  }
  (in.dtype() == DType::int8 ? normalize<int8_t> : normalize<uint8_t>)(context.parallel, z, in, out);
  return {};
}

// quantized_layer_norm.out(Tensor input, int[] normalized_shape, Tensor? weight, Tensor? bias, float eps, ...)
Result<void> layer_norm(KernelContext& context, KernelArgs args) {
  const Tensor& in = args.tensor(0);
  INGOT_TRY_VOID(check_bytes(in, "input", args.tensor(11)));
  const std::span<const int64_t> shape = args.ints(1);
  if (shape.empty() || shape.size() > in.rank()) {
    return fail(ErrorCode::invalid_argument, "normalized_shape: expected 1 to %zu sizes, found %zu", in.rank(),
                shape.size());
  }
  size_t length = 1;
  for (size_t i = 0; i < shape.size(); ++i) {
    const int32_t size = in.size(in.rank() - shape.size() + i);
    if (shape[i] != size) {
      return fail(ErrorCode::invalid_argument, "normalized_shape: expected the input's last sizes, found %lld for %d",
                  static_cast<long long>(shape[i]), size);
    }
    length *= static_cast<size_t>(size);
  }
  Normalization z{};
  z.length = length;
  z.runs = length > 0 ? in.numel() / length : 0;
  z.repeat = 1;
  z.groups = 1;
  return run_normalization(context, args, 4, z, args.optional_tensor(2), args.optional_tensor(3), length);
}

// quantized_group_norm.out(Tensor input, Tensor? weight, Tensor? bias, int N, int C, int HxW, int group, float eps,
// ...)
Result<void> group_norm(KernelContext& context, KernelArgs args) {
  const Tensor& in = args.tensor(0);
  INGOT_TRY_VOID(check_bytes(in, "input", args.tensor(14)));
  INGOT_TRY_VOID(check_rank_between(in, 2, kMaxRank, "input"));
  const int64_t images = args.integer(3), channels = args.integer(4), pixels = args.integer(5),
                groups = args.integer(6);
  if (images != in.size(0) || channels != in.size(1)) {
    return fail(ErrorCode::invalid_argument, "N and C: expected the input's first two sizes, %d and %d", in.size(0),
                in.size(1));
  }
  if (groups < 1 || channels % groups != 0) {
    return fail(ErrorCode::invalid_argument, "group: expected a divisor of %lld channels, found %lld",
                static_cast<long long>(channels), static_cast<long long>(groups));
  }
  const size_t planes = static_cast<size_t>(images) * static_cast<size_t>(channels);
  if (pixels < 0 || (planes > 0 && in.numel() / planes != static_cast<size_t>(pixels))) {
    return fail(ErrorCode::invalid_argument, "HxW: expected the product of the input's other sizes, found %lld",
                static_cast<long long>(pixels));
  }
  Normalization z{};
  z.groups = static_cast<size_t>(groups);
  z.runs = static_cast<size_t>(images) * z.groups;
  z.repeat = static_cast<size_t>(pixels);
  z.length = static_cast<size_t>(channels / groups) * z.repeat;
  return run_normalization(context, args, 7, z, args.optional_tensor(1), args.optional_tensor(2),
                           static_cast<size_t>(channels));
}

constexpr Kernel kRows[] = {
    {"ingot::quantized_softmax.out", "TiffiiiO", softmax},
    {"ingot::quantized_layer_norm.out", "TLT?T?ffifiiiO", layer_norm},
    {"ingot::quantized_group_norm.out", "TT?T?iiiiffifiiiO", group_norm},
};

}  // namespace

std::span<const Kernel> normalization_kernels() {
  return selected<kRows>();
}

}  // namespace ingot::quantized
