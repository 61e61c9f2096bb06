// mm, bmm, addmm. float32 goes through the blocked product, or where the left side has only a few rows, straight over
// the rows of the right side; other dtypes through blocks of float, double or (wrapping) 64-bit integers.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "runtime/core/parallel.h"
#include "runtime/kernels/portable/block_product.h"
#include "runtime/kernels/portable/checks.h"
#include "runtime/kernels/portable/element_blocks.h"
#include "runtime/kernels/portable/families.h"

namespace ingot::portable {
namespace {

// One matrix, or a batch of them.
struct Matrices {
  std::byte* data = nullptr;
  int64_t batch = 0;  // strides, in elements
  int64_t row = 0;
  int64_t column = 0;
};

Matrices matrices(const Tensor& tensor) {
  const std::span<const int64_t> s = tensor.strides();
  const size_t rank = s.size();
  return {tensor.data_as<std::byte>(), rank == 3 ? s[0] : 0, s[rank - 2], s[rank - 1]};
}

// out[b] = alpha * a[b] * b[b] + beta * start
struct Product {
  DType dtype;
  size_t batch, rows, depth, columns;
  Matrices a, b, out;
  bool has_start = false;
  Matrices start;  // broadcast by strides of 0
  Scalar alpha{Value::Kind::integer, 0, 1};
  Scalar beta{Value::Kind::integer, 0, 1};
};

// What an element of the product is multiplied by and added to.
template <typename C>
struct Finish {
  C alpha;
  C beta;

  C operator()(C sum, C start) const { return alpha * sum + beta * start; }
};

constexpr size_t kFewRows = 4;
constexpr size_t kColumnBlock = 64;

// Row by row over b, whose rows are consecutive: nothing is copied first.
void multiply_few_rows(const Product& p, const float* a, const float* b, const float* start, float* out,
                       size_t column_begin, size_t columns, size_t row) {
  const float alpha = p.alpha.to<float>(), beta = p.beta.to<float>();
  std::array<float, kColumnBlock> sums{};
  a += static_cast<int64_t>(row) * p.a.row;
  for (size_t k = 0; k < p.depth; ++k) {
    const float factor = a[static_cast<int64_t>(k) * p.a.column];
    const float* from = b + static_cast<int64_t>(k) * p.b.row + static_cast<int64_t>(column_begin);
    if (columns == kColumnBlock) {
      for (size_t i = 0; i < kColumnBlock; ++i) sums[i] += factor * from[i];
    } else {
      for (size_t i = 0; i < columns; ++i) sums[i] += factor * from[i];
    }
  }
  for (size_t i = 0; i < columns; ++i) {
    const int64_t column = static_cast<int64_t>(column_begin + i);
    float result = alpha * sums[i];
    if (start != nullptr) result += beta * start[static_cast<int64_t>(row) * p.start.row + column * p.start.column];
    out[static_cast<int64_t>(row) * p.out.row + column * p.out.column] = result;
  }
}

void multiply_panel(const Product& p, const float* a, const float* b, const float* start, float* out,
                    size_t column_begin, size_t columns, size_t row_begin, size_t row_end) {
  const float alpha = p.alpha.to<float>(), beta = p.beta.to<float>();
  const auto gather = [&](size_t row, size_t k_begin, size_t k_end, float* to) {
    for (size_t k = k_begin; k < k_end; ++k) {
      *to++ = a[static_cast<int64_t>(row) * p.a.row + static_cast<int64_t>(k) * p.a.column];
    }
  };
  const bool flat = p.a.column == 1 || p.depth == 1;
  const LeftRows<decltype(gather)> left{flat ? a : nullptr, static_cast<size_t>(p.a.row), gather};
  const auto fill = [&](size_t k_begin, size_t k_end, float* panel) {
    for (size_t k = k_begin; k < k_end; ++k, panel += kPanelColumns) {
      const float* from = b + static_cast<int64_t>(k) * p.b.row + static_cast<int64_t>(column_begin) * p.b.column;
      if (p.b.column == 1) {
        for (size_t i = 0; i < columns; ++i) panel[i] = from[i];
      } else {
        for (size_t i = 0; i < columns; ++i) panel[i] = from[static_cast<int64_t>(i) * p.b.column];
      }
    }
  };
  const auto store = [&](size_t row, size_t rows, size_t column, size_t count, const Tile& tile, bool first) {
    for (size_t r = 0; r < rows; ++r) {
      const int64_t y = static_cast<int64_t>(row + r), x = static_cast<int64_t>(column_begin + column);
      float* to = out + y * p.out.row + x * p.out.column;
      const float* sums = tile + r * kTileColumns;
      for (size_t i = 0; i < count; ++i) {
        const int64_t step = static_cast<int64_t>(i);
        float before = 0;
        if (!first) {
          before = to[step * p.out.column];
        } else if (start != nullptr) {
          before = beta * start[y * p.start.row + (x + step) * p.start.column];
        }
        to[step * p.out.column] = before + alpha * sums[i];
      }
    }
  };
  multiply_block(left, row_begin, row_end, p.depth, columns, fill, store);
}

void multiply_float(const Parallel& parallel, const Product& p) {
  const bool few = p.rows < kFewRows && p.b.column == 1;
  const size_t width = few ? kColumnBlock : kPanelColumns;
  const size_t blocks = (p.columns + width - 1) / width;
  const RowShares shares = few ? RowShares{1, p.rows} : share_rows(parallel.threads, p.batch * blocks, p.rows);
  parallel_for(parallel, p.batch * blocks * shares.count, 1, [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) {
      const size_t row_begin = i % shares.count * shares.rows;
      const size_t row_end = std::min(p.rows, row_begin + shares.rows);
      const int64_t batch = static_cast<int64_t>(i / shares.count / blocks);
      const size_t column = i / shares.count % blocks * width;
      const size_t columns = std::min(width, p.columns - column);
      const float* a = reinterpret_cast<const float*>(p.a.data) + batch * p.a.batch;
      const float* b = reinterpret_cast<const float*>(p.b.data) + batch * p.b.batch;
      const float* start = p.has_start ? reinterpret_cast<const float*>(p.start.data) : nullptr;
      float* out = reinterpret_cast<float*>(p.out.data) + batch * p.out.batch;
      if (few) {
        for (size_t row = row_begin; row < row_end; ++row) {
          multiply_few_rows(p, a, b, start, out, column, columns, row);
        }
      } else {
        multiply_panel(p, a, b, start, out, column, columns, row_begin, row_end);
      }
    }
  });
}

// Sums of products in C; for integers in uint64_t, so that they wrap as PyTorch's do.
template <typename C, typename Sum>
void multiply_any(const Parallel& parallel, const Product& p) {
  const size_t size = size_of(p.dtype);
  const LoadBlock<C> load = load_block<C>(p.dtype);
  const StoreBlock<C> store = store_block<C>(p.dtype);
  const Finish<Sum> finish{static_cast<Sum>(p.alpha.to<C>()), static_cast<Sum>(p.beta.to<C>())};
  const auto at = [size](const Matrices& m, size_t batch, size_t row, size_t column) {
    return m.data + (static_cast<int64_t>(batch) * m.batch + static_cast<int64_t>(row) * m.row +
                     static_cast<int64_t>(column) * m.column) *
                        static_cast<int64_t>(size);
  };
  parallel_for(parallel, p.batch * p.rows, 1, [&](size_t begin, size_t end) {
    std::array<Sum, kBlock> sums;
    std::array<C, kBlock> x;
    for (size_t i = begin; i < end; ++i) {
      const size_t batch = i / p.rows, row = i % p.rows;
      for (size_t column = 0; column < p.columns; column += kBlock) {
        const size_t n = std::min(kBlock, p.columns - column);
        std::fill_n(sums.begin(), n, Sum{0});
        for (size_t k = 0; k < p.depth; ++k) {
          C factor;
          load(&factor, at(p.a, batch, row, k), 1, 1);
          load(x.data(), at(p.b, batch, k, column), p.b.column, n);
          for (size_t j = 0; j < n; ++j) sums[j] += static_cast<Sum>(factor) * static_cast<Sum>(x[j]);
        }
        if (p.has_start) {
          load(x.data(), at(p.start, 0, row, column), p.start.column, n);
          for (size_t j = 0; j < n; ++j) x[j] = static_cast<C>(finish(sums[j], static_cast<Sum>(x[j])));
        } else {
          for (size_t j = 0; j < n; ++j) x[j] = static_cast<C>(finish.alpha * sums[j]);
        }
        store(at(p.out, batch, row, column), p.out.column, x.data(), n);
      }
    }
  });
}

// Checks a and b, resizes out, and fills the Product but for its start.
Result<Product> prepare(const Tensor& a, const char* a_name, const Tensor& b, Tensor& out, size_t rank) {
  INGOT_TRY_VOID(check_rank(a, rank, a_name));
  INGOT_TRY_VOID(check_rank(b, rank, "mat2"));
  INGOT_TRY_VOID(check_rank(out, rank, "out"));
  INGOT_TRY_VOID(check_dtype_in(a, kNumbers, a_name));
  INGOT_TRY_VOID(check_same_dtype(a, a_name, b, "mat2"));
  INGOT_TRY_VOID(check_same_dtype(a, a_name, out, "out"));
  const size_t r = rank - 2, c = rank - 1;
  if (a.size(c) != b.size(r)) {
    return fail(ErrorCode::invalid_argument, "%s has %d columns, mat2 %d rows: expected as many", a_name, a.size(c),
                b.size(r));
  }
  if (rank == 3 && a.size(0) != b.size(0)) {
    return fail(ErrorCode::invalid_argument, "expected batches of one size, found %d and %d", a.size(0), b.size(0));
  }
  const std::array<int32_t, 3> sizes = {a.size(0), a.size(r), b.size(c)};
  INGOT_TRY_VOID(out.resize(std::span(sizes).last(rank)));
  INGOT_TRY_VOID(check_data(a, a_name));
  INGOT_TRY_VOID(check_data(b, "mat2"));
  INGOT_TRY_VOID(check_data(out, "out"));
  return Product{.dtype = a.dtype(),
                 .batch = rank == 3 ? static_cast<size_t>(a.size(0)) : 1,
                 .rows = static_cast<size_t>(a.size(r)),
                 .depth = static_cast<size_t>(a.size(c)),
                 .columns = static_cast<size_t>(b.size(c)),
                 .a = matrices(a),
                 .b = matrices(b),
                 .out = matrices(out)};
}

void multiply(const Parallel& parallel, const Product& p) {
  if (p.batch == 0 || p.rows == 0 || p.columns == 0) return;
  if (p.dtype == DType::float32) {
    multiply_float(parallel, p);
  } else if (p.dtype == DType::float64) {
    multiply_any<double, double>(parallel, p);
  } else if (is_floating(p.dtype)) {
    multiply_any<float, float>(parallel, p);
  } else {
    multiply_any<int64_t, uint64_t>(parallel, p);
  }
}

// mm.out(Tensor self, Tensor mat2, *, out)
Result<void> mm(KernelContext& context, KernelArgs args) {
  multiply(context.parallel, INGOT_TRY(prepare(args.tensor(0), "self", args.tensor(1), args.tensor(2), 2)));
  return {};
}

// bmm.out(Tensor self, Tensor mat2, *, out)
Result<void> bmm(KernelContext& context, KernelArgs args) {
  multiply(context.parallel, INGOT_TRY(prepare(args.tensor(0), "self", args.tensor(1), args.tensor(2), 3)));
  return {};
}

// addmm.out(Tensor self, Tensor mat1, Tensor mat2, *, Scalar beta, Scalar alpha, out): beta * self + alpha * mat1 @
// mat2; self is broadcast, and not read where beta is 0.
Result<void> addmm(KernelContext& context, KernelArgs args) {
  const Tensor& self = args.tensor(0);
  Tensor& out = args.tensor(5);
  Product p = INGOT_TRY(prepare(args.tensor(1), "mat1", args.tensor(2), out, 2));
  INGOT_TRY_VOID(check_same_dtype(self, "self", out, "out"));
  INGOT_TRY_VOID(check_rank_between(self, 0, 2, "self"));
  INGOT_TRY_VOID(check_data(self, "self"));
  p.beta = args.scalar(3);
  p.alpha = args.scalar(4);
  if (!is_floating(p.dtype) && (p.alpha.is_real() || p.beta.is_real())) {
    return fail(ErrorCode::invalid_argument, "alpha and beta: expected integers for dtype %s", to_string(p.dtype));
  }
  p.start.data = self.data_as<std::byte>();
  int64_t* const strides[] = {&p.start.row, &p.start.column};
  for (size_t i = 0; i < self.rank(); ++i) {
    const size_t dim = 2 - self.rank() + i;
    if (self.size(i) != 1 && self.size(i) != out.size(dim)) {
      return fail(ErrorCode::invalid_argument, "self: size %d does not broadcast to out's size %d", self.size(i),
                  out.size(dim));
    }
    *strides[dim] = self.size(i) == 1 ? 0 : self.strides()[i];
  }
  p.has_start = p.beta.to<double>() != 0;
  multiply(context.parallel, p);
  return {};
}

constexpr Kernel kRows[] = {
    {"aten::mm.out", "TTO", mm},
    {"aten::bmm.out", "TTO", bmm},
    {"aten::addmm.out", "TTTSSO", addmm},
};

}  // namespace

std::span<const Kernel> matmul_kernels() {
  return kRows;
}

}  // namespace ingot::portable
