// Elements that change places within a shape: reversed, rotated, cut to a triangle, moved between channels and pixels.
#include <algorithm>
#include <array>
#include <cstring>
#include <span>

#include "runtime/kernels/portable/checks.h"
#include "runtime/kernels/portable/families.h"
#include "runtime/kernels/portable/movement.h"
#include "runtime/kernels/portable/strided_copy.h"
#include "runtime/kernels/selection.h"

namespace ingot::portable {
namespace {

// flip.out(Tensor self, int[] dims, *, out)
Result<void> flip(KernelContext& context, KernelArgs args) {
  const Tensor& self = args.tensor(0);
  Tensor& out = args.tensor(2);
  const uint32_t mask = INGOT_TRY(normalize_axes(args.ints(1), self.rank()));
  INGOT_TRY_VOID(prepare_move(self, out, self.sizes()));
  StridedView from(self);
  for (size_t d = 0; d < self.rank(); ++d) {
    if ((mask >> d & 1) != 0) from.narrow(d, self.size(d) - 1, self.size(d), -1);
  }
  strided_copy(context, StridedView(out), from);
  return {};
}

// Rotates by shift[d] (0 to size - 1) along each dimension: each one that moves halves the work into the part that
// stays in order and the one that wraps around.
void rotate(KernelContext& context, const StridedView& to, const StridedView& from, std::span<const int64_t> shift) {
  size_t d = 0;
  while (d < shift.size() && shift[d] == 0) ++d;
  if (d == shift.size()) return strided_copy(context, to, from);
  std::array<int64_t, kMaxRank> rest{};
  std::copy(shift.begin(), shift.end(), rest.begin());
  rest[d] = 0;
  const int64_t size = from.size(d), kept = size - shift[d];
  for (const bool wraps : {false, true}) {
    StridedView to_part = to, from_part = from;
    to_part.narrow(d, wraps ? 0 : shift[d], wraps ? shift[d] : kept);
    from_part.narrow(d, wraps ? kept : 0, wraps ? shift[d] : kept);
    rotate(context, to_part, from_part, std::span(rest).first(shift.size()));
  }
}

// roll.out(Tensor self, int[] shifts, int[] dims, *, out): without dims, one shift of all elements in a row.
Result<void> roll(KernelContext& context, KernelArgs args) {
  const Tensor& self = args.tensor(0);
  const std::span<const int64_t> shifts = args.ints(1);
  const std::span<const int64_t> dims = args.ints(2);
  Tensor& out = args.tensor(3);
  const auto wrapped = [](int64_t shift, int64_t size) { return size == 0 ? 0 : (shift % size + size) % size; };
  if (dims.empty()) {
    if (shifts.size() != 1) {
      return fail(ErrorCode::invalid_argument, "shifts: expected 1 without dims, found %zu", shifts.size());
    }
    INGOT_TRY_VOID(prepare_move(self, out, self.sizes()));
    copy_in_order(context, self, out, wrapped(shifts[0], static_cast<int64_t>(self.numel())));
    return {};
  }
  if (shifts.size() != dims.size()) {
    return fail(ErrorCode::invalid_argument, "shifts: expected %zu, one a dim, found %zu", dims.size(), shifts.size());
  }
  std::array<int64_t, kMaxRank> shift{};
  for (size_t i = 0; i < dims.size(); ++i) {
    const size_t d = INGOT_TRY(normalize_axis(dims[i], self.rank()));
    if (d < self.rank()) shift[d] = wrapped(shift[d] + wrapped(shifts[i], self.size(d)), self.size(d));
  }
  INGOT_TRY_VOID(prepare_move(self, out, self.sizes()));
  rotate(context, StridedView(out), StridedView(self), std::span(shift).first(self.rank()));
  return {};
}

// tril.out(Tensor self, int diagonal, *, out): of each matrix what lies on and below the diagonal; 0 elsewhere.
Result<void> tril(KernelContext& context, KernelArgs args) {
  const Tensor& self = args.tensor(0);
  Tensor& out = args.tensor(2);
  INGOT_TRY_VOID(check_rank_between(self, 2, kMaxRank, "self"));
  INGOT_TRY_VOID(prepare_move(self, out, self.sizes()));
  const size_t row_dim = self.rank() - 2, column_dim = self.rank() - 1;
  const int64_t rows = self.size(row_dim), columns = self.size(column_dim);
  const int64_t diagonal = std::clamp<int64_t>(args.integer(1), -rows, columns);
  constexpr uint64_t kZero = 0;
  for (int64_t row = 0; row < rows; ++row) {
    const int64_t kept = std::clamp<int64_t>(row + diagonal + 1, 0, columns);
    StridedView to(out), from(self), zeros(out);
    for (StridedView* view : {&to, &from, &zeros}) view->narrow(row_dim, row, 1);
    to.narrow(column_dim, 0, kept);
    from.narrow(column_dim, 0, kept);
    zeros.narrow(column_dim, kept, columns - kept);
    strided_copy(context, to, from);
    strided_fill(context, zeros, &kZero);
  }
  return {};
}

// diagonal_copy.out(Tensor self, int offset, int dim1, int dim2, *, out): the diagonal comes last; an offset moves it
// along dim2, a negative one along dim1.
Result<void> diagonal(KernelContext& context, KernelArgs args) {
  const Tensor& self = args.tensor(0);
  Tensor& out = args.tensor(4);
  INGOT_TRY_VOID(check_rank_between(self, 2, kMaxRank, "self"));
  const size_t dim1 = INGOT_TRY(normalize_axis(args.integer(2), self.rank()));
  const size_t dim2 = INGOT_TRY(normalize_axis(args.integer(3), self.rank()));
  if (dim1 == dim2) return fail(ErrorCode::invalid_argument, "dim1 and dim2: expected two, found %zu twice", dim1);
  const int64_t rows = self.size(dim1), columns = self.size(dim2);
  const int64_t offset = std::clamp<int64_t>(args.integer(1), -rows, columns);
  const int64_t first_row = std::max<int64_t>(0, -offset), first_column = std::max<int64_t>(0, offset);
  const int64_t length = std::min(rows - first_row, columns - first_column);
  Sizes sizes;
  StridedView from = StridedView(self).point();
  for (size_t d = 0; d < self.rank(); ++d) {
    if (d == dim1 || d == dim2) continue;
    INGOT_TRY_VOID(sizes.append(self.size(d)));
    from.append_dim(self.size(d), self.strides()[d]);
  }
  INGOT_TRY_VOID(sizes.append(length));
  INGOT_TRY_VOID(prepare_move(self, out, sizes.span()));
  if (length == 0) return {};
  from.move(first_row * self.strides()[dim1] + first_column * self.strides()[dim2]);
  from.append_dim(length, self.strides()[dim1] + self.strides()[dim2]);
  strided_copy(context, StridedView(out), from);
  return {};
}

// The two sides of a pixel shuffle, dimension by dimension alike: [..., C * f * f, H, W] in `deep`, [..., C, H * f,
// W * f] in `wide`.
Result<void> check_factor(const Tensor& self, int64_t factor, const char* what) {
  INGOT_TRY_VOID(check_rank_between(self, 3, kMaxRank, "self"));
  // f * f must fit.
  if (factor >= 1 && factor <= 32767) return {};
  return fail(ErrorCode::invalid_argument, "%s: expected 1 to 32767, found %lld", what, static_cast<long long>(factor));
}
struct Shuffle {
  Shuffle(const Tensor& deep_tensor, const Tensor& wide_tensor, int64_t f)
      : deep(StridedView(deep_tensor).point()), wide(StridedView(wide_tensor).point()) {
    const size_t c = deep_tensor.rank() - 3;
    for (size_t d = 0; d < c; ++d) {
      deep.append_dim(deep_tensor.size(d), deep_tensor.strides()[d]);
      wide.append_dim(deep_tensor.size(d), wide_tensor.strides()[d]);
    }
    const std::span<const int64_t> from = deep_tensor.strides(), to = wide_tensor.strides();
    const auto both = [&](int64_t size, int64_t deep_stride, int64_t wide_stride) {
      deep.append_dim(size, deep_stride);
      wide.append_dim(size, wide_stride);
    };
    both(wide_tensor.size(c), f * f * from[c], to[c]);
    both(deep_tensor.size(c + 1), from[c + 1], f * to[c + 1]);
    both(f, f * from[c], to[c + 1]);
    both(deep_tensor.size(c + 2), from[c + 2], f * to[c + 2]);
    both(f, from[c], to[c + 2]);
  }
  StridedView deep, wide;
};

// pixel_shuffle.out(Tensor self, int upscale_factor, *, out)
Result<void> pixel_shuffle(KernelContext& context, KernelArgs args) {
  const Tensor& self = args.tensor(0);
  const int64_t f = args.integer(1);
  Tensor& out = args.tensor(2);
  INGOT_TRY_VOID(check_factor(self, f, "upscale_factor"));
  const size_t c = self.rank() - 3;
  if (self.size(c) % (f * f) != 0) {
    return fail(ErrorCode::invalid_argument, "self: expected a multiple of %lld channels, found %d",
                static_cast<long long>(f * f), self.size(c));
  }
  Sizes sizes(self.sizes());
  sizes.sizes[c] = static_cast<int32_t>(self.size(c) / (f * f));
  sizes.sizes[c + 1] = INGOT_TRY(to_size(self.size(c + 1) * f, "height"));
  sizes.sizes[c + 2] = INGOT_TRY(to_size(self.size(c + 2) * f, "width"));
  INGOT_TRY_VOID(prepare_move(self, out, sizes.span()));
  const Shuffle shuffle(self, out, f);
  strided_copy(context, shuffle.wide, shuffle.deep);
  return {};
}

// pixel_unshuffle.out(Tensor self, int downscale_factor, *, out)
Result<void> pixel_unshuffle(KernelContext& context, KernelArgs args) {
  const Tensor& self = args.tensor(0);
  const int64_t f = args.integer(1);
  Tensor& out = args.tensor(2);
  INGOT_TRY_VOID(check_factor(self, f, "downscale_factor"));
  const size_t c = self.rank() - 3;
  if (self.size(c + 1) % f != 0 || self.size(c + 2) % f != 0) {
    return fail(ErrorCode::invalid_argument, "self: expected height and width to be multiples of %lld, found %d and %d",
                static_cast<long long>(f), self.size(c + 1), self.size(c + 2));
  }
  Sizes sizes(self.sizes());
  sizes.sizes[c] = INGOT_TRY(to_size(self.size(c) * f * f, "channels"));
  sizes.sizes[c + 1] = static_cast<int32_t>(self.size(c + 1) / f);
  sizes.sizes[c + 2] = static_cast<int32_t>(self.size(c + 2) / f);
  INGOT_TRY_VOID(prepare_move(self, out, sizes.span()));
  const Shuffle shuffle(out, self, f);
  strided_copy(context, shuffle.deep, shuffle.wide);
  return {};
}

constexpr Kernel kRows[] = {
    {"aten::flip.out", "TLO", flip},
    {"aten::roll.out", "TLLO", roll},
    {"aten::tril.out", "TiO", tril},
    {"aten::diagonal_copy.out", "TiiiO", diagonal},
    {"aten::pixel_shuffle.out", "TiO", pixel_shuffle},
    {"aten::pixel_unshuffle.out", "TiO", pixel_unshuffle},
};

}  // namespace

std::span<const Kernel> rearrangement_kernels() {
  return selected<kRows>();
}

}  // namespace ingot::portable
