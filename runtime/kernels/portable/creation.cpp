// Tensors made from numbers alone.
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "runtime/kernels/portable/checks.h"
#include "runtime/kernels/portable/element_blocks.h"
#include "runtime/kernels/portable/elementwise_loop.h"
#include "runtime/kernels/portable/families.h"
#include "runtime/kernels/portable/movement.h"
#include "runtime/kernels/selection.h"

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

constexpr Scalar whole(int64_t x) {
  return {Value::Kind::integer, 0, x};
}

// Gives out these sizes and fills it.
Result<void> fill_new(std::span<const int64_t> size, Tensor& out, Scalar value) {
  if (size.size() > kMaxRank)
    return fail(ErrorCode::invalid_argument, "size: %zu dimensions are too many", size.size());
  std::array<int32_t, kMaxRank> sizes;
  for (size_t i = 0; i < size.size(); ++i) sizes[i] = INGOT_TRY(to_size(size[i], "size"));
  INGOT_TRY_VOID(out.resize(std::span(sizes).first(size.size())));
  return fill(out, value);
}

// full.out(int[] size, Scalar fill_value, *, out)
Result<void> full(KernelContext&, KernelArgs args) {
  return fill_new(args.ints(0), args.tensor(2), args.scalar(1));
}

// ones.out, zeros.out(int[] size, *, out)
template <int64_t kValue>
Result<void> all_of(KernelContext&, KernelArgs args) {
  return fill_new(args.ints(0), args.tensor(1), whole(kValue));
}

// empty.out(int[] size, *, MemoryFormat? memory_format, out) and _empty_dim_order.out(int[] size, *, int[]? dim_order,
// out): any content will do, and zeros make every run the same. The layout is out's own.
Result<void> empty(KernelContext&, KernelArgs args) {
  return fill_new(args.ints(0), args.tensor(2), whole(0));
}
Result<void> empty_dim_order(KernelContext& context, KernelArgs args) {
  INGOT_TRY_VOID(check_dim_order(args, 1, args.tensor(2)));
  return empty(context, args);
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

// fill.Tensor_out(Tensor self, Tensor value, *, out): value is of rank 0.
Result<void> fill_like_tensor(KernelContext& context, KernelArgs args) {
  Tensor& out = args.tensor(2);
  const Tensor& value = args.tensor(1);
  INGOT_TRY_VOID(check_rank(value, 0, "value"));
  INGOT_TRY_VOID(out.resize(args.tensor(0).sizes()));
  return convert(context, value, out);
}

// scalar_tensor.out(Scalar s, *, out)
Result<void> scalar_tensor(KernelContext&, KernelArgs args) {
  Tensor& out = args.tensor(1);
  INGOT_TRY_VOID(out.resize({}));
  return fill(out, args.scalar(0));
}

// start, start + step, ... below end (above it, for a negative step). For int64 fractions are dropped first.
Result<void> range(Scalar start, Scalar end, Scalar step, Tensor& out) {
  if (out.dtype() == DType::int64) {
    for (Scalar* number : {&start, &end, &step}) *number = whole(number->to<int64_t>());
  }
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

// arange.start_out(Scalar start, Scalar end, Scalar step, *, out)
Result<void> arange_from(KernelContext&, KernelArgs args) {
  return range(args.scalar(0), args.scalar(1), args.scalar(2), args.tensor(3));
}
// arange.out(Scalar end, *, out)
Result<void> arange(KernelContext&, KernelArgs args) {
  return range(whole(0), args.scalar(0), whole(1), args.tensor(1));
}

constexpr Kernel kRows[] = {
    {"aten::full.out", "LSO", full},
    {"aten::full_like.out", "TSi?O", full_like},
    {"aten::fill.Scalar_out", "TSO", fill_like},
    {"aten::fill.Tensor_out", "TTO", fill_like_tensor},
    {"aten::ones.out", "LO", all_of<1>},
    {"aten::zeros.out", "LO", all_of<0>},
    {"aten::empty.out", "Li?O", empty},
    {"dim_order_ops::_empty_dim_order.out", "LL?O", empty_dim_order},
    {"aten::scalar_tensor.out", "SO", scalar_tensor},
    {"aten::arange.out", "SO", arange},
    {"aten::arange.start_out", "SSSO", arange_from},
};

}  // namespace

std::span<const Kernel> creation_kernels() {
  return selected<kRows>();
}

}  // namespace ingot::portable
