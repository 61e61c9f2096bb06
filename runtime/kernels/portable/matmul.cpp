// mm, bmm, addmm. float32 goes through the blocked product, or where the left side has only a few rows, straight over
// the rows of the right side; other dtypes through blocks of float, double or (wrapping) 64-bit integers.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>

#include "runtime/core/parallel.h"
#include "runtime/kernels/portable/block_product.h"
#include "runtime/kernels/portable/checks.h"
#include "runtime/kernels/portable/convolution.h"
#include "runtime/kernels/portable/element_blocks.h"
#include "runtime/kernels/portable/families.h"
#include "runtime/kernels/selection.h"

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
  // What float32 results are clamped to.
  float low = -std::numeric_limits<float>::infinity();
  float high = std::numeric_limits<float>::infinity();
};

// What an element of the product is multiplied by and added to.
template <typename C>
struct Finish {
  C alpha;
  C beta;

  C operator()(C sum, C start) const { return alpha * sum + beta * start; }
};

constexpr size_t kFewRows = 4;

// Row by row over b, whose rows are consecutive: nothing is copied first.
void multiply_few_rows(const Product& p, const float* a, const float* b, const float* start, float* out,
                       size_t column_begin, size_t columns, size_t row) {
  const float alpha = p.alpha.to<float>(), beta = p.beta.to<float>();
  std::array<float, kRowColumns> sums;
  loops().product->multiply_row({a + static_cast<int64_t>(row) * p.a.row, p.a.column,
                                 b + static_cast<int64_t>(column_begin), p.b.row, p.depth, columns, sums.data()});
  for (size_t i = 0; i < columns; ++i) {
    const int64_t column = static_cast<int64_t>(column_begin + i);
    float result = alpha * sums[i];
    if (start != nullptr) result += beta * start[static_cast<int64_t>(row) * p.start.row + column * p.start.column];
    out[static_cast<int64_t>(row) * p.out.row + column * p.out.column] = clamp(result, p.low, p.high);
  }
}

void multiply_panel(const Product& p, const PackedRows& a, const float* b, const float* start, float* out,
                    size_t column_begin, size_t columns, size_t row_begin, size_t row_end) {
  const float alpha = p.alpha.to<float>(), beta = p.beta.to<float>();
  const auto fill = [&](size_t k_begin, size_t k_end, float* panel) {
    const float* from = b + static_cast<int64_t>(k_begin) * p.b.row + static_cast<int64_t>(column_begin) * p.b.column;
    loops().product->copy_to_panel({from, p.b.row, p.b.column, k_end - k_begin, columns}, panel);
  };
  const auto scatter = [&](size_t row, size_t rows, const float* sums, bool first, bool last) {
    for (size_t r = 0; r < rows; ++r, sums += kPanelPitch) {
      const int64_t y = static_cast<int64_t>(row + r), x = static_cast<int64_t>(column_begin);
      float* to = out + y * p.out.row + x * p.out.column;
      for (size_t i = 0; i < columns; ++i) {
        const int64_t step = static_cast<int64_t>(i);
        float before = 0;
        if (!first) {
          before = to[step * p.out.column];
        } else if (start != nullptr) {
          before = beta * start[y * p.start.row + (x + step) * p.start.column];
        }
        const float sum = before + alpha * sums[i];
        to[step * p.out.column] = last ? clamp(sum, p.low, p.high) : sum;
      }
    }
  };
  const bool in_place = p.out.column == 1 && alpha == 1 && start == nullptr;
  const BlockTarget target{in_place ? out + column_begin : nullptr, static_cast<size_t>(p.out.row), nullptr, p.low,
                           p.high};
  multiply_block(a, row_begin, row_end, columns, target, fill, scatter);
}

bool has_few_rows(const Product& p) {
  return p.rows < kFewRows && p.b.column == 1;
}

// The left sides, packed one after the other.
Result<size_t> packed_left_bytes(const Product& p) {
  if (p.dtype != DType::float32 || has_few_rows(p)) return size_t{0};
  return packed_bytes(p.rows, p.depth, p.batch);
}

void pack_left(const Parallel& parallel, const Product& p, float* packed) {
  const size_t groups = pack_groups(p.rows);
  parallel_for(parallel, p.batch * groups, 1, [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) {
      const float* a = reinterpret_cast<const float*>(p.a.data) + static_cast<int64_t>(i / groups) * p.a.batch;
      const size_t group = i % groups;
      pack_rows(p.rows, p.depth, group, group + 1, packed + i / groups * groups * kPackRows * p.depth,
                [&](size_t row, size_t k) {
                  return a[static_cast<int64_t>(row) * p.a.row + static_cast<int64_t>(k) * p.a.column];
                });
    }
  });
}

void multiply_float(KernelContext& context, const Product& p) {
  const Parallel& parallel = context.parallel;
  const bool few = has_few_rows(p);
  float* const packed = reinterpret_cast<float*>(context.scratch.data());
  if (!few) pack_left(parallel, p, packed);
  const ColumnBlocks panels(p.columns);
  const size_t blocks = few ? (p.columns + kRowColumns - 1) / kRowColumns : panels.count;
  const RowShares shares = few ? RowShares{1, p.rows} : share_rows(parallel.threads, p.batch * blocks, p.rows);
  parallel_for(parallel, p.batch * blocks * shares.count, 1, [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) {
      const size_t row_begin = i % shares.count * shares.rows;
      const size_t row_end = std::min(p.rows, row_begin + shares.rows);
      const size_t batch = i / shares.count / blocks, block = i / shares.count % blocks;
      const int64_t step = static_cast<int64_t>(batch);
      const float* a = reinterpret_cast<const float*>(p.a.data) + step * p.a.batch;
      const float* b = reinterpret_cast<const float*>(p.b.data) + step * p.b.batch;
      const float* start = p.has_start ? reinterpret_cast<const float*>(p.start.data) : nullptr;
      float* out = reinterpret_cast<float*>(p.out.data) + step * p.out.batch;
      if (few) {
        const size_t column = block * kRowColumns;
        for (size_t row = row_begin; row < row_end; ++row) {
          multiply_few_rows(p, a, b, start, out, column, std::min(kRowColumns, p.columns - column), row);
        }
      } else {
        const PackedRows rows{packed + batch * pack_groups(p.rows) * kPackRows * p.depth, p.depth};
        multiply_panel(p, rows, b, start, out, panels.begin(block), panels.size(block), row_begin, row_end);
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

// Checks a and b, and fills the Product but for its start and its output.
Result<Product> describe(const Tensor& a, const char* a_name, const Tensor& b, size_t rank) {
  INGOT_TRY_VOID(check_rank(a, rank, a_name));
  INGOT_TRY_VOID(check_rank(b, rank, "mat2"));
  INGOT_TRY_VOID(check_dtype_in(a, kNumbers, a_name));
  INGOT_TRY_VOID(check_same_dtype(a, a_name, b, "mat2"));
  const size_t r = rank - 2, c = rank - 1;
  if (a.size(c) != b.size(r)) {
    return fail(ErrorCode::invalid_argument, "%s has %d columns, mat2 %d rows: expected as many", a_name, a.size(c),
                b.size(r));
  }
  if (rank == 3 && a.size(0) != b.size(0)) {
    return fail(ErrorCode::invalid_argument, "expected batches of one size, found %d and %d", a.size(0), b.size(0));
  }
  return Product{.dtype = a.dtype(),
                 .batch = rank == 3 ? static_cast<size_t>(a.size(0)) : 1,
                 .rows = static_cast<size_t>(a.size(r)),
                 .depth = static_cast<size_t>(a.size(c)),
                 .columns = static_cast<size_t>(b.size(c)),
                 .a = matrices(a),
                 .b = matrices(b)};
}

// The same with the output, which is resized.
Result<Product> prepare(const KernelContext& context, const Tensor& a, const char* a_name, const Tensor& b, Tensor& out,
                        size_t rank) {
  Product p = INGOT_TRY(describe(a, a_name, b, rank));
  INGOT_TRY_VOID(check_rank(out, rank, "out"));
  INGOT_TRY_VOID(check_same_dtype(a, a_name, out, "out"));
  const std::array<int32_t, 3> sizes = {a.size(0), a.size(rank - 2), b.size(rank - 1)};
  INGOT_TRY_VOID(out.resize(std::span(sizes).last(rank)));
  INGOT_TRY_VOID(check_data(a, a_name));
  INGOT_TRY_VOID(check_data(b, "mat2"));
  INGOT_TRY_VOID(check_data(out, "out"));
  p.out = matrices(out);
  if (context.epilogue != nullptr) {
    p.low = context.epilogue->low;
    p.high = context.epilogue->high;
  }
  return p;
}

void multiply(KernelContext& context, const Product& p) {
  const Parallel& parallel = context.parallel;
  if (p.batch == 0 || p.rows == 0 || p.columns == 0) return;
  if (p.dtype == DType::float32) {
    multiply_float(context, p);
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
  multiply(context, INGOT_TRY(prepare(context, args.tensor(0), "self", args.tensor(1), args.tensor(2), 2)));
  return {};
}

// bmm.out(Tensor self, Tensor mat2, *, out)
Result<void> bmm(KernelContext& context, KernelArgs args) {
  multiply(context, INGOT_TRY(prepare(context, args.tensor(0), "self", args.tensor(1), args.tensor(2), 3)));
  return {};
}

// addmm.out(Tensor self, Tensor mat1, Tensor mat2, *, Scalar beta, Scalar alpha, out): beta * self + alpha * mat1 @
// mat2; self is broadcast, and not read where beta is 0.
Result<void> addmm(KernelContext& context, KernelArgs args) {
  const Tensor& self = args.tensor(0);
  Tensor& out = args.tensor(5);
  Product p = INGOT_TRY(prepare(context, args.tensor(1), "mat1", args.tensor(2), out, 2));
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
  multiply(context, p);
  return {};
}

template <size_t kLeft, size_t kRank>
Result<size_t> scratch(KernelArgs args) {
  return packed_left_bytes(INGOT_TRY(describe(args.tensor(kLeft), "self", args.tensor(kLeft + 1), kRank)));
}

template <size_t kLeft>
bool accepts(KernelArgs args, const Epilogue& epilogue) {
  return args.tensor(kLeft).dtype() == DType::float32 && epilogue.variance == nullptr;
}

template <size_t kLeft>
constexpr KernelExtras kExtras = {.accepts = accepts<kLeft>};

constexpr Kernel kRows[] = {
    {"aten::mm.out", "TTO", mm, scratch<0, 2>, &kExtras<0>},
    {"aten::bmm.out", "TTO", bmm, scratch<0, 3>, &kExtras<0>},
    {"aten::addmm.out", "TTTSSO", addmm, scratch<1, 2>, &kExtras<1>},
};

}  // namespace

std::span<const Kernel> matmul_kernels() {
  return selected<kRows>();
}

}  // namespace ingot::portable
