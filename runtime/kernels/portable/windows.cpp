// Overlapping pieces of a tensor, copied out: by sliding windows, or by strides of any kind over its memory.
#include <algorithm>
#include <span>

#include "runtime/core/checked_math.h"
#include "runtime/kernels/portable/checks.h"
#include "runtime/kernels/portable/families.h"
#include "runtime/kernels/portable/movement.h"
#include "runtime/kernels/portable/strided_copy.h"
#include "runtime/kernels/selection.h"

namespace ingot::portable {
namespace {

// unfold_copy.out(Tensor self, int dimension, int size, int step, *, out): windows of `size` elements, `step` apart,
// along a dimension; the elements of a window are a new last dimension.
Result<void> unfold(KernelContext& context, KernelArgs args) {
  const Tensor& self = args.tensor(0);
  const size_t dim = INGOT_TRY(normalize_axis(args.integer(1), self.rank()));
  const int64_t size = args.integer(2), step = args.integer(3);
  const int64_t whole = self.rank() == 0 ? 1 : self.size(dim);
  if (size < 0 || size > whole) {
    return fail(ErrorCode::invalid_argument, "size: expected 0 to %lld, found %lld", static_cast<long long>(whole),
                static_cast<long long>(size));
  }
  if (step < 1) {
    return fail(ErrorCode::invalid_argument, "step: expected 1 or more, found %lld", static_cast<long long>(step));
  }
  Sizes sizes(self.sizes());
  StridedView from(self);
  if (self.rank() > 0) {
    const int64_t count = (whole - size) / step + 1;
    sizes.sizes[dim] = INGOT_TRY(to_size(count, "windows"));
    // A step beyond the size is never taken; cut short, its product with a stride cannot overflow.
    from.set_dim(dim, count, self.strides()[dim] * std::min(step, whole + 1));
  }
  INGOT_TRY_VOID(sizes.append(size));
  from.append_dim(size, self.rank() == 0 ? 1 : self.strides()[dim]);
  INGOT_TRY_VOID(prepare_move(self, args.tensor(4), sizes.span()));
  strided_copy(context, StridedView(args.tensor(4)), from);
  return {};
}

// as_strided_copy.out(Tensor self, int[] size, int[] stride, int? storage_offset, *, out): self's memory seen with
// other sizes and strides.
Result<void> as_strided(KernelContext& context, KernelArgs args) {
  const Tensor& self = args.tensor(0);
  const std::span<const int64_t> size = args.ints(1), stride = args.ints(2);
  const int64_t offset = args.integer_or(3, 0);
  Tensor& out = args.tensor(4);
  if (size.size() != stride.size()) {
    return fail(ErrorCode::invalid_argument, "stride: expected %zu, one a size, found %zu", size.size(), stride.size());
  }
  Sizes sizes;
  bool empty = false;
  bool fits = offset >= 0;
  int64_t last = offset;  // the element that lies farthest
  for (size_t d = 0; d < size.size(); ++d) {
    INGOT_TRY_VOID(sizes.append(size[d]));
    empty = empty || size[d] == 0;
    int64_t reach;
    fits = fits && stride[d] >= 0 && checked_mul<int64_t>(std::max<int64_t>(size[d] - 1, 0), stride[d], &reach) &&
           checked_add(last, reach, &last);
  }
  if (!fits || (!empty && last >= static_cast<int64_t>(self.numel()))) {
    return fail(ErrorCode::invalid_argument, "size, stride and storage_offset lead out of a tensor of %zu elements",
                self.numel());
  }
  INGOT_TRY_VOID(prepare_move(self, out, sizes.span()));
  if (empty) return {};
  StridedView from = StridedView(self).point();
  from.move(offset);
  for (size_t d = 0; d < size.size(); ++d) from.append_dim(size[d], size[d] == 1 ? 0 : stride[d]);
  strided_copy(context, StridedView(out), from);
  return {};
}

constexpr Kernel kRows[] = {
    {"aten::unfold_copy.out", "TiiiO", unfold},
    {"aten::as_strided_copy.out", "TLLi?O", as_strided},
};

}  // namespace

std::span<const Kernel> window_kernels() {
  return selected<kRows>();
}

}  // namespace ingot::portable
