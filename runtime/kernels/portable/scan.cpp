// Running totals along a dimension.
#include <algorithm>
#include <cstdlib>
#include <span>

#include "runtime/kernels/portable/checks.h"
#include "runtime/kernels/portable/element_blocks.h"
#include "runtime/kernels/portable/families.h"
#include "runtime/kernels/portable/reduction_plan.h"
#include "runtime/kernels/portable/wrapping.h"
#include "runtime/kernels/selection.h"

namespace ingot::portable {
namespace {

constexpr size_t kGrain = 16384;

// Elements as bools: 0 or 1.
template <typename C>
void make_truth(C* block, size_t n) {
  for (size_t i = 0; i < n; ++i) block[i] = block[i] != 0 ? 1 : 0;
}

// The other dimensions are the loop; `out_step` and `in_step` lead along the summed one.
template <typename C>
void sum_along(KernelContext& context, const StridedLoop& loop, int64_t size, int64_t out_step, int64_t in_step,
               const Tensor& self, const Tensor& out) {
  const bool truth = out.dtype() == DType::boolean;
  const LoadBlock<C> load = load_block<C>(self.dtype());
  const StoreBlock<C> store = store_block<C>(out.dtype());
  const int64_t in_element = static_cast<int64_t>(size_of(self.dtype()));
  const int64_t out_element = static_cast<int64_t>(size_of(out.dtype()));
  const int64_t out_stride = loop.strides[loop.rank - 1][0];
  const int64_t in_stride = loop.strides[loop.rank - 1][1];
  // Along the dimension, or over many sums at once where those lie closer together.
  const bool many = loop.sizes[loop.rank - 1] > 1 && in_stride < in_step;
  const size_t width = many ? kBlock : 1;
  const size_t grain = std::max<size_t>(1, kGrain / static_cast<size_t>(std::max<int64_t>(1, size)));
  parallel_for(context.parallel, loop.count, grain, [&](size_t begin, size_t end) {
    alignas(64) C block[kBlock], totals[kBlock];
    for_each_row(loop, begin, end, [&](const int64_t* offsets, size_t row) {
      for (size_t done = 0; done < row; done += width) {
        const size_t n = std::min(width, row - done);
        const std::byte* in =
            self.data_as<std::byte>() + (offsets[1] + static_cast<int64_t>(done) * in_stride) * in_element;
        std::byte* to = out.data_as<std::byte>() + (offsets[0] + static_cast<int64_t>(done) * out_stride) * out_element;
        std::fill_n(totals, n, C{0});
        for (int64_t i = 0; i < size;) {
          const int64_t steps = many ? 1 : std::min<int64_t>(kBlock, size - i);
          const std::byte* from = in + i * in_step * in_element;
          std::byte* next = to + i * out_step * out_element;
          i += steps;
          if (many) {
            load(block, from, in_stride, n);
            if (truth) make_truth(block, n);
            for (size_t k = 0; k < n; ++k) totals[k] = wrapping_add(totals[k], block[k]);
            store(next, out_stride, totals, n);
          } else {
            load(block, from, in_step, static_cast<size_t>(steps));
            if (truth) make_truth(block, static_cast<size_t>(steps));
            for (int64_t k = 0; k < steps; ++k) block[k] = *totals = wrapping_add(*totals, block[k]);
            store(next, out_step, block, static_cast<size_t>(steps));
          }
        }
      }
    });
  });
}

// cumsum.out(Tensor self, int dim, *, ScalarType? dtype, out): integers are summed as int64, unless dtype says
// otherwise.
Result<void> cumsum(KernelContext& context, KernelArgs args) {
  const Tensor& self = args.tensor(0);
  Tensor& out = args.tensor(3);
  INGOT_TRY_VOID(check_dtype_in(self, kComputable, "self"));
  const DType natural = is_floating(self.dtype()) ? self.dtype() : DType::int64;
  INGOT_TRY_VOID(check_dtype(out, args.has(2) ? static_cast<DType>(args.integer(2)) : natural, "out"));
  INGOT_TRY_VOID(check_dtype_in(out, kComputable, "out"));
  const size_t dim = INGOT_TRY(normalize_axis(args.integer(1), self.rank()));
  INGOT_TRY_VOID(out.resize(self.sizes()));
  INGOT_TRY_VOID(check_data(self, "self"));
  INGOT_TRY_VOID(check_data(out, "out"));
  if (self.numel() == 0) return {};
  StridedLoop loop(2);
  for (size_t d = 0; d < self.rank(); ++d) {
    if (d != dim) loop.add_dim(self.size(d), {out.strides()[d], self.strides()[d]});
  }
  loop.simplify();
  const int64_t size = self.rank() == 0 ? 1 : self.size(dim);
  const int64_t out_step = self.rank() == 0 ? 1 : out.strides()[dim];
  const int64_t in_step = self.rank() == 0 ? 1 : self.strides()[dim];
  if (is_floating(out.dtype() == DType::boolean ? self.dtype() : out.dtype())) {
    sum_along<double>(context, loop, size, out_step, in_step, self, out);
  } else {
    sum_along<int64_t>(context, loop, size, out_step, in_step, self, out);
  }
  return {};
}

constexpr Kernel kRows[] = {
    {"aten::cumsum.out", "Tii?O", cumsum},
};

}  // namespace

std::span<const Kernel> scan_kernels() {
  return selected<kRows>();
}

}  // namespace ingot::portable
