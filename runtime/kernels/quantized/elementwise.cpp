// ingot::quantized_{add,sub,mul}: two operands that broadcast, each with its parameters; quantized_table: any function
// of one value, as the 256 results that it can have.
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "runtime/core/parallel.h"
#include "runtime/kernels/portable/checks.h"
#include "runtime/kernels/portable/loop_levels.h"
#include "runtime/kernels/portable/strided_loop.h"
#include "runtime/kernels/quantized/arithmetic.h"
#include "runtime/kernels/quantized/families.h"
#include "runtime/kernels/quantized/parameters.h"
#include "runtime/kernels/selection.h"

namespace ingot::quantized {
namespace {

using namespace portable;

constexpr size_t kGrain = 16384;

struct Operands {
  const Tensor& a;
  const Tensor& b;
  Tensor& out;
  ByteAffine from_a;
  ByteAffine from_b;
  ByteAffine to;
  OutputRange range;
};

// Arguments of all binary operators: Tensor a, float a_scale, int a_zero_point, Tensor b, float b_scale,
// int b_zero_point, float output_scale, int output_zero_point, int output_min, int output_max, *, out
Result<Operands> operands(KernelArgs args) {
  Operands o{args.tensor(0), args.tensor(3), args.tensor(10), {}, {}, {}, {}};
  INGOT_TRY_VOID(check_bytes(o.a, "a", o.out));
  INGOT_TRY_VOID(check_same_dtype(o.a, "a", o.b, "b"));
  const DType dtype = o.a.dtype();
  o.from_a = INGOT_TRY(byte_affine(args.real(1), args.integer(2), dtype, "a"));
  o.from_b = INGOT_TRY(byte_affine(args.real(4), args.integer(5), dtype, "b"));
  o.to = INGOT_TRY(byte_affine(args.real(6), args.integer(7), dtype, "out"));
  o.range = INGOT_TRY(output_range(o.to.zero_point, args.integer(8), args.integer(9), dtype));
  const Tensor* const tensors[] = {&o.a, &o.b};
  const Sizes sizes = INGOT_TRY(broadcast_sizes(tensors));
  INGOT_TRY_VOID(check_rank(o.out, sizes.rank, "out"));
  INGOT_TRY_VOID(o.out.resize(sizes.span()));
  INGOT_TRY_VOID(check_data(o.a, "a"));
  INGOT_TRY_VOID(check_data(o.b, "b"));
  INGOT_TRY_VOID(check_data(o.out, "out"));
  return o;
}

// What is not dense goes element by element.
template <typename T, typename F>
void compute_row(const T* a, int64_t a_step, const T* b, int64_t b_step, T* y, int64_t y_step, size_t n, const F& f,
                 void (*dense)(const ByteRows&, const F&)) {
  if (y_step == 1 && (a_step == 1 || a_step == 0) && (b_step == 1 || b_step == 0)) {
    dense({a, b, a_step == 1, b_step == 1, y, n}, f);
    return;
  }
  for (size_t i = 0; i < n; ++i) {
    const int64_t k = static_cast<int64_t>(i);
    y[k * y_step] = static_cast<T>(f(a[k * a_step], b[k * b_step]));
  }
}

template <typename T, typename F>
void compute(const Parallel& parallel, const Operands& o, const F& f, void (*dense)(const ByteRows&, const F&)) {
  if (o.out.numel() == 0) return;
  StridedLoop loop(3);
  for (size_t d = 0; d < o.out.rank(); ++d) {
    loop.add_dim(o.out.size(d),
                 {o.out.strides()[d], broadcast_stride(o.a, d, o.out.rank()), broadcast_stride(o.b, d, o.out.rank())});
  }
  loop.simplify();
  parallel_for(parallel, loop.count, kGrain, [&](size_t begin, size_t end) {
    const auto& steps = loop.strides[loop.rank - 1];
    for_each_row(loop, begin, end, [&](const int64_t* starts, size_t n) {
      compute_row(o.a.data_as<T>() + starts[1], steps[1], o.b.data_as<T>() + starts[2], steps[2],
                  o.out.data_as<T>() + starts[0], steps[0], n, f, dense);
    });
  });
}

// `dense` has a function for int8 and one for uint8.
template <typename F>
void compute_bytes(const Parallel& parallel, const Operands& o, const F& f,
                   void (*const (&dense)[2])(const ByteRows&, const F&)) {
  if (o.a.dtype() == DType::int8) {
    compute<int8_t>(parallel, o, f, dense[0]);
  } else {
    compute<uint8_t>(parallel, o, f, dense[1]);
  }
}

Result<void> add_or_subtract(KernelContext& context, KernelArgs args, bool subtract) {
  const Operands o = INGOT_TRY(operands(args));
  if (!is_sum_ratio(o.from_a.scale, o.from_b.scale, o.to.scale)) {
    return fail(ErrorCode::invalid_argument,
                "expected operands' scales from 1/1024 of the output's to below 256 times it, found %g and %g over %g",
                static_cast<double>(o.from_a.scale), static_cast<double>(o.from_b.scale),
                static_cast<double>(o.to.scale));
  }
  compute_bytes(
      context.parallel, o,
      make_sum(o.from_a.scale, o.from_a.zero_point, o.from_b.scale, o.from_b.zero_point, subtract, o.to.scale, o.range),
      loops().bytes->add);
  return {};
}

Result<void> add(KernelContext& context, KernelArgs args) {
  return add_or_subtract(context, args, false);
}

Result<void> sub(KernelContext& context, KernelArgs args) {
  return add_or_subtract(context, args, true);
}

Result<void> mul(KernelContext& context, KernelArgs args) {
  const Operands o = INGOT_TRY(operands(args));
  const float scale = product_scale(o.from_a.scale, o.from_b.scale, o.to.scale);
  if (!is_product_scale(scale)) {
    return fail(ErrorCode::invalid_argument,
                "expected a_scale * b_scale / output_scale above 0 and below 256, found %g",
                static_cast<double>(scale));
  }
  compute_bytes(context.parallel, o, Product{o.from_a.zero_point, o.from_b.zero_point, scale, o.range},
                loops().bytes->multiply);
  return {};
}

// quantized_table.out(Tensor self, Tensor table, *, out): out = table[self's byte], the table being for 0 to 255 where
// self is uint8, for -128 to 127 where it is int8. out has the table's dtype.
Result<void> table(KernelContext& context, KernelArgs args) {
  const Tensor& self = args.tensor(0);
  const Tensor& table = args.tensor(1);
  Tensor& out = args.tensor(2);
  INGOT_TRY_VOID(check_dtype_in(self, kBytes, "self"));
  INGOT_TRY_VOID(check_bytes(table, "table", out));
  INGOT_TRY_VOID(check_rank(table, 1, "table"));
  if (table.size(0) != 256) {
    return fail(ErrorCode::invalid_argument, "table: expected 256 elements, found %d", table.size(0));
  }
  INGOT_TRY_VOID(out.resize(self.sizes()));
  INGOT_TRY_VOID(check_data(self, "self"));
  INGOT_TRY_VOID(check_data(table, "table"));
  INGOT_TRY_VOID(check_data(out, "out"));
  if (self.numel() == 0) return {};
  std::array<uint8_t, 256> results;  // by the bits of the byte
  const uint8_t flip = self.dtype() == DType::int8 ? 128 : 0;
  for (size_t i = 0; i < 256; ++i) results[i ^ flip] = table.data_as<uint8_t>()[i];

  StridedLoop loop(2);
  for (size_t d = 0; d < self.rank(); ++d) loop.add_dim(self.size(d), {out.strides()[d], self.strides()[d]});
  loop.simplify();
  parallel_for(context.parallel, loop.count, kGrain, [&](size_t begin, size_t end) {
    const auto& steps = loop.strides[loop.rank - 1];
    for_each_row(loop, begin, end, [&](const int64_t* starts, size_t n) {
      const uint8_t* from = self.data_as<uint8_t>() + starts[1];
      uint8_t* to = out.data_as<uint8_t>() + starts[0];
      if (steps[0] == 1 && steps[1] == 1) {
        loops().bytes->look_up(results.data(), from, n, to);
        return;
      }
      for (size_t i = 0; i < n; ++i) {
        const int64_t k = static_cast<int64_t>(i);
        to[k * steps[0]] = results[from[k * steps[1]]];
      }
    });
  });
  return {};
}

constexpr Kernel kRows[] = {
    {"ingot::quantized_add.out", "TfiTfifiiiO", add},
    {"ingot::quantized_sub.out", "TfiTfifiiiO", sub},
    {"ingot::quantized_mul.out", "TfiTfifiiiO", mul},
    {"ingot::quantized_table.out", "TTO", table},
};

}  // namespace

std::span<const Kernel> elementwise_kernels() {
  return selected<kRows>();
}

}  // namespace ingot::quantized
