// Where the largest or smallest element is. NaN wins over every number, and of equals the first.
#include <algorithm>
#include <array>
#include <span>

#include "runtime/kernels/portable/checks.h"
#include "runtime/kernels/portable/element_blocks.h"
#include "runtime/kernels/portable/families.h"
#include "runtime/kernels/portable/reduction_plan.h"
#include "runtime/kernels/selection.h"

namespace ingot::portable {
namespace {

constexpr size_t kGrain = 16384;

enum class Side : uint8_t { largest, smallest };

// Does b take the place of a, which comes before it?
template <Side kSide, typename C>
bool beats(C b, C a) {
  const bool better = kSide == Side::largest ? b > a : b < a;
  return better || (b != b && a == a);
}

// The indices into the reduced points, in their order.
template <Side kSide, typename C>
void find(KernelContext& context, const ReductionPlan& plan, const Tensor& self, const Tensor& indices) {
  const LoadBlock<C> load = load_block<C>(self.dtype());
  const int64_t element = static_cast<int64_t>(size_of(self.dtype()));
  const int64_t out_stride = plan.kept.strides[plan.kept.rank - 1][0];
  const int64_t in_stride = plan.kept.strides[plan.kept.rank - 1][1];
  const int64_t stride = plan.reduced.strides[plan.reduced.rank - 1][0];
  const size_t width = plan.many_at_once ? kBlock : 1;
  const size_t grain = std::max<size_t>(1, kGrain / std::max<size_t>(1, plan.reduced.count));
  parallel_for(context.parallel, plan.kept.count, grain, [&](size_t begin, size_t end) {
    alignas(64) C block[kBlock], best[kBlock];
    alignas(64) int64_t index[kBlock];
    for_each_row(plan.kept, begin, end, [&](const int64_t* out_offsets, size_t out_row) {
      for (size_t done = 0; done < out_row; done += width) {
        const size_t n = std::min(width, out_row - done);
        const std::byte* in =
            self.data_as<std::byte>() + (out_offsets[1] + static_cast<int64_t>(done) * in_stride) * element;
        int64_t at = 0;
        for_each_row(plan.reduced, 0, plan.reduced.count, [&](const int64_t* offsets, size_t row) {
          const std::byte* from = in + offsets[0] * element;
          const size_t chunk = plan.many_at_once ? 1 : kBlock;
          for (size_t i = 0; i < row; i += chunk) {
            const std::byte* start = from + static_cast<int64_t>(i) * stride * element;
            if (plan.many_at_once) {
              load(block, start, in_stride, n);
              for (size_t k = 0; k < n; ++k) {
                const bool takes = at == 0 || beats<kSide>(block[k], best[k]);
                best[k] = takes ? block[k] : best[k];
                index[k] = takes ? at : index[k];
              }
              ++at;
              continue;
            }
            const size_t count = std::min(chunk, row - i);
            load(block, start, stride, count);
            for (size_t k = 0; k < count; ++k, ++at) {
              if (at != 0 && !beats<kSide>(block[k], *best)) continue;
              *best = block[k];
              *index = at;
            }
          }
        });
        int64_t* out = indices.data_as<int64_t>() + out_offsets[0] + static_cast<int64_t>(done) * out_stride;
        for (size_t k = 0; k < n; ++k) out[static_cast<int64_t>(k) * out_stride] = index[k];
      }
    });
  });
}

template <Side kSide>
Result<void> find_indices(KernelContext& context, const Tensor& self, uint32_t mask, bool keepdim, Tensor& indices) {
  INGOT_TRY_VOID(check_dtype_in(self, kComputable, "self"));
  INGOT_TRY_VOID(check_dtype(indices, DType::int64, "out"));
  INGOT_TRY_VOID(check_data(self, "self"));
  INGOT_TRY_VOID(indices.resize(reduced_sizes(self, mask, keepdim).span()));
  INGOT_TRY_VOID(check_data(indices, "out"));
  const ReductionPlan plan = plan_reduction(self, mask, keepdim, indices, true);
  if (plan.reduced.count == 0 && indices.numel() != 0) {
    return fail(ErrorCode::invalid_argument, "self: there is no largest or smallest of no elements");
  }
  if (is_floating(self.dtype())) {
    find<kSide, double>(context, plan, self, indices);
  } else {
    find<kSide, int64_t>(context, plan, self, indices);
  }
  return {};
}

// argmax.out, argmin.out(Tensor self, int? dim, bool keepdim, *, out): without dim the index into all elements in a
// row.
template <Side kSide>
Result<void> arg(KernelContext& context, KernelArgs args) {
  const Tensor& self = args.tensor(0);
  uint32_t mask = INGOT_TRY(reduced_dims({}, self.rank()));
  if (args.has(1)) mask = uint32_t{1} << INGOT_TRY(normalize_axis(args.integer(1), self.rank()));
  return find_indices<kSide>(context, self, mask, args.boolean(2), args.tensor(3));
}

// max.dim_max, min.dim_min(Tensor self, int dim, bool keepdim, *, values, indices)
template <Side kSide>
Result<void> with_values(KernelContext& context, KernelArgs args) {
  const Tensor& self = args.tensor(0);
  const bool keepdim = args.boolean(2);
  Tensor& values = args.tensor(3);
  Tensor& indices = args.tensor(4);
  const size_t dim = INGOT_TRY(normalize_axis(args.integer(1), self.rank()));
  const uint32_t mask = uint32_t{1} << dim;
  INGOT_TRY_VOID(check_same_dtype(self, "self", values, "values"));
  INGOT_TRY_VOID(values.resize(reduced_sizes(self, mask, keepdim).span()));
  INGOT_TRY_VOID(check_data(values, "values"));
  INGOT_TRY_VOID(find_indices<kSide>(context, self, mask, keepdim, indices));
  // The values are those at the indices.
  const int64_t stride = self.rank() == 0 ? 0 : self.strides()[dim];
  const size_t element = size_of(self.dtype());
  StridedLoop loop(3);
  size_t out_dim = 0;
  for (size_t d = 0; d < self.rank(); ++d) {
    if (d != dim) {
      loop.add_dim(self.size(d), {values.strides()[out_dim], indices.strides()[out_dim], self.strides()[d]});
    }
    out_dim += d != dim || keepdim ? 1 : 0;
  }
  loop.simplify();
  const std::array<int64_t, StridedLoop::kMaxOperands> s = loop.strides[loop.rank - 1];
  for_each_row(loop, 0, loop.count, [&](const int64_t* offsets, size_t n) {
    for (int64_t i = 0; i < static_cast<int64_t>(n); ++i) {
      const int64_t index = indices.data_as<int64_t>()[offsets[1] + i * s[1]];
      const int64_t from = offsets[2] + i * s[2] + index * stride;
      std::copy_n(self.data_as<std::byte>() + static_cast<size_t>(from) * element, element,
                  values.data_as<std::byte>() + static_cast<size_t>(offsets[0] + i * s[0]) * element);
    }
  });
  return {};
}

constexpr Kernel kRows[] = {
    {"aten::argmax.out", "Ti?bO", arg<Side::largest>},
    {"aten::argmin.out", "Ti?bO", arg<Side::smallest>},
    {"aten::max.dim_max", "TibOO", with_values<Side::largest>},
    {"aten::min.dim_min", "TibOO", with_values<Side::smallest>},
};

}  // namespace

std::span<const Kernel> arg_reduction_kernels() {
  return selected<kRows>();
}

}  // namespace ingot::portable
