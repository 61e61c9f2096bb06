// The same elements under another shape, layout or dtype: views, transpositions, expansions, conversions.
#include <algorithm>
#include <limits>
#include <span>

#include "runtime/core/checked_math.h"
#include "runtime/kernels/portable/checks.h"
#include "runtime/kernels/portable/elementwise_loop.h"
#include "runtime/kernels/portable/families.h"
#include "runtime/kernels/portable/movement.h"
#include "runtime/kernels/portable/strided_copy.h"
#include "runtime/kernels/selection.h"

namespace ingot::portable {
namespace {

// out[...] = self with its dimensions in this order.
Result<void> permuted(KernelContext& context, const Tensor& self, std::span<const size_t> order, Tensor& out) {
  Sizes sizes;
  StridedView from = StridedView(self).point();
  for (const size_t d : order) {
    INGOT_TRY_VOID(sizes.append(self.size(d)));
    from.append_dim(self.size(d), self.strides()[d]);
  }
  INGOT_TRY_VOID(prepare_move(self, out, sizes.span()));
  strided_copy(context, StridedView(out), from);
  return {};
}

// permute_copy.out(Tensor self, int[] dims, *, out)
Result<void> permute(KernelContext& context, KernelArgs args) {
  const Tensor& self = args.tensor(0);
  const std::span<const int64_t> dims = args.ints(1);
  if (dims.size() != self.rank()) {
    return fail(ErrorCode::invalid_argument, "dims: expected %zu, found %zu", self.rank(), dims.size());
  }
  static_cast<void>(INGOT_TRY(normalize_axes(dims, self.rank())));
  std::array<size_t, kMaxRank> order;
  for (size_t d = 0; d < dims.size(); ++d) order[d] = INGOT_TRY(normalize_axis(dims[d], self.rank()));
  return permuted(context, self, std::span(order).first(dims.size()), args.tensor(2));
}

Result<void> swap_dims(KernelContext& context, const Tensor& self, size_t a, size_t b, Tensor& out) {
  std::array<size_t, kMaxRank> order;
  for (size_t d = 0; d < self.rank(); ++d) order[d] = d == a ? b : d == b ? a : d;
  return permuted(context, self, std::span(order).first(self.rank()), out);
}

// transpose_copy.int_out(Tensor self, int dim0, int dim1, *, out)
Result<void> transpose(KernelContext& context, KernelArgs args) {
  const Tensor& self = args.tensor(0);
  const size_t a = INGOT_TRY(normalize_axis(args.integer(1), self.rank()));
  const size_t b = INGOT_TRY(normalize_axis(args.integer(2), self.rank()));
  return swap_dims(context, self, a, b, args.tensor(3));
}

// t_copy.out(Tensor self, *, out): a matrix transposed; ranks 0 and 1 as they are.
Result<void> t(KernelContext& context, KernelArgs args) {
  const Tensor& self = args.tensor(0);
  INGOT_TRY_VOID(check_rank_between(self, 0, 2, "self"));
  return swap_dims(context, self, 0, self.rank() == 2 ? 1 : 0, args.tensor(1));
}

Result<void> reshaped(KernelContext& context, const Tensor& self, const Sizes& sizes, Tensor& out) {
  INGOT_TRY_VOID(prepare_move(self, out, sizes.span()));
  copy_in_order(context, self, out);
  return {};
}

// view_copy.out(Tensor self, int[] size, *, out): one size may be -1.
Result<void> view(KernelContext& context, KernelArgs args) {
  const Tensor& self = args.tensor(0);
  const std::span<const int64_t> wanted = args.ints(1);
  Sizes sizes;
  size_t known = 1;
  size_t unknown = wanted.size();
  for (size_t d = 0; d < wanted.size(); ++d) {
    if (wanted[d] == -1 && unknown == wanted.size()) {
      unknown = d;
      INGOT_TRY_VOID(sizes.append(0));
      continue;
    }
    INGOT_TRY_VOID(sizes.append(wanted[d]));
    if (!checked_mul(known, static_cast<size_t>(wanted[d]), &known)) {
      return fail(ErrorCode::invalid_argument, "size: too large");
    }
  }
  if (unknown < wanted.size() && known != 0) {
    sizes.sizes[unknown] = INGOT_TRY(to_size(static_cast<int64_t>(self.numel() / known), "size"));
    known *= self.numel() / known;
  } else if (unknown < wanted.size()) {
    return fail(ErrorCode::invalid_argument, "size: -1 beside a size of 0 is ambiguous");
  }
  if (known != self.numel()) {
    return fail(ErrorCode::invalid_argument, "size: expected sizes of %zu elements, found %zu", self.numel(), known);
  }
  return reshaped(context, self, sizes, args.tensor(2));
}

// unsqueeze_copy.out(Tensor self, int dim, *, out)
Result<void> unsqueeze(KernelContext& context, KernelArgs args) {
  const Tensor& self = args.tensor(0);
  const size_t dim = INGOT_TRY(normalize_axis(args.integer(1), self.rank() + 1));
  Sizes sizes;
  for (size_t d = 0; d <= self.rank(); ++d) {
    if (d == dim) INGOT_TRY_VOID(sizes.append(1));
    if (d < self.rank()) INGOT_TRY_VOID(sizes.append(self.size(d)));
  }
  return reshaped(context, self, sizes, args.tensor(2));
}

// Dimensions of the mask go where their size is 1.
Result<void> squeezed(KernelContext& context, const Tensor& self, uint32_t mask, Tensor& out) {
  Sizes sizes;
  for (size_t d = 0; d < self.rank(); ++d) {
    if ((mask >> d & 1) == 0 || self.size(d) != 1) INGOT_TRY_VOID(sizes.append(self.size(d)));
  }
  return reshaped(context, self, sizes, out);
}

// squeeze_copy.dim_out(Tensor self, int dim, *, out)
Result<void> squeeze_dim(KernelContext& context, KernelArgs args) {
  const size_t dim = INGOT_TRY(normalize_axis(args.integer(1), args.tensor(0).rank()));
  return squeezed(context, args.tensor(0), uint32_t{1} << dim, args.tensor(2));
}

// squeeze_copy.dims_out(Tensor self, int[] dim, *, out)
Result<void> squeeze_dims(KernelContext& context, KernelArgs args) {
  const uint32_t mask = INGOT_TRY(normalize_axes(args.ints(1), args.tensor(0).rank()));
  return squeezed(context, args.tensor(0), mask, args.tensor(2));
}

// expand_copy.out(Tensor self, int[] size, *, bool implicit, out): -1 keeps a size.
Result<void> expand(KernelContext& context, KernelArgs args) {
  const Tensor& self = args.tensor(0);
  const std::span<const int64_t> wanted = args.ints(1);
  Tensor& out = args.tensor(3);
  if (wanted.size() < self.rank()) {
    return fail(ErrorCode::invalid_argument, "size: expected at least %zu sizes, found %zu", self.rank(),
                wanted.size());
  }
  const size_t added = wanted.size() - self.rank();
  Sizes sizes;
  StridedView from = StridedView(self).point();
  for (size_t d = 0; d < wanted.size(); ++d) {
    const int64_t own = d < added ? 1 : self.size(d - added);
    const int64_t size = wanted[d] == -1 && d >= added ? own : wanted[d];
    INGOT_TRY_VOID(sizes.append(size));
    if (own != 1 && own != size) {
      return fail(ErrorCode::invalid_argument, "size: dimension %zu cannot expand from %lld to %lld", d,
                  static_cast<long long>(own), static_cast<long long>(size));
    }
    from.append_dim(size, own == size && d >= added ? self.strides()[d - added] : 0);
  }
  INGOT_TRY_VOID(prepare_move(self, out, sizes.span()));
  strided_copy(context, StridedView(out), from);
  return {};
}

// repeat.out(Tensor self, int[] repeats, *, out)
Result<void> repeat(KernelContext& context, KernelArgs args) {
  const Tensor& self = args.tensor(0);
  const std::span<const int64_t> repeats = args.ints(1);
  Tensor& out = args.tensor(2);
  if (repeats.size() < self.rank()) {
    return fail(ErrorCode::invalid_argument, "repeats: expected at least %zu, found %zu", self.rank(), repeats.size());
  }
  const size_t added = repeats.size() - self.rank();
  Sizes sizes;
  for (size_t d = 0; d < repeats.size(); ++d) {
    const int64_t own = d < added ? 1 : self.size(d - added);
    const int64_t times = INGOT_TRY(to_size(repeats[d], "repeats"));
    INGOT_TRY_VOID(sizes.append(own * times));
  }
  INGOT_TRY_VOID(prepare_move(self, out, sizes.span()));
  // Every dimension is two: the repetitions, then the elements.
  StridedView from = StridedView(self).point();
  StridedView to = StridedView(out).point();
  for (size_t d = 0; d < repeats.size(); ++d) {
    const int64_t own = d < added ? 1 : self.size(d - added);
    from.append_dim(repeats[d], 0);
    from.append_dim(own, d < added ? 0 : self.strides()[d - added]);
    to.append_dim(repeats[d], own * out.strides()[d]);
    to.append_dim(own, out.strides()[d]);
  }
  strided_copy(context, to, from);
  return {};
}

// native_dropout.out(Tensor input, float p, bool? train, *, out, mask): without training everything stays.
Result<void> dropout(KernelContext& context, KernelArgs args) {
  const Tensor& input = args.tensor(0);
  Tensor& out = args.tensor(3);
  Tensor& mask = args.tensor(4);
  if (!args.has(2) || args.boolean(2)) {
    return fail(ErrorCode::not_supported, "train: expected false, for training is random");
  }
  INGOT_TRY_VOID(check_dtype(mask, DType::boolean, "mask"));
  INGOT_TRY_VOID(mask.resize(input.sizes()));
  INGOT_TRY_VOID(check_data(mask, "mask"));
  INGOT_TRY_VOID(prepare_move(input, out, input.sizes()));
  strided_copy(context, StridedView(out), StridedView(input));
  constexpr bool kKept = true;
  strided_fill(context, StridedView(mask), &kKept);
  return {};
}

// Copies into out's layout and dtype.
Result<void> converted(KernelContext& context, const Tensor& self, Tensor& out) {
  if (self.dtype() != out.dtype()) {
    INGOT_TRY_VOID(out.resize(self.sizes()));
    return convert(context, self, out);
  }
  INGOT_TRY_VOID(prepare_move(self, out, self.sizes()));
  strided_copy(context, StridedView(out), StridedView(self));
  return {};
}

// alias_copy.out(Tensor self, *, out), and other names for the same. (Conjugates of real numbers are themselves.)
Result<void> alias(KernelContext& context, KernelArgs args) {
  INGOT_TRY_VOID(check_same_dtype(args.tensor(0), "self", args.tensor(1), "out"));
  return converted(context, args.tensor(0), args.tensor(1));
}

// clone.out(Tensor self, *, MemoryFormat? memory_format, out): out's own layout says which.
Result<void> clone(KernelContext& context, KernelArgs args) {
  INGOT_TRY_VOID(check_same_dtype(args.tensor(0), "self", args.tensor(2), "out"));
  return converted(context, args.tensor(0), args.tensor(2));
}

// _to_copy.out(Tensor self, *, bool non_blocking, MemoryFormat? memory_format, out)
Result<void> to_copy(KernelContext& context, KernelArgs args) {
  return converted(context, args.tensor(0), args.tensor(3));
}

// copy.out(Tensor self, Tensor src, bool non_blocking, *, out): src in self's shape and dtype.
Result<void> copy(KernelContext& context, KernelArgs args) {
  const Tensor& self = args.tensor(0);
  Tensor& out = args.tensor(3);
  INGOT_TRY_VOID(check_same_dtype(self, "self", out, "out"));
  INGOT_TRY_VOID(out.resize(self.sizes()));
  return convert(context, args.tensor(1), out);
}

// copy_(Tensor(a!) self, Tensor src, bool non_blocking): src becomes self's elements.
Result<void> copy_in_place(KernelContext& context, KernelArgs args) {
  return convert(context, args.tensor(1), args.tensor(0));
}

// dim_order_ops::_to_dim_order_copy.out(Tensor self, *, bool non_blocking, int[]? dim_order, out)
Result<void> to_dim_order(KernelContext& context, KernelArgs args) {
  INGOT_TRY_VOID(check_dim_order(args, 2, args.tensor(3)));
  return converted(context, args.tensor(0), args.tensor(3));
}

// dim_order_ops::_clone_dim_order.out(Tensor self, *, bool non_blocking, int[]? dim_order, out)
Result<void> clone_dim_order(KernelContext& context, KernelArgs args) {
  INGOT_TRY_VOID(check_same_dtype(args.tensor(0), "self", args.tensor(3), "out"));
  return to_dim_order(context, args);
}

constexpr Kernel kRows[] = {
    {"aten::permute_copy.out", "TLO", permute},
    {"aten::transpose_copy.int_out", "TiiO", transpose},
    {"aten::t_copy.out", "TO", t},
    {"aten::view_copy.out", "TLO", view},
    {"aten::unsqueeze_copy.out", "TiO", unsqueeze},
    {"aten::squeeze_copy.dim_out", "TiO", squeeze_dim},
    {"aten::squeeze_copy.dims_out", "TLO", squeeze_dims},
    {"aten::expand_copy.out", "TLbO", expand},
    {"aten::repeat.out", "TLO", repeat},
    {"aten::alias_copy.out", "TO", alias},
    {"aten::detach_copy.out", "TO", alias},
    {"aten::lift_fresh_copy.out", "TO", alias},
    {"aten::_conj_physical.out", "TO", alias},
    {"et_copy::_h2d_copy.out", "TO", alias},
    {"et_copy::_d2h_copy.out", "TO", alias},
    {"aten::native_dropout.out", "Tfb?OO", dropout},
    {"aten::copy.out", "TTbO", copy},
    {"aten::copy_", "OTb", copy_in_place},
    {"aten::clone.out", "Ti?O", clone},
    {"aten::_to_copy.out", "Tbi?O", to_copy},
    {"dim_order_ops::_to_dim_order_copy.out", "TbL?O", to_dim_order},
    {"dim_order_ops::_clone_dim_order.out", "TbL?O", clone_dim_order},
};

}  // namespace

std::span<const Kernel> reshaping_kernels() {
  return selected<kRows>();
}

}  // namespace ingot::portable
