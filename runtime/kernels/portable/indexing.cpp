// Operators that read or write along one axis at positions given by a tensor of indices. Every index is checked before
// it is used.
#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "runtime/kernels/portable/checks.h"
#include "runtime/kernels/portable/element_blocks.h"
#include "runtime/kernels/portable/families.h"
#include "runtime/kernels/portable/strided_copy.h"
#include "runtime/kernels/portable/strided_loop.h"
#include "runtime/kernels/portable/wrapping.h"
#include "runtime/kernels/selection.h"

namespace ingot::portable {
namespace {

constexpr DTypeSet kIndex = dtype_set({DType::int32, DType::int64});

Result<void> index_out_of_range(int64_t index, int64_t size) {
  return fail(ErrorCode::invalid_argument, "index %lld is out of range for a dimension of size %lld",
              static_cast<long long>(index), static_cast<long long>(size));
}

// An axis of a tensor; a tensor of rank 0 counts as one of rank 1 and size 1.
struct IndexedAxis {
  size_t dim;
  int64_t size;
};

Result<IndexedAxis> indexed_axis(const Tensor& self, int64_t dim) {
  const size_t axis = INGOT_TRY(normalize_axis(dim, self.rank()));
  return IndexedAxis{axis, self.rank() == 0 ? 1 : self.size(axis)};
}

int64_t stride_of(const Tensor& tensor, size_t dim) {
  return tensor.rank() == 0 ? 1 : tensor.strides()[dim];
}

// Calls f(index, n points at `offsets`) with `loop`'s operands; the first is the index tensor, whose values are given
// in blocks. f returns a Result<void>, and the first error ends the loop.
template <typename F>
Result<void> for_each_index(const StridedLoop& loop, const Tensor& index, F&& f) {
  const LoadBlock<int64_t> load = load_block<int64_t>(index.dtype());
  const auto& steps = loop.strides[loop.rank - 1];
  std::array<int64_t, kBlock> values;
  Result<void> result;
  for_each_row(loop, 0, loop.count, [&](const int64_t* starts, size_t n) {
    std::array<int64_t, StridedLoop::kMaxOperands> offsets;
    for (size_t begin = 0; begin < n && result; begin += kBlock) {
      const size_t count = std::min(kBlock, n - begin);
      for (size_t k = 0; k < loop.operands; ++k) offsets[k] = starts[k] + static_cast<int64_t>(begin) * steps[k];
      load(values.data(), element_at(index, offsets[0]), steps[0], count);
      for (size_t i = 0; i < count && result; ++i) {
        result = f(values[i], offsets.data());
        for (size_t k = 0; k < loop.operands; ++k) offsets[k] += steps[k];
      }
    }
  });
  return result;
}

// index_select.out(Tensor self, int dim, Tensor index, *, out)
Result<void> index_select(KernelContext& context, KernelArgs args) {
  const Tensor& self = args.tensor(0);
  const Tensor& index = args.tensor(2);
  Tensor& out = args.tensor(3);
  const IndexedAxis axis = INGOT_TRY(indexed_axis(self, args.integer(1)));
  INGOT_TRY_VOID(check_dtype_in(index, kIndex, "index"));
  INGOT_TRY_VOID(check_rank_between(index, 0, 1, "index"));
  INGOT_TRY_VOID(check_same_dtype(self, "self", out, "out"));
  if (self.rank() == 0 && index.numel() != 1) {
    return fail(ErrorCode::invalid_argument, "index: expected one index into a tensor of rank 0, found %zu",
                index.numel());
  }
  std::array<int32_t, kMaxRank> sizes;
  std::copy(self.sizes().begin(), self.sizes().end(), sizes.begin());
  if (self.rank() > 0) sizes[axis.dim] = INGOT_TRY(to_size(static_cast<int64_t>(index.numel()), "index"));
  INGOT_TRY_VOID(out.resize(std::span(sizes).first(self.rank())));
  INGOT_TRY_VOID(check_data(self, "self"));
  INGOT_TRY_VOID(check_data(index, "index"));
  INGOT_TRY_VOID(check_data(out, "out"));
  if (index.numel() == 0) return {};

  StridedView to(out), from(self);
  if (self.rank() > 0) {
    to.remove_dim(axis.dim);
    from.remove_dim(axis.dim);
  }
  StridedLoop loop(2);
  loop.add_dim(static_cast<int64_t>(index.numel()), {1, stride_of(out, axis.dim)});
  loop.simplify();
  return for_each_index(loop, index, [&](int64_t i, const int64_t* offsets) -> Result<void> {
    if (i < 0 || i >= axis.size) return index_out_of_range(i, axis.size);
    StridedView slice_to = to, slice_from = from;
    slice_to.move(offsets[1]);
    slice_from.move(i * stride_of(self, axis.dim));
    if (!slice_to.empty()) strided_copy(context, slice_to, slice_from);
    return {};
  });
}

// embedding.out(Tensor weight, Tensor indices, int padding_idx, bool scale_grad_by_freq, bool sparse, *, out): the rows
// of weight that the indices name. The other arguments concern training.
Result<void> embedding(KernelContext& context, KernelArgs args) {
  const Tensor& weight = args.tensor(0);
  const Tensor& indices = args.tensor(1);
  Tensor& out = args.tensor(5);
  INGOT_TRY_VOID(check_rank(weight, 2, "weight"));
  INGOT_TRY_VOID(check_dtype_in(indices, kIndex, "indices"));
  INGOT_TRY_VOID(check_rank_between(indices, 0, kMaxRank - 1, "indices"));
  INGOT_TRY_VOID(check_same_dtype(weight, "weight", out, "out"));
  std::array<int32_t, kMaxRank> sizes;
  std::copy(indices.sizes().begin(), indices.sizes().end(), sizes.begin());
  sizes[indices.rank()] = weight.size(1);
  INGOT_TRY_VOID(out.resize(std::span(sizes).first(indices.rank() + 1)));
  INGOT_TRY_VOID(check_data(weight, "weight"));
  INGOT_TRY_VOID(check_data(indices, "indices"));
  INGOT_TRY_VOID(check_data(out, "out"));
  if (indices.numel() == 0) return {};

  StridedView from = StridedView(weight).point(), to = StridedView(out).point();
  from.append_dim(weight.size(1), weight.strides()[1]);
  to.append_dim(weight.size(1), out.strides()[indices.rank()]);
  StridedLoop loop(2);
  for (size_t dim = 0; dim < indices.rank(); ++dim) {
    loop.add_dim(indices.size(dim), {indices.strides()[dim], out.strides()[dim]});
  }
  loop.simplify();
  return for_each_index(loop, indices, [&](int64_t i, const int64_t* offsets) -> Result<void> {
    if (i < 0 || i >= weight.size(0)) return index_out_of_range(i, weight.size(0));
    StridedView row_to = to, row_from = from;
    row_to.move(offsets[1]);
    row_from.move(i * weight.strides()[0]);
    if (!row_to.empty()) strided_copy(context, row_to, row_from);
    return {};
  });
}

// Copies one element; the size is 1, 2, 4 or 8.
void copy_element(std::byte* to, const std::byte* from, size_t size) {
  switch (size) {
    case 1:
      std::memcpy(to, from, 1);
      return;
    case 2:
      std::memcpy(to, from, 2);
      return;
    case 4:
      std::memcpy(to, from, 4);
      return;
    default:
      std::memcpy(to, from, 8);
      return;
  }
}

// index has self's rank, and is nowhere larger than `tensor` but along `except` (tensor's rank: nowhere).
Result<void> check_index_within(const Tensor& index, const Tensor& tensor, size_t except, const char* what) {
  if (index.rank() != tensor.rank() && (index.rank() > 1 || tensor.rank() > 1)) {
    return fail(ErrorCode::invalid_argument, "index has rank %zu, %s has rank %zu: expected one rank", index.rank(),
                what, tensor.rank());
  }
  for (size_t dim = 0; dim < index.rank(); ++dim) {
    const int32_t most = tensor.rank() == 0 ? 1 : tensor.size(dim);
    if (dim == except || index.size(dim) <= most) continue;
    return fail(ErrorCode::invalid_argument, "index: expected at most %s's size %d in dimension %zu, found %d", what,
                most, dim, index.size(dim));
  }
  return {};
}

// The points of `index`: its own offsets, and those of up to two tensors, of which the first stays at 0 along the axis.
StridedLoop index_loop(const Tensor& index, size_t axis, const Tensor& indexed, const Tensor* beside) {
  StridedLoop loop(beside != nullptr ? 3 : 2);
  for (size_t dim = 0; dim < index.rank(); ++dim) {
    const int64_t along = dim == axis || indexed.rank() == 0 ? 0 : indexed.strides()[dim];
    if (beside == nullptr) {
      loop.add_dim(index.size(dim), {index.strides()[dim], along});
    } else {
      loop.add_dim(index.size(dim), {index.strides()[dim], along, stride_of(*beside, dim)});
    }
  }
  loop.simplify();
  return loop;
}

// gather.out(Tensor self, int dim, Tensor index, *, bool sparse_grad, out): out[i][j] = self[index[i][j]][j], for dim
// 0.
Result<void> gather(KernelContext&, KernelArgs args) {
  const Tensor& self = args.tensor(0);
  const Tensor& index = args.tensor(2);
  Tensor& out = args.tensor(4);
  const IndexedAxis axis = INGOT_TRY(indexed_axis(self, args.integer(1)));
  INGOT_TRY_VOID(check_dtype_in(index, kIndex, "index"));
  INGOT_TRY_VOID(check_same_dtype(self, "self", out, "out"));
  INGOT_TRY_VOID(out.resize(index.sizes()));
  INGOT_TRY_VOID(check_data(index, "index"));
  INGOT_TRY_VOID(check_data(out, "out"));
  if (index.numel() == 0) return {};
  INGOT_TRY_VOID(check_index_within(index, self, axis.dim, "self"));
  INGOT_TRY_VOID(check_data(self, "self"));
  const size_t size = size_of(self.dtype());
  const int64_t step = stride_of(self, axis.dim);
  return for_each_index(index_loop(index, axis.dim, self, &out), index,
                        [&](int64_t i, const int64_t* offsets) -> Result<void> {
                          if (i < 0 || i >= axis.size) return index_out_of_range(i, axis.size);
                          copy_element(element_at(out, offsets[2]), element_at(self, offsets[1] + i * step), size);
                          return {};
                        });
}

// What the scatter operators share: out becomes a copy of self, then write(out offset, src offset) is called for every
// index, in order. Without src its offset is that of the index.
template <typename Write>
Result<void> scatter_into(KernelContext& context, const Tensor& self, int64_t dim, const Tensor& index,
                          const Tensor* src, Tensor& out, Write&& write) {
  const IndexedAxis axis = INGOT_TRY(indexed_axis(self, dim));
  INGOT_TRY_VOID(check_dtype_in(index, kIndex, "index"));
  INGOT_TRY_VOID(check_same_dtype(self, "self", out, "out"));
  if (src != nullptr) {
    INGOT_TRY_VOID(check_same_dtype(self, "self", *src, "src"));
    INGOT_TRY_VOID(check_data(*src, "src"));
  }
  INGOT_TRY_VOID(out.resize(self.sizes()));
  INGOT_TRY_VOID(check_data(self, "self"));
  INGOT_TRY_VOID(check_data(index, "index"));
  INGOT_TRY_VOID(check_data(out, "out"));
  if (index.numel() > 0) {
    INGOT_TRY_VOID(check_index_within(index, self, axis.dim, "self"));
    if (src != nullptr) INGOT_TRY_VOID(check_index_within(index, *src, kMaxRank, "src"));
  }
  if (self.numel() > 0 && self.data() != out.data()) strided_copy(context, StridedView(out), StridedView(self));
  if (index.numel() == 0) return {};
  const int64_t step = stride_of(out, axis.dim);
  return for_each_index(index_loop(index, axis.dim, out, src), index,
                        [&](int64_t i, const int64_t* offsets) -> Result<void> {
                          if (i < 0 || i >= axis.size) return index_out_of_range(i, axis.size);
                          write(offsets[1] + i * step, src != nullptr ? offsets[2] : offsets[0]);
                          return {};
                        });
}

// scatter.src_out(Tensor self, int dim, Tensor index, Tensor src, *, out)
Result<void> scatter_src(KernelContext& context, KernelArgs args) {
  const Tensor& src = args.tensor(3);
  Tensor& out = args.tensor(4);
  const size_t size = size_of(src.dtype());
  return scatter_into(
      context, args.tensor(0), args.integer(1), args.tensor(2), &src, out,
      [&](int64_t to, int64_t from) { copy_element(element_at(out, to), element_at(src, from), size); });
}

// scatter.value_out(Tensor self, int dim, Tensor index, Scalar value, *, out)
Result<void> scatter_value(KernelContext& context, KernelArgs args) {
  Tensor& out = args.tensor(4);
  alignas(8) std::array<std::byte, 8> element;
  store_scalar(out.dtype(), args.scalar(3), element.data());
  const size_t size = size_of(out.dtype());
  return scatter_into(context, args.tensor(0), args.integer(1), args.tensor(2), nullptr, out,
                      [&](int64_t to, int64_t) { copy_element(element_at(out, to), element.data(), size); });
}

template <typename C>
Result<void> scatter_add_as(KernelContext& context, KernelArgs args) {
  const Tensor& src = args.tensor(3);
  Tensor& out = args.tensor(4);
  const LoadBlock<C> load = load_block<C>(src.dtype());
  const StoreBlock<C> store = store_block<C>(src.dtype());
  return scatter_into(context, args.tensor(0), args.integer(1), args.tensor(2), &src, out,
                      [&](int64_t to, int64_t from) {
                        C before, more;
                        load(&before, element_at(out, to), 1, 1);
                        load(&more, element_at(src, from), 1, 1);
                        const C sum = wrapping_add(before, more);
                        store(element_at(out, to), 1, &sum, 1);
                      });
}

// scatter_add.out(Tensor self, int dim, Tensor index, Tensor src, *, out)
Result<void> scatter_add(KernelContext& context, KernelArgs args) {
  const Tensor& self = args.tensor(0);
  INGOT_TRY_VOID(check_dtype_in(self, kComputable, "self"));
  if (self.dtype() == DType::float64) return scatter_add_as<double>(context, args);
  return is_floating(self.dtype()) ? scatter_add_as<float>(context, args) : scatter_add_as<int64_t>(context, args);
}

constexpr Kernel kRows[] = {
    {"aten::index_select.out", "TiTO", index_select},
    {"aten::embedding.out", "TTibbO", embedding},
    {"aten::gather.out", "TiTbO", gather},
    {"aten::scatter.src_out", "TiTTO", scatter_src},
    {"aten::scatter.value_out", "TiTSO", scatter_value},
    {"aten::scatter_add.out", "TiTTO", scatter_add},
};

}  // namespace

std::span<const Kernel> indexing_kernels() {
  return selected<kRows>();
}

}  // namespace ingot::portable
