// quantized_decomposed::add: dequantizes, adds in float and quantizes again, element by element. Our own integer
// addition is ingot::quantized_add (elementwise.cpp).
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "runtime/core/parallel.h"
#include "runtime/kernels/portable/checks.h"
#include "runtime/kernels/portable/element_blocks.h"
#include "runtime/kernels/portable/float_functions.h"
#include "runtime/kernels/portable/strided_loop.h"
#include "runtime/kernels/quantized/families.h"
#include "runtime/kernels/quantized/parameters.h"
#include "runtime/kernels/selection.h"

namespace ingot::quantized {
namespace {

using namespace portable;

struct Operand {
  float scale;
  int64_t zero_point;
  Bounds bounds;
};

Result<Operand> operand(KernelArgs args, size_t first, const Tensor& tensor, const char* what) {
  const Affine affine = INGOT_TRY(make_affine(args.real(first), args.integer(first + 1)));
  const Bounds bounds = INGOT_TRY(quantized_bounds(args.integer(first + 2), args.integer(first + 3), tensor, what));
  return Operand{static_cast<float>(affine.scale), affine.zero_point, bounds};
}

std::byte* at(const Tensor& tensor, int64_t element) {
  return tensor.data_as<std::byte>() + element * static_cast<int64_t>(size_of(tensor.dtype()));
}

// add.out(Tensor a, float a_scale, int a_zero_point, int a_quant_min, int a_quant_max, Tensor b, the same of b,
//         the same of out, *, out): sizes are equal, nothing broadcasts.
Result<void> add(KernelContext& context, KernelArgs args) {
  const Tensor& a = args.tensor(0);
  const Tensor& b = args.tensor(5);
  Tensor& out = args.tensor(14);
  const Operand left = INGOT_TRY(operand(args, 1, a, "a")), right = INGOT_TRY(operand(args, 6, b, "b"));
  const Operand result = INGOT_TRY(operand(args, 10, out, "out"));
  INGOT_TRY_VOID(check_same_dtype(a, "a", b, "b"));
  INGOT_TRY_VOID(check_same_dtype(a, "a", out, "out"));
  if (!std::ranges::equal(a.sizes(), b.sizes())) {
    return fail(ErrorCode::invalid_argument, "a and b: expected equal sizes");
  }
  INGOT_TRY_VOID(out.resize(a.sizes()));
  for (const Tensor* tensor : {&a, &b, static_cast<const Tensor*>(&out)})
    INGOT_TRY_VOID(check_data(*tensor, "a, b, out"));
  if (a.numel() == 0) return {};

  StridedLoop loop(3);
  for (size_t d = 0; d < a.rank(); ++d) loop.add_dim(a.size(d), {out.strides()[d], a.strides()[d], b.strides()[d]});
  loop.simplify();
  const auto load = load_block<int64_t>(a.dtype());
  const auto store = store_block<int64_t>(out.dtype());
  const float inverse = 1 / result.scale;
  constexpr size_t kGrain = 16384;
  parallel_for(context.parallel, loop.count, kGrain, [&](size_t begin, size_t end) {
    const auto& steps = loop.strides[loop.rank - 1];
    std::array<int64_t, kBlock> x, y;
    for_each_row(loop, begin, end, [&](const int64_t* starts, size_t count) {
      for (size_t done = 0; done < count; done += kBlock) {
        const size_t n = std::min(kBlock, count - done);
        const int64_t i = static_cast<int64_t>(done);
        load(x.data(), at(a, starts[1] + i * steps[1]), steps[1], n);
        load(y.data(), at(b, starts[2] + i * steps[2]), steps[2], n);
        for (size_t j = 0; j < n; ++j) {
          const float sum = static_cast<float>(x[j] - left.zero_point) * left.scale +
                            static_cast<float>(y[j] - right.zero_point) * right.scale;
          const int64_t q = saturate_cast<int64_t>(round_even(inverse * sum) + static_cast<float>(result.zero_point));
          x[j] = std::clamp(q, result.bounds.least, result.bounds.most);
        }
        store(at(out, starts[0] + i * steps[0]), steps[0], x.data(), n);
      }
    });
  });
  return {};
}

constexpr Kernel kRows[] = {
    {"quantized_decomposed::add.out", "TfiiiTfiiifiiiO", add},
};

}  // namespace

std::span<const Kernel> float_addition_kernels() {
  return selected<kRows>();
}

}  // namespace ingot::quantized
