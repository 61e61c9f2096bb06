// topk: the k largest or smallest elements along an axis.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "runtime/core/checked_math.h"
#include "runtime/kernels/portable/checks.h"
#include "runtime/kernels/portable/element_blocks.h"
#include "runtime/kernels/portable/families.h"
#include "runtime/kernels/portable/strided_loop.h"
#include "runtime/kernels/selection.h"

namespace ingot::portable {
namespace {

// An element of a line; 16 bytes for every dtype.
template <typename C>
struct Candidate {
  C value;
  int64_t index;
};

// A total order, largest first (or smallest first): what is not a number counts as largest, equals keep their order.
template <typename C>
bool precedes(const Candidate<C>& a, const Candidate<C>& b, bool largest) {
  const bool a_nan = a.value != a.value, b_nan = b.value != b.value;
  if (a_nan != b_nan) return a_nan == largest;
  if (a_nan || a.value == b.value) return a.index < b.index;
  return largest ? a.value > b.value : a.value < b.value;
}

struct Lines {
  const Tensor& self;
  const Tensor& values;
  const Tensor& indices;
  size_t count;  // elements of a line
  size_t k;
  int64_t self_step, values_step, indices_step;
  bool largest;
};

template <typename C>
void select(const Lines& lines, const StridedLoop& others, std::byte* scratch) {
  const LoadBlock<C> load = load_block<C>(lines.self.dtype());
  const StoreBlock<C> store = store_block<C>(lines.self.dtype());
  const std::span<Candidate<C>> candidates(reinterpret_cast<Candidate<C>*>(scratch), lines.count);
  const auto before = [&](const Candidate<C>& a, const Candidate<C>& b) { return precedes(a, b, lines.largest); };
  for_each_row(others, 0, others.count, [&](const int64_t* starts, size_t n) {
    const auto& steps = others.strides[others.rank - 1];
    for (int64_t row = 0; row < static_cast<int64_t>(n); ++row) {
      int64_t offset = starts[0] + row * steps[0];
      for (size_t i = 0; i < lines.count; ++i, offset += lines.self_step) {
        load(&candidates[i].value, element_at(lines.self, offset), 1, 1);
        candidates[i].index = static_cast<int64_t>(i);
      }
      std::partial_sort(candidates.begin(), candidates.begin() + static_cast<ptrdiff_t>(lines.k), candidates.end(),
                        before);
      for (int64_t i = 0; i < static_cast<int64_t>(lines.k); ++i) {
        const Candidate<C>& chosen = candidates[static_cast<size_t>(i)];
        store(element_at(lines.values, starts[1] + row * steps[1] + i * lines.values_step), 1, &chosen.value, 1);
        lines.indices.data_as<int64_t>()[starts[2] + row * steps[2] + i * lines.indices_step] = chosen.index;
      }
    }
  });
}

size_t line_length(const Tensor& self, size_t axis) {
  return self.rank() == 0 ? 1 : static_cast<size_t>(self.size(axis));
}

Result<size_t> line_scratch(KernelArgs args) {
  const Tensor& self = args.tensor(0);
  const size_t axis = INGOT_TRY(normalize_axis(args.integer(2), self.rank()));
  size_t bytes;
  if (!checked_mul(line_length(self, axis), sizeof(Candidate<double>), &bytes)) {
    return fail(ErrorCode::invalid_argument, "self: too large");
  }
  return bytes;
}

// topk.values(Tensor self, int k, int dim, bool largest, bool sorted, *, values, indices): always sorted.
Result<void> topk(KernelContext& context, KernelArgs args) {
  const Tensor& self = args.tensor(0);
  const int64_t k = args.integer(1);
  Tensor& values = args.tensor(5);
  Tensor& indices = args.tensor(6);
  INGOT_TRY_VOID(check_dtype_in(self, kNumbers, "self"));
  INGOT_TRY_VOID(check_same_dtype(self, "self", values, "values"));
  INGOT_TRY_VOID(check_dtype(indices, DType::int64, "indices"));
  const size_t axis = INGOT_TRY(normalize_axis(args.integer(2), self.rank()));
  const size_t count = line_length(self, axis);
  if (k < 0 || static_cast<size_t>(k) > count) {
    return fail(ErrorCode::invalid_argument, "k: expected 0 to %zu, found %lld", count, static_cast<long long>(k));
  }
  Sizes sizes(self.sizes());
  if (self.rank() > 0) sizes.sizes[axis] = static_cast<int32_t>(k);
  INGOT_TRY_VOID(values.resize(sizes.span()));
  INGOT_TRY_VOID(indices.resize(sizes.span()));
  INGOT_TRY_VOID(check_data(self, "self"));
  INGOT_TRY_VOID(check_data(values, "values"));
  INGOT_TRY_VOID(check_data(indices, "indices"));
  if (values.numel() == 0 || k == 0) return {};
  if (context.scratch.size() / sizeof(Candidate<double>) < count) {
    return fail(ErrorCode::invalid_state, "topk: the scratch memory is too small for %zu elements", count);
  }

  StridedLoop others(3);
  Lines lines{self, values, indices, count, static_cast<size_t>(k), 1, 1, 1, args.boolean(3)};
  for (size_t dim = 0; dim < self.rank(); ++dim) {
    if (dim == axis) {
      lines.self_step = self.strides()[dim];
      lines.values_step = values.strides()[dim];
      lines.indices_step = indices.strides()[dim];
    } else {
      others.add_dim(self.size(dim), {self.strides()[dim], values.strides()[dim], indices.strides()[dim]});
    }
  }
  others.simplify();
  const auto run = self.dtype() == DType::float64 ? select<double>
                   : is_floating(self.dtype())    ? select<float>
                                                  : select<int64_t>;
  run(lines, others, context.scratch.data());
  return {};
}

constexpr Kernel kRows[] = {
    {"aten::topk.values", "TiibbOO", topk, line_scratch},
};

}  // namespace

std::span<const Kernel> topk_kernels() {
  return selected<kRows>();
}

}  // namespace ingot::portable
