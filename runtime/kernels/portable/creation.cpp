// Tensors made from numbers alone.
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "runtime/kernels/portable/checks.h"
#include "runtime/kernels/portable/element_blocks.h"
#include "runtime/kernels/portable/families.h"

namespace ingot::portable {
namespace {

// Writes start, start + step, ... in the order of memory.
template <typename C>
void write_steps(const Tensor& out, C start, C step) {
  const StoreBlock<C> store = store_block<C>(out.dtype());
  std::array<C, kBlock> block;
  for (size_t begin = 0; begin < out.numel(); begin += kBlock) {
    const size_t n = std::min(kBlock, out.numel() - begin);
    for (size_t i = 0; i < n; ++i) {
      if constexpr (std::same_as<C, double>) {
        block[i] = start + step * static_cast<double>(begin + i);
      } else {
        // Unsigned, so that the last step may leave the range of int64 unseen.
        block[i] = static_cast<C>(static_cast<uint64_t>(start) + static_cast<uint64_t>(step) * (begin + i));
      }
    }
    store(out.data_as<std::byte>() + begin * size_of(out.dtype()), 1, block.data(), n);
  }
}

Result<void> fill(const Tensor& out, Scalar value) {
  INGOT_TRY_VOID(check_data(out, "out"));
  if (value.is_real()) {
    write_steps<double>(out, value.real, 0);
  } else {
    write_steps<int64_t>(out, value.integer, 0);
  }
  return {};
}

// full.out(int[] size, Scalar fill_value, *, out)
Result<void> full(KernelContext&, KernelArgs args) {
  Tensor& out = args.tensor(2);
  const std::span<const int64_t> size = args.ints(0);
  if (size.size() > kMaxRank)
    return fail(ErrorCode::invalid_argument, "size: %zu dimensions are too many", size.size());
  std::array<int32_t, kMaxRank> sizes;
  for (size_t i = 0; i < size.size(); ++i) sizes[i] = INGOT_TRY(to_size(size[i], "size"));
  INGOT_TRY_VOID(out.resize(std::span(sizes).first(size.size())));
  return fill(out, args.scalar(1));
}

// full_like.out(Tensor self, Scalar fill_value, *, MemoryFormat? memory_format, out)
Result<void> full_like(KernelContext&, KernelArgs args) {
  Tensor& out = args.tensor(3);
  INGOT_TRY_VOID(out.resize(args.tensor(0).sizes()));
  return fill(out, args.scalar(1));
}

// fill.Scalar_out(Tensor self, Scalar value, *, out): self gives the sizes alone.
Result<void> fill_like(KernelContext&, KernelArgs args) {
  Tensor& out = args.tensor(2);
  INGOT_TRY_VOID(out.resize(args.tensor(0).sizes()));
  return fill(out, args.scalar(1));
}

// scalar_tensor.out(Scalar s, *, out)
Result<void> scalar_tensor(KernelContext&, KernelArgs args) {
  Tensor& out = args.tensor(1);
  INGOT_TRY_VOID(out.resize({}));
  return fill(out, args.scalar(0));
}

// arange.start_out(Scalar start, Scalar end, Scalar step, *, out): start, start + step, ... below end (above it, for a
// negative step).
Result<void> arange(KernelContext&, KernelArgs args) {
  Tensor& out = args.tensor(3);
  const Scalar start = args.scalar(0), end = args.scalar(1), step = args.scalar(2);
  const double distance = end.to<double>() - start.to<double>();
  double count = std::ceil(distance / step.to<double>());
  if (!start.is_real() && !end.is_real() && !step.is_real() && step.integer != 0) {
    // Exact where double is not.
    int64_t whole;
    if (__builtin_sub_overflow(end.integer, start.integer, &whole) || whole == std::numeric_limits<int64_t>::min()) {
      return fail(ErrorCode::invalid_argument, "arange: the range is too long");
    }
    count = step.integer == -1 ? -static_cast<double>(whole)
                               : static_cast<double>(whole / step.integer + (whole % step.integer != 0));
    if (whole != 0 && (whole < 0) != (step.integer < 0)) count = -1;
  }
  if (!(count >= 0 && count <= std::numeric_limits<int32_t>::max())) {
    return fail(ErrorCode::invalid_argument, "arange: no range leads from %g to %g by steps of %g", start.to<double>(),
                end.to<double>(), step.to<double>());
  }
  const std::array<int32_t, 1> sizes = {static_cast<int32_t>(count)};
  INGOT_TRY_VOID(out.resize(sizes));
  INGOT_TRY_VOID(check_data(out, "out"));
  if (is_floating(out.dtype())) {
    write_steps<double>(out, start.to<double>(), step.to<double>());
  } else {
    write_steps<int64_t>(out, start.to<int64_t>(), step.to<int64_t>());
  }
  return {};
}

constexpr Kernel kRows[] = {
    {"aten::full.out", "LSO", full},
    {"aten::full_like.out", "TSi?O", full_like},
    {"aten::fill.Scalar_out", "TSO", fill_like},
    {"aten::scalar_tensor.out", "SO", scalar_tensor},
    {"aten::arange.start_out", "SSSO", arange},
};

}  // namespace

std::span<const Kernel> creation_kernels() {
  return kRows;
}

}  // namespace ingot::portable
