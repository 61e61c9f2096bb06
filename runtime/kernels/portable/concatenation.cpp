// Tensors put together, taken apart and overwritten along one dimension.
#include <algorithm>
#include <span>

#include "runtime/kernels/portable/checks.h"
#include "runtime/kernels/portable/elementwise_loop.h"
#include "runtime/kernels/portable/families.h"
#include "runtime/kernels/portable/movement.h"
#include "runtime/kernels/portable/promotion.h"
#include "runtime/kernels/portable/strided_copy.h"
#include "runtime/kernels/portable/tensor_part.h"
#include "runtime/kernels/selection.h"

namespace ingot::portable {
namespace {

Result<void> check_inputs(std::span<Tensor* const> tensors) {
  if (tensors.empty()) return fail(ErrorCode::invalid_argument, "tensors: expected at least one, found none");
  for (const Tensor* tensor : tensors) {
    if (tensor == nullptr) return fail(ErrorCode::invalid_argument, "tensors: a tensor of the list is missing");
    INGOT_TRY_VOID(check_data(*tensor, "tensors"));
  }
  return {};
}

// out can hold what the tensors promote to.
Result<void> check_result(std::span<Tensor* const> tensors, const Tensor& out) {
  CommonDType common;
  for (const Tensor* tensor : tensors) INGOT_TRY_VOID(common.add(*tensor));
  const DType dtype = INGOT_TRY(common.get());
  if (can_store(dtype, out.dtype())) return {};
  return fail(ErrorCode::invalid_argument, "out: expected a dtype that holds %s, found %s", to_string(dtype),
              to_string(out.dtype()));
}

// part = tensor; they have the same sizes.
Result<void> fill_part(KernelContext& context, Tensor& part, const Tensor& tensor) {
  if (tensor.dtype() != part.dtype()) return convert(context, tensor, part);
  strided_copy(context, StridedView(part), StridedView(tensor));
  return {};
}

// cat.out(Tensor[] tensors, int dim, *, out). Tensors of shape [0] count for nothing, whatever the others' rank.
Result<void> cat(KernelContext& context, KernelArgs args) {
  const std::span<Tensor* const> tensors = args.tensors(0);
  Tensor& out = args.tensor(2);
  INGOT_TRY_VOID(check_inputs(tensors));
  const auto is_nothing = [](const Tensor* tensor) { return tensor->rank() == 1 && tensor->size(0) == 0; };
  const Tensor* first = tensors[0];
  for (const Tensor* tensor : tensors) {
    if (!is_nothing(tensor)) {
      first = tensor;
      break;
    }
  }
  if (first->rank() == 0) return fail(ErrorCode::invalid_argument, "tensors: expected rank 1 or more, found 0");
  const size_t dim = INGOT_TRY(normalize_axis(args.integer(1), first->rank()));
  Sizes sizes(first->sizes());
  int64_t total = 0;
  INGOT_TRY_VOID(check_result(tensors, out));
  for (const Tensor* tensor : tensors) {
    if (is_nothing(tensor)) continue;
    INGOT_TRY_VOID(check_rank(*tensor, first->rank(), "tensors"));
    for (size_t d = 0; d < first->rank(); ++d) {
      if (d != dim && tensor->size(d) != first->size(d)) {
        return fail(ErrorCode::invalid_argument, "tensors: expected size %d in dimension %zu, found %d", first->size(d),
                    d, tensor->size(d));
      }
    }
    total += tensor->size(dim);
  }
  sizes.sizes[dim] = INGOT_TRY(to_size(total, "the concatenated dimension"));
  INGOT_TRY_VOID(out.resize(sizes.span()));
  INGOT_TRY_VOID(check_data(out, "out"));
  int64_t start = 0;
  for (const Tensor* tensor : tensors) {
    if (is_nothing(tensor)) continue;
    TensorPart to(out, dim, start, tensor->size(dim));
    INGOT_TRY_VOID(fill_part(context, to.tensor(), *tensor));
    start += tensor->size(dim);
  }
  return {};
}

// stack.out(Tensor[] tensors, int dim, *, out)
Result<void> stack(KernelContext& context, KernelArgs args) {
  const std::span<Tensor* const> tensors = args.tensors(0);
  Tensor& out = args.tensor(2);
  INGOT_TRY_VOID(check_inputs(tensors));
  const Tensor& first = *tensors[0];
  const size_t dim = INGOT_TRY(normalize_axis(args.integer(1), first.rank() + 1));
  Sizes sizes;
  for (size_t d = 0; d <= first.rank(); ++d) {
    if (d == dim) INGOT_TRY_VOID(sizes.append(static_cast<int64_t>(tensors.size())));
    if (d < first.rank()) INGOT_TRY_VOID(sizes.append(first.size(d)));
  }
  INGOT_TRY_VOID(check_result(tensors, out));
  for (const Tensor* tensor : tensors) {
    if (!std::ranges::equal(tensor->sizes(), first.sizes())) {
      return fail(ErrorCode::invalid_argument, "tensors: expected one shape, found several");
    }
  }
  INGOT_TRY_VOID(out.resize(sizes.span()));
  INGOT_TRY_VOID(check_data(out, "out"));
  for (size_t i = 0; i < tensors.size(); ++i) {
    TensorPart to(out, dim, static_cast<int64_t>(i), 1);
    to.drop_dim(dim);
    INGOT_TRY_VOID(fill_part(context, to.tensor(), *tensors[i]));
  }
  return {};
}

// out = self's elements start to start + size of the dimension.
Result<void> copy_part(KernelContext& context, const Tensor& self, size_t dim, int64_t start, int64_t size,
                       Tensor& out) {
  Sizes sizes(self.sizes());
  sizes.sizes[dim] = static_cast<int32_t>(size);
  INGOT_TRY_VOID(prepare_move(self, out, sizes.span()));
  StridedView from(self);
  from.narrow(dim, start, size);
  strided_copy(context, StridedView(out), from);
  return {};
}

Result<size_t> axis_to_split(const Tensor& self, int64_t dim) {
  INGOT_TRY_VOID(check_rank_between(self, 1, kMaxRank, "self"));
  return normalize_axis(dim, self.rank());
}

// split_copy.Tensor_out(Tensor self, int split_size, int dim, *, out[]): the last part may be shorter.
Result<void> split(KernelContext& context, KernelArgs args) {
  const Tensor& self = args.tensor(0);
  const int64_t part = args.integer(1);
  const size_t dim = INGOT_TRY(axis_to_split(self, args.integer(2)));
  const std::span<Tensor* const> outputs = args.tensors(3);
  const int64_t size = self.size(dim);
  if (part < 0 || (part == 0 && size != 0)) {
    return fail(ErrorCode::invalid_argument, "split_size: expected 1 or more, found %lld",
                static_cast<long long>(part));
  }
  const int64_t parts = size == 0 ? 1 : (size - 1) / part + 1;
  INGOT_TRY_VOID(check_outputs(outputs, static_cast<size_t>(parts), self));
  for (int64_t i = 0; i < parts; ++i) {
    INGOT_TRY_VOID(
        copy_part(context, self, dim, i * part, std::min(part, size - i * part), *outputs[static_cast<size_t>(i)]));
  }
  return {};
}

// split_with_sizes_copy.out(Tensor self, int[] split_sizes, int dim, *, out[])
Result<void> split_with_sizes(KernelContext& context, KernelArgs args) {
  const Tensor& self = args.tensor(0);
  const std::span<const int64_t> parts = args.ints(1);
  const size_t dim = INGOT_TRY(axis_to_split(self, args.integer(2)));
  const std::span<Tensor* const> outputs = args.tensors(3);
  INGOT_TRY_VOID(check_outputs(outputs, parts.size(), self));
  int64_t left = self.size(dim);
  for (const int64_t part : parts) {
    if (part < 0 || part > left) {
      return fail(ErrorCode::invalid_argument, "split_sizes: expected sizes that sum to %d", self.size(dim));
    }
    left -= part;
  }
  if (left != 0) return fail(ErrorCode::invalid_argument, "split_sizes: expected sizes that sum to %d", self.size(dim));
  int64_t start = 0;
  for (size_t i = 0; i < parts.size(); ++i) {
    INGOT_TRY_VOID(copy_part(context, self, dim, start, parts[i], *outputs[i]));
    start += parts[i];
  }
  return {};
}

// One index of a dimension, which goes away.
Result<void> copy_index(KernelContext& context, const Tensor& self, size_t dim, int64_t index, Tensor& out) {
  Sizes sizes;
  for (size_t d = 0; d < self.rank(); ++d) {
    if (d != dim) INGOT_TRY_VOID(sizes.append(self.size(d)));
  }
  INGOT_TRY_VOID(prepare_move(self, out, sizes.span()));
  StridedView from(self);
  from.narrow(dim, index, 1);
  from.remove_dim(dim);
  strided_copy(context, StridedView(out), from);
  return {};
}

// unbind_copy.int_out(Tensor self, int dim, *, out[])
Result<void> unbind(KernelContext& context, KernelArgs args) {
  const Tensor& self = args.tensor(0);
  const size_t dim = INGOT_TRY(axis_to_split(self, args.integer(1)));
  const std::span<Tensor* const> outputs = args.tensors(2);
  INGOT_TRY_VOID(check_outputs(outputs, static_cast<size_t>(self.size(dim)), self));
  for (size_t i = 0; i < outputs.size(); ++i) {
    INGOT_TRY_VOID(copy_index(context, self, dim, static_cast<int64_t>(i), *outputs[i]));
  }
  return {};
}

// An index of a dimension, negative ones counted from its end.
Result<int64_t> normalize_index(int64_t index, int64_t size) {
  if (index >= -size && index < size) return index < 0 ? index + size : index;
  return fail(ErrorCode::invalid_argument, "index: expected %lld to %lld, found %lld", static_cast<long long>(-size),
              static_cast<long long>(size - 1), static_cast<long long>(index));
}

// select_copy.int_out(Tensor self, int dim, int index, *, out)
Result<void> select(KernelContext& context, KernelArgs args) {
  const Tensor& self = args.tensor(0);
  const size_t dim = INGOT_TRY(axis_to_split(self, args.integer(1)));
  const int64_t index = INGOT_TRY(normalize_index(args.integer(2), self.size(dim)));
  return copy_index(context, self, dim, index, args.tensor(3));
}

// Every step'th of the elements start to end of a dimension: arguments `at`, `at` + 1 and `at` + 2. Bounds are clamped.
struct Slice {
  int64_t start, count, step;
};
Result<Slice> read_slice(KernelArgs args, size_t at, int64_t size) {
  const auto clamped = [size](int64_t i) { return std::clamp<int64_t>(i < 0 ? i + size : i, 0, size); };
  const int64_t start = clamped(args.integer_or(at, 0));
  const int64_t end = std::max(start, clamped(args.integer_or(at + 1, size)));
  const int64_t step = args.integer(at + 2);
  if (step < 1) {
    return fail(ErrorCode::invalid_argument, "step: expected 1 or more, found %lld", static_cast<long long>(step));
  }
  // A step beyond the size is never taken; cut short, its product with a stride cannot overflow.
  return Slice{start, end == start ? 0 : (end - start - 1) / step + 1, std::min(step, size)};
}

// slice_copy.Tensor_out(Tensor self, int dim, int? start, int? end, int step, *, out)
Result<void> slice(KernelContext& context, KernelArgs args) {
  const Tensor& self = args.tensor(0);
  Tensor& out = args.tensor(5);
  const size_t dim = INGOT_TRY(axis_to_split(self, args.integer(1)));
  const Slice slice = INGOT_TRY(read_slice(args, 2, self.size(dim)));
  Sizes sizes(self.sizes());
  sizes.sizes[dim] = static_cast<int32_t>(slice.count);
  INGOT_TRY_VOID(prepare_move(self, out, sizes.span()));
  StridedView from(self);
  from.narrow(dim, slice.start, slice.count, slice.step);
  strided_copy(context, StridedView(out), from);
  return {};
}

// narrow_copy.out(Tensor self, int dim, int start, int length, *, out): a start below 0 counts from the end.
Result<void> narrow(KernelContext& context, KernelArgs args) {
  const Tensor& self = args.tensor(0);
  const size_t dim = INGOT_TRY(axis_to_split(self, args.integer(1)));
  const int64_t size = self.size(dim), length = args.integer(3);
  int64_t start = args.integer(2);
  if (start < -size || start > size) {
    return fail(ErrorCode::invalid_argument, "start: expected %lld to %lld, found %lld", static_cast<long long>(-size),
                static_cast<long long>(size), static_cast<long long>(start));
  }
  if (start < 0) start += size;
  if (length < 0 || length > size - start) {
    return fail(ErrorCode::invalid_argument, "length: expected 0 to %lld, found %lld",
                static_cast<long long>(size - start), static_cast<long long>(length));
  }
  return copy_part(context, self, dim, start, length, args.tensor(4));
}

// out = self, then src over a part of it; `part` is that part of out.
Result<void> overwrite(KernelContext& context, const Tensor& self, const Tensor& src, const StridedView& part) {
  INGOT_TRY_VOID(check_same_dtype(self, "self", src, "src"));
  INGOT_TRY_VOID(check_rank(src, part.rank(), "src"));
  INGOT_TRY_VOID(check_data(src, "src"));
  for (size_t d = 0; d < part.rank(); ++d) {
    if (src.size(d) == part.size(d)) continue;
    return fail(ErrorCode::invalid_argument, "src: expected size %lld in dimension %zu, found %d",
                static_cast<long long>(part.size(d)), d, src.size(d));
  }
  strided_copy(context, part, StridedView(src));
  return {};
}

// slice_scatter.out(Tensor self, Tensor src, int dim, int? start, int? end, int step, *, out)
Result<void> slice_scatter(KernelContext& context, KernelArgs args) {
  const Tensor& self = args.tensor(0);
  Tensor& out = args.tensor(6);
  const size_t dim = INGOT_TRY(axis_to_split(self, args.integer(2)));
  const Slice slice = INGOT_TRY(read_slice(args, 3, self.size(dim)));
  INGOT_TRY_VOID(prepare_move(self, out, self.sizes()));
  strided_copy(context, StridedView(out), StridedView(self));
  StridedView part(out);
  part.narrow(dim, slice.start, slice.count, slice.step);
  return overwrite(context, self, args.tensor(1), part);
}

// select_scatter.out(Tensor self, Tensor src, int dim, int index, *, out)
Result<void> select_scatter(KernelContext& context, KernelArgs args) {
  const Tensor& self = args.tensor(0);
  Tensor& out = args.tensor(4);
  const size_t dim = INGOT_TRY(axis_to_split(self, args.integer(2)));
  const int64_t index = INGOT_TRY(normalize_index(args.integer(3), self.size(dim)));
  INGOT_TRY_VOID(prepare_move(self, out, self.sizes()));
  strided_copy(context, StridedView(out), StridedView(self));
  StridedView part(out);
  part.narrow(dim, index, 1);
  part.remove_dim(dim);
  return overwrite(context, self, args.tensor(1), part);
}

constexpr Kernel kRows[] = {
    {"aten::cat.out", "MiO", cat},
    {"aten::stack.out", "MiO", stack},
    {"aten::split_copy.Tensor_out", "TiiN", split},
    {"aten::split_with_sizes_copy.out", "TLiN", split_with_sizes},
    {"aten::unbind_copy.int_out", "TiN", unbind},
    {"aten::select_copy.int_out", "TiiO", select},
    {"aten::slice_copy.Tensor_out", "Tii?i?iO", slice},
    {"aten::narrow_copy.out", "TiiiO", narrow},
    {"aten::slice_scatter.out", "TTii?i?iO", slice_scatter},
    {"aten::select_scatter.out", "TTiiO", select_scatter},
};

}  // namespace

std::span<const Kernel> concatenation_kernels() {
  return selected<kRows>();
}

}  // namespace ingot::portable
