// ingot::quantized_convolution: aten::convolution on int8 and uint8, with the arithmetic of arithmetic.h.
#include "runtime/kernels/quantized/convolution.h"

#include <cstddef>
#include <cstdint>
#include <span>

#include "runtime/kernels/portable/checks.h"
#include "runtime/kernels/portable/loop_levels.h"
#include "runtime/kernels/quantized/families.h"
#include "runtime/kernels/quantized/parameters.h"
#include "runtime/kernels/quantized/weights.h"
#include "runtime/kernels/selection.h"

namespace ingot::quantized {
namespace {

using namespace portable;

Result<portable::Convolution> shape_of(KernelArgs args) {
  const ConvolutionLists lists{args.ints(3), args.ints(4), args.ints(5), args.ints(7)};
  return plan_convolution(args.tensor(0), args.tensor(1), args.optional_tensor(2), lists, args.boolean(6),
                          args.integer(8));
}

// Constant weights are packed once, when a method is loaded.
bool packs_once(const portable::Convolution& shape, KernelArgs args) {
  return !shape.transposed && !is_depthwise(shape) && args.tensor(1).is_constant();
}

Result<size_t> prepared_bytes(const KernelContext&, KernelArgs args) {
  const portable::Convolution shape = INGOT_TRY(shape_of(args));
  return packs_once(shape, args) ? packed_integer_bytes(shape) : size_t{0};
}

Result<void> prepare(KernelContext& context, KernelArgs args) {
  const portable::Convolution shape = INGOT_TRY(shape_of(args));
  INGOT_TRY_VOID(check_dtype_in(args.tensor(1), kBytes, "weight"));
  if (!packs_once(shape, args)) return {};
  pack_integer_weights(shape, load_row_16(args.tensor(1).dtype()), static_cast<int32_t>(args.integer(12)),
                       reinterpret_cast<int32_t*>(context.prepared.data()));
  return {};
}

Result<size_t> scratch(KernelArgs args) {
  const portable::Convolution shape = INGOT_TRY(shape_of(args));
  return packs_once(shape, args) || is_depthwise(shape) ? size_t{0} : packed_integer_bytes(shape);
}

// quantized_convolution.out(Tensor input, Tensor weight, Tensor? bias, int[] stride, int[] padding, int[] dilation,
//                           bool transposed, int[] output_padding, int groups, float input_scale, int input_zero_point,
//                           Tensor weight_scales, int weight_zero_point, float output_scale, int output_zero_point,
//                           int output_min, int output_max, *, out)
Result<void> convolution(KernelContext& context, KernelArgs args) {
  const Tensor& in = args.tensor(0);
  const Tensor& weight = args.tensor(1);
  const Tensor* bias = args.optional_tensor(2);
  Tensor& out = args.tensor(17);
  INGOT_TRY_VOID(check_bytes(in, "input", out));
  QuantizedConvolution c;
  c.shape = INGOT_TRY(shape_of(args));
  const ByteAffine from = INGOT_TRY(byte_affine(args.real(9), args.integer(10), in.dtype(), "input"));
  const ByteAffine to = INGOT_TRY(byte_affine(args.real(13), args.integer(14), out.dtype(), "out"));
  c.out = INGOT_TRY(output_range(to.zero_point, args.integer(15), args.integer(16), out.dtype()));
  INGOT_TRY_VOID(check_weight({weight, bias, args.tensor(11), args.integer(12)}, c.shape.out_channels * c.shape.groups,
                              from.scale, to.scale));
  if (!INGOT_TRY(plan_convolution_output(c.shape, in, weight, bias, out))) return {};

  c.in_zero_point = from.zero_point;
  c.weight_zero_point = static_cast<int32_t>(args.integer(12));
  c.in_scale = from.scale;
  c.out_scale = to.scale;
  c.weight_scales = args.tensor(11).data_as<float>();
  c.per_channel = args.tensor(11).numel() > 1;
  c.load_rows = portable::loops().bytes->to_float_rows[in.dtype() == DType::int8 ? 0 : 1];
  c.load_panel = load_panel(in.dtype());
  c.load_weight = load_row(weight.dtype());
  c.load_weight_16 = load_row_16(weight.dtype());
  if (is_depthwise(c.shape)) {
    convolve_depthwise(context.parallel, c);
    return {};
  }
  const bool packed = packs_once(c.shape, args);
  const std::span<std::byte> memory = packed ? context.prepared : context.scratch;
  if (memory.size() < INGOT_TRY(packed_integer_bytes(c.shape))) {
    return fail(ErrorCode::invalid_state, "the weight was not prepared");
  }
  int32_t* pairs = reinterpret_cast<int32_t*>(memory.data());
  convolve_blocks(context.parallel, c, packed ? pairs : nullptr, pairs);
  return {};
}

constexpr KernelExtras kExtras = {prepared_bytes, prepare};

constexpr Kernel kRows[] = {
    {"ingot::quantized_convolution.out", "TTT?LLLbLifiTifiiiO", convolution, scratch, &kExtras},
};

}  // namespace

std::span<const Kernel> convolution_kernels() {
  return selected<kRows>();
}

}  // namespace ingot::quantized
