// Distances between points by the p-norm of their difference, summed in double.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>

#include "runtime/core/parallel.h"
#include "runtime/kernels/portable/checks.h"
#include "runtime/kernels/portable/element_blocks.h"
#include "runtime/kernels/portable/families.h"
#include "runtime/kernels/portable/strided_loop.h"
#include "runtime/kernels/selection.h"

namespace ingot::portable {
namespace {

// Norms that need no powers have loops of their own; the first is the number of coordinates that differ.
enum class Norm : uint8_t { zero, one, two, infinity, any };

Result<Norm> norm_of(double p) {
  if (!(p >= 0)) return fail(ErrorCode::invalid_argument, "p: expected 0 or more, found %g", p);
  if (p == 0) return Norm::zero;
  if (p == 1) return Norm::one;
  if (p == 2) return Norm::two;
  return std::isinf(p) ? Norm::infinity : Norm::any;
}

// A vector of coordinates inside a tensor.
struct Point {
  const std::byte* data;
  int64_t stride;
};

double distance(DType dtype, Point a, Point b, int64_t coordinates, Norm norm, double p) {
  const LoadBlock<double> load = load_block<double>(dtype);
  const int64_t size = static_cast<int64_t>(size_of(dtype));
  std::array<double, kBlock> x, y;
  double total = 0;
  for (int64_t begin = 0; begin < coordinates; begin += static_cast<int64_t>(kBlock)) {
    const size_t n = static_cast<size_t>(std::min(static_cast<int64_t>(kBlock), coordinates - begin));
    load(x.data(), a.data + begin * a.stride * size, a.stride, n);
    load(y.data(), b.data + begin * b.stride * size, b.stride, n);
    for (size_t i = 0; i < n; ++i) x[i] = std::abs(x[i] - y[i]);
    for (size_t i = 0; i < n; ++i) {
      switch (norm) {
        case Norm::zero:
          total += x[i] != 0 ? 1 : 0;
          break;
        case Norm::one:
          total += x[i];
          break;
        case Norm::two:
          total += x[i] * x[i];
          break;
        case Norm::infinity:
          total = x[i] > total || x[i] != x[i] ? x[i] : total;
          break;
        case Norm::any:
          total += std::pow(x[i], p);
          break;
      }
    }
  }
  if (norm == Norm::two) return std::sqrt(total);
  return norm == Norm::any ? std::pow(total, 1 / p) : total;
}

// The dimensions of x1 and x2 before the last two, broadcast, and then one of each.
Result<Sizes> cdist_sizes(const Tensor& x1, const Tensor& x2) {
  INGOT_TRY_VOID(check_rank_between(x1, 2, kMaxRank, "x1"));
  INGOT_TRY_VOID(check_rank_between(x2, 2, kMaxRank, "x2"));
  const size_t rank = std::max(x1.rank(), x2.rank());
  const auto size_at = [&](const Tensor& x, size_t d) { return d + x.rank() < rank ? 1 : x.size(d + x.rank() - rank); };
  if (size_at(x1, rank - 1) != size_at(x2, rank - 1)) {
    return fail(ErrorCode::invalid_argument, "x1 and x2: expected points of as many coordinates, found %d and %d",
                size_at(x1, rank - 1), size_at(x2, rank - 1));
  }
  Sizes sizes;
  for (size_t d = 0; d + 2 < rank; ++d) {
    const int32_t a = size_at(x1, d), b = size_at(x2, d);
    if (a != b && a != 1 && b != 1) {
      return fail(ErrorCode::invalid_argument, "shapes do not broadcast: dimension %zu has sizes %d and %d", d, a, b);
    }
    INGOT_TRY_VOID(sizes.append(a == 1 ? b : a));
  }
  INGOT_TRY_VOID(sizes.append(size_at(x1, rank - 2)));
  INGOT_TRY_VOID(sizes.append(size_at(x2, rank - 2)));
  return sizes;
}

// _cdist_forward.out(Tensor x1, Tensor x2, float p, int? compute_mode, *, out): from every point of x1 [..., P, M] to
// every point of x2 [..., R, M]. compute_mode chooses between ways to the same answer.
Result<void> cdist(KernelContext& context, KernelArgs args) {
  const Tensor& x1 = args.tensor(0);
  const Tensor& x2 = args.tensor(1);
  const double p = args.real(2);
  Tensor& out = args.tensor(4);
  const Norm norm = INGOT_TRY(norm_of(p));
  INGOT_TRY_VOID(check_dtype_in(x1, kFloats, "x1"));
  INGOT_TRY_VOID(check_same_dtype(x1, "x1", x2, "x2"));
  INGOT_TRY_VOID(check_same_dtype(x1, "x1", out, "out"));
  const Sizes sizes = INGOT_TRY(cdist_sizes(x1, x2));
  INGOT_TRY_VOID(out.resize(sizes.span()));
  INGOT_TRY_VOID(check_data(x1, "x1"));
  INGOT_TRY_VOID(check_data(x2, "x2"));
  INGOT_TRY_VOID(check_data(out, "out"));
  StridedLoop loop(3);
  for (size_t d = 0; d < sizes.rank; ++d) {
    const bool row = d + 2 == sizes.rank, column = d + 1 == sizes.rank;
    const int64_t s1 = row ? x1.strides()[x1.rank() - 2] : column ? 0 : broadcast_stride(x1, d, sizes.rank);
    const int64_t s2 = row ? 0 : column ? x2.strides()[x2.rank() - 2] : broadcast_stride(x2, d, sizes.rank);
    loop.add_dim(sizes.sizes[d], {out.strides()[d], s1, s2});
  }
  loop.simplify();
  const int64_t coordinates = x1.size(x1.rank() - 1);
  const int64_t stride1 = x1.strides()[x1.rank() - 1], stride2 = x2.strides()[x2.rank() - 1];
  const StoreBlock<double> store = store_block<double>(out.dtype());
  parallel_for(context.parallel, loop.count, 64, [&](size_t begin, size_t end) {
    for_each_row(loop, begin, end, [&](const int64_t* offsets, size_t n) {
      const auto& steps = loop.strides[loop.rank - 1];
      for (int64_t i = 0; i < static_cast<int64_t>(n); ++i) {
        const Point a{element_at(x1, offsets[1] + i * steps[1]), stride1},
            b{element_at(x2, offsets[2] + i * steps[2]), stride2};
        const double result = distance(x1.dtype(), a, b, coordinates, norm, p);
        store(element_at(out, offsets[0] + i * steps[0]), 1, &result, 1);
      }
    });
  });
  return {};
}

// _pdist_forward.out(Tensor self, float p, *, out): between the points of one set, each pair once: 0 and 1, 0 and 2,
// ...
Result<void> pdist(KernelContext&, KernelArgs args) {
  const Tensor& self = args.tensor(0);
  const double p = args.real(1);
  Tensor& out = args.tensor(2);
  const Norm norm = INGOT_TRY(norm_of(p));
  INGOT_TRY_VOID(check_dtype_in(self, kFloats, "self"));
  INGOT_TRY_VOID(check_rank(self, 2, "self"));
  INGOT_TRY_VOID(check_same_dtype(self, "self", out, "out"));
  const int64_t points = self.size(0);
  const std::array<int32_t, 1> sizes = {INGOT_TRY(to_size(points * (points - 1) / 2, "out"))};
  INGOT_TRY_VOID(out.resize(sizes));
  INGOT_TRY_VOID(check_data(self, "self"));
  INGOT_TRY_VOID(check_data(out, "out"));
  const StoreBlock<double> store = store_block<double>(out.dtype());
  int64_t next = 0;
  for (int64_t i = 0; i < points; ++i) {
    for (int64_t j = i + 1; j < points; ++j) {
      const Point a{element_at(self, i * self.strides()[0]), self.strides()[1]};
      const Point b{element_at(self, j * self.strides()[0]), self.strides()[1]};
      const double result = distance(self.dtype(), a, b, self.size(1), norm, p);
      store(element_at(out, next++), 1, &result, 1);
    }
  }
  return {};
}

constexpr Kernel kRows[] = {
    {"aten::_cdist_forward.out", "TTfi?O", cdist},
    {"aten::_pdist_forward.out", "TfO", pdist},
};

}  // namespace

std::span<const Kernel> distance_kernels() {
  return selected<kRows>();
}

}  // namespace ingot::portable
