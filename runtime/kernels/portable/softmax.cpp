// Softmax and its logarithm along one axis of any layout.
#include <algorithm>
#include <array>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "runtime/core/parallel.h"
#include "runtime/kernels/portable/checks.h"
#include "runtime/kernels/portable/element_blocks.h"
#include "runtime/kernels/portable/families.h"
#include "runtime/kernels/portable/float_functions.h"
#include "runtime/kernels/portable/loop_levels.h"
#include "runtime/kernels/portable/strided_loop.h"
#include "runtime/kernels/selection.h"

namespace ingot::portable {
namespace {

// The elements along the axis at one point of the others.
struct Line {
  DType dtype;
  size_t count;
  const std::byte* in;
  int64_t in_stride;
  std::byte* out;
  int64_t out_stride;
};

double log_of(double x) {
  return std::log(x);
}

// exp(x - max) / sum exp(x - max), or x - max - log(sum exp(x - max)). A line of one block is read once.
template <typename C, bool kLogarithm>
void softmax_line(const Line& line) {
  if constexpr (std::same_as<C, float>) {
    if (line.dtype == DType::float32 && line.in_stride == 1 && line.out_stride == 1) {
      loops().elements->softmax(reinterpret_cast<const float*>(line.in), reinterpret_cast<float*>(line.out), line.count,
                                kLogarithm ? log_of : nullptr);
      return;
    }
  }
  const LoadBlock<C> load = load_block<C>(line.dtype);
  const StoreBlock<C> store = store_block<C>(line.dtype);
  const int64_t size = static_cast<int64_t>(size_of(line.dtype));
  std::array<C, kBlock> x;
  size_t loaded = line.count;  // where the block in x begins
  const auto block = [&](size_t begin) {
    const size_t n = std::min(kBlock, line.count - begin);
    if (loaded != begin)
      load(x.data(), line.in + static_cast<int64_t>(begin) * line.in_stride * size, line.in_stride, n);
    loaded = begin;
    return n;
  };

  C largest = -std::numeric_limits<C>::infinity();
  for (size_t begin = 0; begin < line.count; begin += kBlock) {
    const size_t n = block(begin);
    for (size_t i = 0; i < n; ++i) largest = x[i] > largest || x[i] != x[i] ? x[i] : largest;
  }
  double sum = 0;
  for (size_t begin = 0; begin < line.count; begin += kBlock) {
    const size_t n = block(begin);
    C part = 0;
    for (size_t i = 0; i < n; ++i) {
      const C power = fast_exp(x[i] - largest);
      part += power;
      if (!kLogarithm) x[i] = power;
    }
    if (!kLogarithm && line.count > kBlock) loaded = line.count;
    sum += part;
  }
  const C factor = static_cast<C>(1 / sum), shift = static_cast<C>(std::log(sum));
  for (size_t begin = 0; begin < line.count; begin += kBlock) {
    const size_t n = block(begin);
    if (kLogarithm) {
      for (size_t i = 0; i < n; ++i) x[i] = x[i] - largest - shift;
    } else if (line.count > kBlock) {
      for (size_t i = 0; i < n; ++i) x[i] = fast_exp(x[i] - largest) * factor;
    } else {
      for (size_t i = 0; i < n; ++i) x[i] *= factor;
    }
    loaded = line.count;
    store(line.out + static_cast<int64_t>(begin) * line.out_stride * size, line.out_stride, x.data(), n);
  }
}

// _softmax.out(Tensor self, int dim, bool half_to_float, *, out), and _log_softmax.out likewise.
template <bool kLogarithm>
Result<void> softmax(KernelContext& context, KernelArgs args) {
  const Tensor& self = args.tensor(0);
  Tensor& out = args.tensor(3);
  INGOT_TRY_VOID(check_dtype_in(self, kFloats, "self"));
  INGOT_TRY_VOID(check_same_dtype(self, "self", out, "out"));
  const size_t axis = INGOT_TRY(normalize_axis(args.integer(1), self.rank()));
  if (args.boolean(2)) {
    return fail(ErrorCode::not_supported, "half_to_float: expected false, for the result has self's dtype");
  }
  INGOT_TRY_VOID(out.resize(self.sizes()));
  INGOT_TRY_VOID(check_data(self, "self"));
  INGOT_TRY_VOID(check_data(out, "out"));
  if (self.numel() == 0) return {};

  const size_t count = self.rank() == 0 ? 1 : static_cast<size_t>(self.size(axis));
  const int64_t in_stride = self.rank() == 0 ? 1 : self.strides()[axis];
  const int64_t out_stride = self.rank() == 0 ? 1 : out.strides()[axis];
  StridedLoop others(2);
  for (size_t dim = 0; dim < self.rank(); ++dim) {
    if (dim != axis) others.add_dim(self.size(dim), {out.strides()[dim], self.strides()[dim]});
  }
  others.simplify();
  const auto run = self.dtype() == DType::float64 ? softmax_line<double, kLogarithm> : softmax_line<float, kLogarithm>;
  const int64_t size = static_cast<int64_t>(size_of(self.dtype()));
  parallel_for(context.parallel, others.count, 1, [&](size_t begin, size_t end) {
    for_each_row(others, begin, end, [&](const int64_t* starts, size_t n) {
      const auto& steps = others.strides[others.rank - 1];
      for (int64_t i = 0; i < static_cast<int64_t>(n); ++i) {
        run({self.dtype(), count, self.data_as<std::byte>() + (starts[1] + i * steps[1]) * size, in_stride,
             out.data_as<std::byte>() + (starts[0] + i * steps[0]) * size, out_stride});
      }
    });
  });
  return {};
}

constexpr Kernel kRows[] = {
    {"aten::_softmax.out", "TibO", softmax<false>},
    {"aten::_log_softmax.out", "TibO", softmax<true>},
};

}  // namespace

std::span<const Kernel> softmax_kernels() {
  return selected<kRows>();
}

}  // namespace ingot::portable
