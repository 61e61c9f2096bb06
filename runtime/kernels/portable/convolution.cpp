#include "runtime/kernels/portable/convolution.h"

#include <algorithm>
#include <limits>
#include <span>

#include "runtime/kernels/portable/checks.h"
#include "runtime/kernels/portable/families.h"

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

struct Spans {
  std::span<const int64_t> stride, padding, dilation, output_padding;
};

Result<ConvolutionAxis> make_axis(const Spans& spans, size_t axis, size_t axes, int64_t in, int64_t kernel,
                                  bool transposed) {
  ConvolutionAxis a;
  a.in = in;
  a.kernel = kernel;
  a.stride = INGOT_TRY(axis_value(spans.stride, axis, axes, 1, "stride"));
  a.padding = INGOT_TRY(axis_value(spans.padding, axis, axes, 0, "padding"));
  a.dilation = INGOT_TRY(axis_value(spans.dilation, axis, axes, 1, "dilation"));
  const int64_t output_padding = INGOT_TRY(axis_value(spans.output_padding, axis, axes, 0, "output_padding"));
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

Result<Convolution> prepare(const Tensor& in, const Tensor& weight, const Tensor* bias, const Spans& spans,
                            bool transposed, int64_t groups) {
  if (in.rank() == 5) return fail(ErrorCode::not_supported, "convolution over three spatial axes is not supported");
  INGOT_TRY_VOID(check_rank_between(in, 3, 4, "input"));
  INGOT_TRY_VOID(check_rank(weight, in.rank(), "weight"));
  INGOT_TRY_VOID(check_dtype_in(in, kNumbers, "input"));
  INGOT_TRY_VOID(check_same_dtype(in, "input", weight, "weight"));
  if (bias != nullptr) INGOT_TRY_VOID(check_same_dtype(in, "input", *bias, "bias"));
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
    auto made = make_axis(spans, axis, axes, in.size(axis + 2), weight.size(axis + 2), transposed);
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
  c.weight_strides = strides_of(weight);
  c.weight_group_stride = (transposed ? c.in_channels : c.out_channels) * c.weight_strides[0];
  if (transposed) std::swap(c.weight_strides[0], c.weight_strides[1]);
  return c;
}

// convolution.out(Tensor input, Tensor weight, Tensor? bias, int[] stride, int[] padding, int[] dilation,
//                 bool transposed, int[] output_padding, int groups, *, out)
Result<void> convolution(KernelContext& context, KernelArgs args) {
  const Tensor& in = args.tensor(0);
  const Tensor& weight = args.tensor(1);
  const Tensor* bias = args.optional_tensor(2);
  Tensor& out = args.tensor(9);
  const Spans spans{args.ints(3), args.ints(4), args.ints(5), args.ints(7)};
  Convolution c = INGOT_TRY(prepare(in, weight, bias, spans, args.boolean(6), args.integer(8)));

  INGOT_TRY_VOID(check_rank(out, in.rank(), "out"));
  INGOT_TRY_VOID(check_same_dtype(in, "input", out, "out"));
  const int32_t channels = INGOT_TRY(to_size(c.out_channels * c.groups, "out"));
  const std::array<int32_t, 4> sizes = {in.size(0), channels, static_cast<int32_t>(c.axes[0].out),
                                        static_cast<int32_t>(c.axes[1].out)};
  const std::array<int32_t, 3> sizes1d = {sizes[0], sizes[1], sizes[3]};
  INGOT_TRY_VOID(in.rank() == 3 ? out.resize(sizes1d) : out.resize(sizes));
  c.out = out.data();
  c.out_strides = strides_of(out);
  if (out.numel() == 0) return {};
  INGOT_TRY_VOID(check_data(in, "input"));
  INGOT_TRY_VOID(check_data(weight, "weight"));
  if (bias != nullptr) INGOT_TRY_VOID(check_data(*bias, "bias"));
  INGOT_TRY_VOID(check_data(out, "out"));

  if (c.dtype != DType::float32) {
    convolve_any(context.parallel, c);
  } else if (!convolve_depthwise(context.parallel, c)) {
    convolve_blocks(context.parallel, c);
  }
  return {};
}

constexpr Kernel kRows[] = {
    {"aten::convolution.out", "TTT?LLLbLiO", convolution},
};

}  // namespace

std::span<const Kernel> convolution_kernels() {
  return kRows;
}

}  // namespace ingot::portable
