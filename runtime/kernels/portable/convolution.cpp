#include "runtime/kernels/portable/convolution.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>

#include "runtime/core/checked_math.h"
#include "runtime/kernels/portable/checks.h"
#include "runtime/kernels/portable/families.h"
#include "runtime/kernels/selection.h"

namespace ingot::portable {
namespace {

constexpr int64_t kLargest = std::numeric_limits<int32_t>::max();

// One value for each spatial axis; a list of one serves all. Within these limits no product of two below overflows.
Result<int64_t> axis_value(std::span<const int64_t> list, size_t axis, size_t axes, int64_t least, const char* what) {
  if (list.size() != axes && list.size() != 1) {
    return fail(ErrorCode::invalid_argument, "%s: expected %zu values, found %zu", what, axes, list.size());
  }
  const int64_t value = list.size() == 1 ? list[0] : list[axis];
  if (value < least || value > kLargest) {
    return fail(ErrorCode::invalid_argument, "%s: expected at least %lld, found %lld", what,
                static_cast<long long>(least), static_cast<long long>(value));
  }
  return value;
}

Result<ConvolutionAxis> make_axis(const ConvolutionLists& lists, size_t axis, size_t axes, int64_t in, int64_t kernel,
                                  bool transposed) {
  ConvolutionAxis a;
  a.in = in;
  a.kernel = kernel;
  a.stride = INGOT_TRY(axis_value(lists.stride, axis, axes, 1, "stride"));
  a.padding = INGOT_TRY(axis_value(lists.padding, axis, axes, 0, "padding"));
  a.dilation = INGOT_TRY(axis_value(lists.dilation, axis, axes, 1, "dilation"));
  const int64_t output_padding = INGOT_TRY(axis_value(lists.output_padding, axis, axes, 0, "output_padding"));
  if (in < 1 || kernel < 1) {
    return fail(ErrorCode::invalid_argument,
                "expected an input and a kernel of at least 1 element, found %lld and %lld", static_cast<long long>(in),
                static_cast<long long>(kernel));
  }
  if (transposed) {
    if (output_padding >= std::max(a.stride, a.dilation)) {
      return fail(ErrorCode::invalid_argument, "output_padding: expected less than stride or dilation, found %lld",
                  static_cast<long long>(output_padding));
    }
    a.out = (in - 1) * a.stride - 2 * a.padding + a.dilation * (kernel - 1) + output_padding + 1;
  } else {
    const int64_t slack = in + 2 * a.padding - a.dilation * (kernel - 1) - 1;
    if (slack < 0) {
      return fail(ErrorCode::invalid_argument, "the kernel reaches over %lld elements, the padded input has only %lld",
                  static_cast<long long>(a.dilation * (kernel - 1) + 1), static_cast<long long>(in + 2 * a.padding));
    }
    a.out = slack / a.stride + 1;
  }
  if (a.out < 0 || a.out > kLargest) {
    return fail(ErrorCode::invalid_argument, "the output would have size %lld", static_cast<long long>(a.out));
  }
  return a;
}

bool has_pixels(const Tensor& tensor) {
  return tensor.dim_order().back() == 1;
}

// The strides of a tensor of rank 3 (no height) or 4.
std::array<int64_t, 4> strides_of(const Tensor& tensor) {
  const std::span<const int64_t> s = tensor.strides();
  if (s.size() == 3) return {s[0], s[1], 0, s[2]};
  return {s[0], s[1], s[2], s[3]};
}

Result<void> check_channels(const Tensor& in, const Tensor& weight, const Tensor* bias, int64_t groups,
                            bool transposed) {
  const int64_t into = in.size(1);
  const int64_t first = weight.size(0), second = weight.size(1);
  if (groups < 1 || first % groups != 0) {
    return fail(ErrorCode::invalid_argument, "groups: expected a divisor of weight's size %lld, found %lld",
                static_cast<long long>(first), static_cast<long long>(groups));
  }
  const int64_t expected = transposed ? first : static_cast<int64_t>(second) * groups;
  if (into != expected || into == 0) {
    return fail(ErrorCode::invalid_argument, "input: expected %lld channels (and at least 1), found %lld",
                static_cast<long long>(expected), static_cast<long long>(into));
  }
  const int64_t out = transposed ? second * groups : first;
  if (bias != nullptr && (bias->rank() != 1 || bias->size(0) != out)) {
    return fail(ErrorCode::invalid_argument, "bias: expected shape [%lld]", static_cast<long long>(out));
  }
  return {};
}

}  // namespace

Result<Convolution> plan_convolution(const Tensor& in, const Tensor& weight, const Tensor* bias,
                                     const ConvolutionLists& lists, bool transposed, int64_t groups) {
  if (in.rank() == 5) return fail(ErrorCode::not_supported, "convolution over three spatial axes is not supported");
  INGOT_TRY_VOID(check_rank_between(in, 3, 4, "input"));
  INGOT_TRY_VOID(check_rank(weight, in.rank(), "weight"));
  INGOT_TRY_VOID(check_channels(in, weight, bias, groups, transposed));

  Convolution c;
  c.dtype = in.dtype();
  c.transposed = transposed;
  c.batch = in.size(0);
  c.groups = groups;
  c.in_channels = in.size(1) / groups;
  c.out_channels = transposed ? weight.size(1) : weight.size(0) / groups;
  const size_t axes = in.rank() - 2;
  for (size_t axis = 0; axis < axes; ++axis) {
    auto made = make_axis(lists, axis, axes, in.size(axis + 2), weight.size(axis + 2), transposed);
    if (!made) {
      made.error().add_context("spatial axis %zu", axis);
      return std::unexpected(std::move(made).error());
    }
    c.axes[2 - axes + axis] = *made;
  }
  c.in = in.data();
  c.weight = weight.data();
  c.bias = bias != nullptr ? bias->data() : nullptr;
  c.in_strides = strides_of(in);
  c.in_pixels = has_pixels(in);
  c.weight_strides = strides_of(weight);
  c.weight_group_stride = (transposed ? c.in_channels : c.out_channels) * c.weight_strides[0];
  if (transposed) std::swap(c.weight_strides[0], c.weight_strides[1]);
  return c;
}

Result<bool> plan_convolution_output(Convolution& c, const Tensor& in, const Tensor& weight, const Tensor* bias,
                                     Tensor& out) {
  INGOT_TRY_VOID(check_rank(out, in.rank(), "out"));
  const int32_t channels = INGOT_TRY(to_size(c.out_channels * c.groups, "out"));
  const std::array<int32_t, 4> sizes = {in.size(0), channels, static_cast<int32_t>(c.axes[0].out),
                                        static_cast<int32_t>(c.axes[1].out)};
  const std::array<int32_t, 3> sizes1d = {sizes[0], sizes[1], sizes[3]};
  INGOT_TRY_VOID(in.rank() == 3 ? out.resize(sizes1d) : out.resize(sizes));
  c.out = out.data();
  c.out_strides = strides_of(out);
  c.out_pixels = has_pixels(out);
  if (out.numel() == 0) return false;
  INGOT_TRY_VOID(check_data(in, "input"));
  INGOT_TRY_VOID(check_data(weight, "weight"));
  if (bias != nullptr) INGOT_TRY_VOID(check_data(*bias, "bias"));
  INGOT_TRY_VOID(check_data(out, "out"));
  return true;
}

namespace {

// The convolution that a call asks for, but for its output.
Result<Convolution> describe(KernelArgs args) {
  const Tensor& in = args.tensor(0);
  const Tensor* bias = args.optional_tensor(2);
  INGOT_TRY_VOID(check_dtype_in(in, kNumbers, "input"));
  INGOT_TRY_VOID(check_same_dtype(in, "input", args.tensor(1), "weight"));
  if (bias != nullptr) INGOT_TRY_VOID(check_same_dtype(in, "input", *bias, "bias"));
  const ConvolutionLists lists{args.ints(3), args.ints(4), args.ints(5), args.ints(7)};
  Convolution c = INGOT_TRY(plan_convolution(in, args.tensor(1), bias, lists, args.boolean(6), args.integer(8)));
  // It decides how weights are packed.
  const Tensor& out = args.tensor(9);
  c.out_pixels = out.rank() == in.rank() && has_pixels(out);
  return c;
}

// The depth, bias included, of what is made of constant weights when a method is loaded: the weights as convolve_blocks
// wants them, or with batch normalization in them; in that case a new bias comes first.
struct Prepared {
  size_t bias_floats = 0;
  size_t bytes = 0;  // 0: nothing is
};

Result<Prepared> plan_prepared(const Convolution& c, KernelArgs args, const Epilogue* epilogue) {
  Prepared plan;
  const bool normalizes = epilogue != nullptr && epilogue->variance != nullptr;
  const bool depthwise = is_depthwise(c);
  const bool by_pixels = is_depthwise_by_pixels(c);
  if (c.dtype != DType::float32 || c.transposed || !args.tensor(1).is_constant() ||
      (depthwise && !by_pixels && !normalizes)) {
    return plan;
  }
  const size_t channels = static_cast<size_t>(c.groups * c.out_channels);
  if (normalizes) plan.bias_floats = (channels + 15) / 16 * 16;
  const size_t weights = by_pixels   ? packed_taps_bytes(c)
                         : depthwise ? args.tensor(1).nbytes()
                                     : INGOT_TRY(packed_weight_bytes(c));
  if (!checked_add(plan.bias_floats * sizeof(float), weights, &plan.bytes)) {
    return fail(ErrorCode::out_of_memory, "the packed weight would be larger than this machine's addresses");
  }
  return plan;
}

Result<size_t> prepared_bytes(const KernelContext& context, KernelArgs args) {
  const Convolution c = INGOT_TRY(describe(args));
  const Prepared plan = INGOT_TRY(plan_prepared(c, args, context.epilogue));
  return plan.bytes;
}

// The dense weights of a depthwise convolution, each channel's times its scale where that is given.
void scale_taps(const Convolution& c, const float* scale, float* to) {
  for (int64_t channel = 0; channel < c.groups * c.out_channels; ++channel) {
    const float* from = static_cast<const float*>(c.weight) + channel / c.out_channels * c.weight_group_stride +
                        channel % c.out_channels * c.weight_strides[0];
    const float factor = scale != nullptr ? scale[channel] : 1;
    for (int64_t y = 0; y < c.axes[0].kernel; ++y) {
      for (int64_t x = 0; x < c.axes[1].kernel; ++x) {
        *to++ = factor * from[y * c.weight_strides[2] + x * c.weight_strides[3]];
      }
    }
  }
}

// The weights that plan_prepared counts, each output channel's times its scale where that is given.
void pack(const Parallel& parallel, const Convolution& c, const float* scale, float* to) {
  if (is_depthwise_by_pixels(c)) return pack_taps(c, scale, to);
  if (is_depthwise(c)) return scale_taps(c, scale, to);
  pack_weights(parallel, c, scale, to);
}

Result<void> prepare(KernelContext& context, KernelArgs args) {
  Convolution c = INGOT_TRY(describe(args));
  const Prepared plan = INGOT_TRY(plan_prepared(c, args, context.epilogue));
  if (plan.bytes == 0) return {};
  float* const bias = reinterpret_cast<float*>(context.prepared.data());
  float* const weights = bias + plan.bias_floats;
  if (plan.bias_floats == 0) {
    pack(context.parallel, c, nullptr, weights);
    return {};
  }
  // The bias's place holds the scale while that is needed.
  const Epilogue& e = *context.epilogue;
  const size_t channels = static_cast<size_t>(c.groups * c.out_channels);
  for (size_t i = 0; i < channels; ++i) {
    const double factor = e.weight != nullptr ? e.weight->data_as<float>()[i] : 1.0f;
    bias[i] = static_cast<float>(factor / std::sqrt(e.variance->data_as<float>()[i] + e.eps));
  }
  pack(context.parallel, c, bias, weights);
  for (size_t i = 0; i < channels; ++i) {
    const float before = c.bias != nullptr ? static_cast<const float*>(c.bias)[i] : 0.0f;
    const float after = e.bias != nullptr ? e.bias->data_as<float>()[i] : 0.0f;
    bias[i] = (before - e.mean->data_as<float>()[i]) * bias[i] + after;
  }
  return {};
}

bool has_channels(const Tensor* tensor, size_t channels) {
  return tensor == nullptr || (tensor->is_constant() && tensor->dtype() == DType::float32 && tensor->rank() == 1 &&
                               tensor->numel() == channels);
}

bool accepts(KernelArgs args, const Epilogue& epilogue) {
  if (args.tensor(0).dtype() != DType::float32) return false;
  if (epilogue.variance == nullptr) return true;
  const Result<Convolution> c = describe(args);
  if (!c || c->transposed) return false;
  const size_t channels = static_cast<size_t>(c->groups * c->out_channels);
  return args.tensor(1).is_constant() && has_channels(args.optional_tensor(2), channels) &&
         has_channels(epilogue.weight, channels) && has_channels(epilogue.bias, channels) &&
         has_channels(epilogue.mean, channels) && has_channels(epilogue.variance, channels);
}

Result<size_t> scratch(KernelArgs args) {
  if (args.tensor(0).dtype() != DType::float32 || (args.tensor(1).is_constant() && !args.boolean(6))) return size_t{0};
  const Convolution c = INGOT_TRY(describe(args));
  if (is_depthwise_by_pixels(c)) return packed_taps_bytes(c);
  return is_depthwise(c) ? size_t{0} : packed_weight_bytes(c);
}

Result<void> convolve_float(KernelContext& context, KernelArgs args, Convolution& c) {
  const Prepared plan = INGOT_TRY(plan_prepared(c, args, context.epilogue));
  if (context.epilogue != nullptr) {
    c.low = context.epilogue->low;
    c.high = context.epilogue->high;
  }
  // A direct caller may call constants so and prepare nothing all the same.
  if (plan.bytes > context.prepared.size()) return fail(ErrorCode::invalid_state, "the weight was not prepared");
  const float* const prepared = reinterpret_cast<const float*>(context.prepared.data());
  if (plan.bias_floats > 0) c.bias = prepared;
  const float* packed = plan.bytes > 0 ? prepared + plan.bias_floats : nullptr;
  float* const scratch = reinterpret_cast<float*>(context.scratch.data());
  if (!is_depthwise(c)) {
    convolve_blocks(context.parallel, c, packed, scratch);
    return {};
  }
  if (is_depthwise_by_pixels(c)) {
    if (packed == nullptr) pack_taps(c, nullptr, scratch);
    convolve_depthwise_pixels(context.parallel, c, packed != nullptr ? packed : scratch);
    return {};
  }
  if (plan.bytes > 0) {
    const int64_t taps_w = c.axes[1].kernel, taps = c.axes[0].kernel * taps_w;
    c.weight = packed;
    c.weight_strides = {taps, taps, taps_w, 1};
    c.weight_group_stride = c.out_channels * taps;
  }
  convolve_depthwise(context.parallel, c);
  return {};
}

// convolution.out(Tensor input, Tensor weight, Tensor? bias, int[] stride, int[] padding, int[] dilation,
//                 bool transposed, int[] output_padding, int groups, *, out)
Result<void> convolution(KernelContext& context, KernelArgs args) {
  const Tensor& in = args.tensor(0);
  const Tensor& weight = args.tensor(1);
  const Tensor* bias = args.optional_tensor(2);
  Tensor& out = args.tensor(9);
  Convolution c = INGOT_TRY(describe(args));
  INGOT_TRY_VOID(check_same_dtype(in, "input", out, "out"));
  if (!INGOT_TRY(plan_convolution_output(c, in, weight, bias, out))) return {};

  if (c.dtype == DType::float32) return convolve_float(context, args, c);
  convolve_any(context.parallel, c);
  return {};
}

constexpr KernelExtras kExtras = {.prepared = prepared_bytes, .prepare = prepare, .accepts = accepts};

constexpr Kernel kRows[] = {
    {"aten::convolution.out", "TTT?LLLbLiO", convolution, scratch, &kExtras},
};

}  // namespace

std::span<const Kernel> convolution_kernels() {
  return selected<kRows>();
}

}  // namespace ingot::portable
