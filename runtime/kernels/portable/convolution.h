// Convolution as its loops see it: sizes and strides taken out of the arguments, checked, and each axis turned into
// phases so that forward and transposed convolution are one computation. For the kernels of aten::convolution and of
// its form in integers.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>

#include "runtime/core/dtype.h"
#include "runtime/core/error.h"
#include "runtime/core/parallel.h"
#include "runtime/core/tensor.h"

namespace ingot::portable {

// One spatial axis.
struct ConvolutionAxis {
  int64_t in = 1;
  int64_t out = 1;
  int64_t kernel = 1;
  int64_t stride = 1;
  int64_t padding = 0;
  int64_t dilation = 1;
};

// Every strides[] is in elements: batch, channel, height, width. The weight's are: channel out of a group, channel into
// a group, height, width.
struct Convolution {
  DType dtype = DType::float32;
  bool transposed = false;
  int64_t batch = 0;
  int64_t groups = 1;
  int64_t in_channels = 0;   // of a group
  int64_t out_channels = 0;  // of a group
  std::array<ConvolutionAxis, 2> axes;
  const void* in = nullptr;
  const void* weight = nullptr;
  const void* bias = nullptr;  // null where there is none; dense
  void* out = nullptr;
  std::array<int64_t, 4> in_strides{};
  std::array<int64_t, 4> weight_strides{};
  std::array<int64_t, 4> out_strides{};
  int64_t weight_group_stride = 0;
  // Do the channels lie innermost, by dim_order, whatever the sizes? Of the output this is known with its sizes, or set
  // beforehand.
  bool in_pixels = false;
  bool out_pixels = false;
  // What float32 results are clamped to.
  float low = -std::numeric_limits<float>::infinity();
  float high = std::numeric_limits<float>::infinity();
};

struct ConvolutionLists {
  std::span<const int64_t> stride, padding, dilation, output_padding;
};

// Everything but the output. The dtypes are the caller's to check; `bias` may be null.
Result<Convolution> plan_convolution(const Tensor& in, const Tensor& weight, const Tensor* bias,
                                     const ConvolutionLists& lists, bool transposed, int64_t groups);
// Gives out its sizes and notes its memory. False where it has no elements, so that there is nothing to do.
Result<bool> plan_convolution_output(Convolution& convolution, const Tensor& in, const Tensor& weight,
                                     const Tensor* bias, Tensor& out);

// Output positions along an axis that use the same elements of the kernel: all of them in a forward convolution, every
// stride-th in a transposed one. For the i-th of them, tap t reads the input at i * in_step + in_first + t * in_tap
// (which may lie in the padding) and the kernel at kernel_first + t * kernel_step.
struct Phase {
  int64_t out_first = 0;
  int64_t out_step = 1;
  int64_t count = 0;
  int64_t taps = 0;
  int64_t in_step = 1;
  int64_t in_first = 0;
  int64_t in_tap = 1;
  int64_t kernel_first = 0;
  int64_t kernel_step = 1;
};

// How many phases an axis has.
int64_t phase_count(const Convolution& convolution, size_t axis);
Phase phase_of(const Convolution& convolution, size_t axis, int64_t index);

// The output positions of one phase of each axis, and the input that they read.
struct PhasePair {
  Phase h;
  Phase w;
  int64_t in_h;
  int64_t in_w;
};
// Where a pointwise convolution reads and writes whole rows, the image is one row, so that runs are long.
PhasePair pair_phases(const Convolution& convolution, const Phase& h, const Phase& w);

// The range of positions i in [0, count) whose input i * step + first lies in [0, size). step > 0.
struct Range {
  int64_t begin;
  int64_t end;
};
Range range_inside(int64_t first, int64_t step, int64_t count, int64_t size);

// float32, one input channel a group, and a kernel that is not too large for convolve_depthwise's buffers? Not a matter
// of the image's size.
bool is_depthwise(const Convolution& convolution);
void convolve_depthwise(const Parallel& parallel, const Convolution& convolution);

// float32, as blocked products of the packed weight and gathered panels of the input. The packed weight of a
// convolution that is not transposed may be made beforehand, each output channel's times its `scale` where that is
// given; otherwise `packed` is null and it is made in `scratch`. Both have packed_weight_bytes, 64-byte aligned.
Result<size_t> packed_weight_bytes(const Convolution& convolution);
void pack_weights(const Parallel& parallel, const Convolution& convolution, const float* scale, float* packed);
void convolve_blocks(const Parallel& parallel, const Convolution& convolution, const float* packed, float* scratch);

// Where channels lie innermost on both sides: does convolve_pixels, which takes the same packed weight, compute what
// convolve_blocks does?
bool reads_pixels(const Convolution& convolution);
void convolve_pixels(const Parallel& parallel, const Convolution& convolution, const float* packed);
// Likewise, is it depthwise with an output channel each? That is computed with the taps packed as [tap][channel], each
// channel's times its `scale` where that is given, in packed_taps_bytes.
bool is_depthwise_by_pixels(const Convolution& convolution);
size_t packed_taps_bytes(const Convolution& convolution);
void pack_taps(const Convolution& convolution, const float* scale, float* packed);
void convolve_depthwise_pixels(const Parallel& parallel, const Convolution& convolution, const float* packed);

// Every floating dtype, plainly.
void convolve_any(const Parallel& parallel, const Convolution& convolution);

// NaN stays.
inline float clamp(float x, float low, float high) {
  x = x < low ? low : x;
  return x > high ? high : x;
}

}  // namespace ingot::portable
