// index.Tensor and index_put: some dimensions are indexed together by tensors that broadcast against each other, the
// others are taken whole. A mask stands for as many index tensors as it has dimensions: the coordinates of its true
// elements, which are listed in the kernel's scratch memory first.
#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "runtime/core/checked_math.h"
#include "runtime/kernels/portable/checks.h"
#include "runtime/kernels/portable/element_blocks.h"
#include "runtime/kernels/portable/families.h"
#include "runtime/kernels/portable/strided_copy.h"
#include "runtime/kernels/portable/strided_loop.h"
#include "runtime/kernels/portable/wrapping.h"
#include "runtime/kernels/selection.h"

namespace ingot::portable {
namespace {

constexpr DTypeSet kMask = dtype_set({DType::boolean, DType::uint8});
constexpr DTypeSet kIndex = dtype_set({DType::int32, DType::int64});

// What indexes one dimension of self.
struct DimIndex {
  size_t dim;
  int64_t size;                             // of self
  const Tensor* tensor;                     // of indices; null for a coordinate of a mask
  std::span<const int64_t> positions;       // of a mask's true elements, flat
  int64_t divisor;                          // position / divisor % size is the coordinate
  std::array<int64_t, kMaxRank> strides{};  // in the broadcast shape; of the tensor or of `positions`
};

struct IndexPlan {
  std::array<DimIndex, kMaxRank> indices;
  size_t count = 0;
  Sizes shared;                        // what the indices broadcast to
  Sizes result;                        // of index.Tensor; what index_put's values broadcast to
  size_t shared_at;                    // where `shared` stands in `result`
  std::array<size_t, kMaxRank> whole;  // dimensions of self that are not indexed
  size_t whole_count = 0;
};

// Lists the true elements of a mask, in order, and appends its indices to the plan.
Result<void> append_mask(const Tensor& self, const Tensor& mask, size_t dim, std::span<int64_t>* scratch,
                         IndexPlan* plan) {
  if (mask.rank() == 0 || mask.rank() > self.rank() - dim) {
    return fail(ErrorCode::invalid_argument, "indices: a mask of rank %zu does not fit at dimension %zu of rank %zu",
                mask.rank(), dim, self.rank());
  }
  StridedLoop loop(1);
  for (size_t d = 0; d < mask.rank(); ++d) {
    if (mask.size(d) != self.size(dim + d)) {
      return fail(ErrorCode::invalid_argument, "indices: expected a mask of size %d in dimension %zu, found %d",
                  self.size(dim + d), d, mask.size(d));
    }
  }
  if (scratch->size() < mask.numel()) {
    return fail(ErrorCode::invalid_state, "index: the scratch memory is too small for a mask of %zu elements",
                mask.numel());
  }
  size_t found = 0;
  std::array<int32_t, kMaxRank> point{};
  const uint8_t* bytes = mask.data_as<uint8_t>();
  for (size_t position = 0; position < mask.numel(); ++position) {
    int64_t offset = 0;
    for (size_t d = 0; d < mask.rank(); ++d) offset += point[d] * mask.strides()[d];
    if (bytes[offset] != 0) (*scratch)[found++] = static_cast<int64_t>(position);
    for (size_t d = mask.rank(); d-- > 0;) {
      if (++point[d] < mask.size(d)) break;
      point[d] = 0;
    }
  }
  const std::span<const int64_t> positions = scratch->first(found);
  *scratch = scratch->subspan(mask.numel());
  int64_t divisor = 1;
  for (size_t d = mask.rank(); d-- > 0;) {
    plan->indices[plan->count + d] = {dim + d, mask.size(d), nullptr, positions, divisor};
    divisor *= std::max(mask.size(d), 1);
  }
  plan->count += mask.rank();
  return {};
}

// Broadcasts one index's sizes into plan->shared.
Result<void> broadcast_into(std::span<const int32_t> sizes, Sizes* shared) {
  Sizes wide;
  const size_t rank = std::max(sizes.size(), shared->rank);
  for (size_t d = 0; d < rank; ++d) {
    const size_t missing = rank - sizes.size(), missing_shared = rank - shared->rank;
    const int32_t a = d < missing ? 1 : sizes[d - missing];
    const int32_t b = d < missing_shared ? 1 : shared->sizes[d - missing_shared];
    if (a != b && a != 1 && b != 1) {
      return fail(ErrorCode::invalid_argument, "indices: sizes %d and %d do not broadcast", a, b);
    }
    INGOT_TRY_VOID(wide.append(a == 1 ? b : a));
  }
  *shared = wide;
  return {};
}

Result<void> set_strides(IndexPlan* plan) {
  for (DimIndex& index : std::span(plan->indices).first(plan->count)) {
    for (size_t d = 0; d < plan->shared.rank; ++d) {
      if (index.tensor != nullptr) {
        index.strides[d] = broadcast_stride(*index.tensor, d, plan->shared.rank);
      } else {
        index.strides[d] = d + 1 == plan->shared.rank && index.positions.size() != 1 ? 1 : 0;
      }
    }
  }
  return {};
}

Result<IndexPlan> make_plan(const Tensor& self, std::span<Tensor* const> indices, std::span<int64_t> scratch) {
  IndexPlan plan;
  size_t dim = 0;
  for (const Tensor* index : indices) {
    if (dim >= self.rank()) {
      return fail(ErrorCode::invalid_argument, "indices: too many for self's rank %zu", self.rank());
    }
    if (index == nullptr) {
      plan.whole[plan.whole_count++] = dim++;
      continue;
    }
    INGOT_TRY_VOID(check_dtype_in(*index, kMask | kIndex, "indices"));
    INGOT_TRY_VOID(check_data(*index, "indices"));
    if (contains(kMask, index->dtype())) {
      INGOT_TRY_VOID(append_mask(self, *index, dim, &scratch, &plan));
      const int32_t found = static_cast<int32_t>(plan.indices[plan.count - 1].positions.size());
      INGOT_TRY_VOID(broadcast_into(std::span(&found, 1), &plan.shared));
      dim += index->rank();
    } else {
      plan.indices[plan.count++] = {dim, self.size(dim), index, {}, 1};
      INGOT_TRY_VOID(broadcast_into(index->sizes(), &plan.shared));
      ++dim;
    }
  }
  while (dim < self.rank()) plan.whole[plan.whole_count++] = dim++;
  INGOT_TRY_VOID(set_strides(&plan));

  // The indexed dimensions stand where they were if they were neighbours, else in front.
  plan.shared_at = 0;
  if (plan.count > 0 && plan.indices[plan.count - 1].dim - plan.indices[0].dim + 1 == plan.count) {
    plan.shared_at = plan.indices[0].dim;
  }
  for (size_t i = 0; i <= plan.whole_count; ++i) {
    if (i == plan.shared_at) {
      for (const int32_t size : plan.shared.span()) INGOT_TRY_VOID(plan.result.append(size));
    }
    if (i < plan.whole_count) INGOT_TRY_VOID(plan.result.append(self.size(plan.whole[i])));
  }
  return plan;
}

// The offset in self (of these strides) that the indices choose at a point of the shared shape.
Result<int64_t> chosen_offset(const IndexPlan& plan, const Tensor& self, std::span<const int32_t> point) {
  int64_t chosen = 0;
  for (const DimIndex& index : std::span(plan.indices).first(plan.count)) {
    int64_t offset = 0;
    for (size_t d = 0; d < point.size(); ++d) offset += point[d] * index.strides[d];
    int64_t value;
    if (index.tensor != nullptr) {
      load_block<int64_t>(index.tensor->dtype())(&value, element_at(*index.tensor, offset), 1, 1);
      if (value < -index.size || value >= index.size) {
        return fail(ErrorCode::invalid_argument, "index %lld is out of range for dimension %zu of size %lld",
                    static_cast<long long>(value), index.dim, static_cast<long long>(index.size));
      }
      if (value < 0) value += index.size;
    } else {
      value = index.positions[offset] / index.divisor % index.size;
    }
    chosen += value * self.strides()[index.dim];
  }
  return chosen;
}

// Calls f(offset in self, offset in other, run length, strides) for every run of elements, in order. `other` has the
// strides `other_strides` over plan.result.
template <typename F>
Result<void> for_each_indexed(const IndexPlan& plan, const Tensor& self, std::span<const int64_t> other_strides,
                              F&& f) {
  StridedLoop whole(2);
  for (size_t i = 0; i < plan.whole_count; ++i) {
    const size_t dim = plan.whole[i];
    whole.add_dim(self.size(dim), {self.strides()[dim], other_strides[i < plan.shared_at ? i : i + plan.shared.rank]});
  }
  whole.simplify();
  size_t points = 1;
  for (const int32_t size : plan.shared.span()) points *= static_cast<size_t>(size);
  if (points == 0 || whole.count == 0) return {};
  std::array<int32_t, kMaxRank> point{};
  for (size_t n = 0; n < points; ++n) {
    const int64_t chosen = INGOT_TRY(chosen_offset(plan, self, std::span(point).first(plan.shared.rank)));
    int64_t other = 0;
    for (size_t d = 0; d < plan.shared.rank; ++d) other += point[d] * other_strides[plan.shared_at + d];
    for_each_row(whole, 0, whole.count, [&](const int64_t* offsets, size_t count) {
      const auto& steps = whole.strides[whole.rank - 1];
      f(chosen + offsets[0], other + offsets[1], count, steps[0], steps[1]);
    });
    for (size_t d = plan.shared.rank; d-- > 0;) {
      if (++point[d] < plan.shared.sizes[d]) break;
      point[d] = 0;
    }
  }
  return {};
}

void copy_run(std::byte* to, int64_t to_step, const std::byte* from, int64_t from_step, size_t count, size_t size) {
  if (to_step == 1 && from_step == 1) {
    std::memcpy(to, from, count * size);
    return;
  }
  const int64_t bytes = static_cast<int64_t>(size);
  for (int64_t i = 0; i < static_cast<int64_t>(count); ++i) {
    std::memcpy(to + i * to_step * bytes, from + i * from_step * bytes, size);
  }
}

// Room for the positions of every mask's true elements.
Result<size_t> mask_scratch(KernelArgs args) {
  size_t bytes = 0;
  for (const Tensor* index : args.tensors(1)) {
    if (index == nullptr || !contains(kMask, index->dtype())) continue;
    size_t more;
    if (!checked_mul(index->numel(), sizeof(int64_t), &more) || !checked_add(bytes, more, &bytes)) {
      return fail(ErrorCode::invalid_argument, "indices: the masks are too large");
    }
  }
  return bytes;
}

std::span<int64_t> scratch_of(const KernelContext& context) {
  return {reinterpret_cast<int64_t*>(context.scratch.data()), context.scratch.size() / sizeof(int64_t)};
}

// index.Tensor_out(Tensor self, Tensor?[] indices, *, out)
Result<void> index(KernelContext& context, KernelArgs args) {
  const Tensor& self = args.tensor(0);
  Tensor& out = args.tensor(2);
  INGOT_TRY_VOID(check_same_dtype(self, "self", out, "out"));
  INGOT_TRY_VOID(check_data(self, "self"));
  const IndexPlan plan = INGOT_TRY(make_plan(self, args.tensors(1), scratch_of(context)));
  INGOT_TRY_VOID(out.resize(plan.result.span()));
  INGOT_TRY_VOID(check_data(out, "out"));
  const size_t size = size_of(self.dtype());
  return for_each_indexed(plan, self, out.strides(),
                          [&](int64_t from, int64_t to, size_t count, int64_t from_step, int64_t to_step) {
                            copy_run(element_at(out, to), to_step, element_at(self, from), from_step, count, size);
                          });
}

template <typename C>
Result<void> add_values(const IndexPlan& plan, const Tensor& out, const Tensor& values,
                        std::span<const int64_t> value_strides) {
  const LoadBlock<C> load = load_block<C>(out.dtype());
  const StoreBlock<C> store = store_block<C>(out.dtype());
  const int64_t size = static_cast<int64_t>(size_of(out.dtype()));
  return for_each_indexed(plan, out, value_strides,
                          [&](int64_t to, int64_t from, size_t count, int64_t to_step, int64_t from_step) {
                            for (int64_t i = 0; i < static_cast<int64_t>(count); ++i) {
                              std::byte* element = element_at(out, to) + i * to_step * size;
                              C before, more;
                              load(&before, element, 1, 1);
                              load(&more, element_at(values, from) + i * from_step * size, 1, 1);
                              const C sum = wrapping_add(before, more);
                              store(element, 1, &sum, 1);
                            }
                          });
}

// index_put_(Tensor(a!) self, Tensor?[] indices, Tensor values, bool accumulate), where out is self, and
// index_put.out(Tensor self, Tensor?[] indices, Tensor values, bool accumulate, *, out): a copy of self in which the
// chosen elements are replaced by `values` (broadcast), or have them added. Where an element is chosen more than once
// the last value stays.
template <size_t kOut>
Result<void> index_put(KernelContext& context, KernelArgs args) {
  const Tensor& self = args.tensor(0);
  const Tensor& values = args.tensor(2);
  const bool accumulate = args.boolean(3);
  Tensor& out = args.tensor(kOut);
  INGOT_TRY_VOID(check_same_dtype(self, "self", out, "out"));
  INGOT_TRY_VOID(check_same_dtype(self, "self", values, "values"));
  INGOT_TRY_VOID(check_data(self, "self"));
  INGOT_TRY_VOID(check_data(values, "values"));
  if (accumulate) INGOT_TRY_VOID(check_dtype_in(self, kComputable, "self"));
  const IndexPlan plan = INGOT_TRY(make_plan(self, args.tensors(1), scratch_of(context)));
  if (values.rank() > plan.result.rank) {
    return fail(ErrorCode::invalid_argument, "values: expected a rank of at most %zu, found %zu", plan.result.rank,
                values.rank());
  }
  std::array<int64_t, kMaxRank> value_strides;
  for (size_t d = 0; d < plan.result.rank; ++d) {
    const size_t missing = plan.result.rank - values.rank();
    if (d >= missing && values.size(d - missing) != 1 && values.size(d - missing) != plan.result.sizes[d]) {
      return fail(ErrorCode::invalid_argument, "values: size %d does not broadcast to %d", values.size(d - missing),
                  plan.result.sizes[d]);
    }
    value_strides[d] = broadcast_stride(values, d, plan.result.rank);
  }
  INGOT_TRY_VOID(out.resize(self.sizes()));
  INGOT_TRY_VOID(check_data(out, "out"));
  if (self.numel() > 0 && self.data() != out.data()) strided_copy(context, StridedView(out), StridedView(self));
  const std::span<const int64_t> strides = std::span(value_strides).first(plan.result.rank);
  if (!accumulate) {
    const size_t size = size_of(self.dtype());
    return for_each_indexed(plan, out, strides,
                            [&](int64_t to, int64_t from, size_t count, int64_t to_step, int64_t from_step) {
                              copy_run(element_at(out, to), to_step, element_at(values, from), from_step, count, size);
                            });
  }
  if (self.dtype() == DType::float64) return add_values<double>(plan, out, values, strides);
  return is_floating(self.dtype()) ? add_values<float>(plan, out, values, strides)
                                   : add_values<int64_t>(plan, out, values, strides);
}

constexpr Kernel kRows[] = {
    {"aten::index.Tensor_out", "TmO", index, mask_scratch},
    {"aten::index_put.out", "TmTbO", index_put<4>, mask_scratch},
    {"aten::index_put_", "OmTb", index_put<0>, mask_scratch},
};

}  // namespace

std::span<const Kernel> advanced_indexing_kernels() {
  return selected<kRows>();
}

}  // namespace ingot::portable
