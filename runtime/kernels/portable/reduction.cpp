// Many elements to one: sums, products, extremes, any, variance. Floats are reduced in double, integers in int64, block
// by block; an operator is how a block folds into one value, and how blocks of several outputs fold at once.
#include <algorithm>
#include <array>
#include <cmath>
#include <concepts>
#include <limits>
#include <span>

#include "runtime/kernels/portable/checks.h"
#include "runtime/kernels/portable/element_blocks.h"
#include "runtime/kernels/portable/families.h"
#include "runtime/kernels/portable/loop_levels.h"
#include "runtime/kernels/portable/reduction_plan.h"
#include "runtime/kernels/portable/wrapping.h"
#include "runtime/kernels/selection.h"

namespace ingot::portable {
namespace {

// Fewer elements than this are not worth a thread.
constexpr size_t kGrain = 16384;

template <typename C>
struct Fold {
  C start;
  void (*row)(C& value, const C* x, size_t n);     // all of x into one value
  void (*each)(C* values, const C* x, size_t n);   // x[i] into values[i]
  C (*dense)(const float* x, size_t n) = nullptr;  // all of x, where there is a faster way than the above
};

// F::combine(a, b) must not care about order. Eight values side by side let the compiler vectorize.
template <typename F, typename C>
void fold_row(C& value, const C* x, size_t n) {
  constexpr size_t kLanes = 8;
  size_t i = 0;
  if (n >= kLanes) {
    std::array<C, kLanes> lanes;
    std::copy_n(x, kLanes, lanes.begin());
    for (i = kLanes; i + kLanes <= n; i += kLanes) {
      for (size_t k = 0; k < kLanes; ++k) lanes[k] = F::template combine<C>(lanes[k], x[i + k]);
    }
    for (const C lane : lanes) value = F::template combine<C>(value, lane);
  }
  for (; i < n; ++i) value = F::template combine<C>(value, x[i]);
}
template <typename F, typename C>
void fold_each(C* values, const C* x, size_t n) {
  for (size_t i = 0; i < n; ++i) values[i] = F::template combine<C>(values[i], x[i]);
}
template <typename F, typename C>
constexpr Fold<C> make_fold() {
  Fold<C> fold = {F::template start<C>(), fold_row<F, C>, fold_each<F, C>};
  if constexpr (std::same_as<C, double> && requires { F::dense(nullptr, 0); }) fold.dense = F::dense;
  return fold;
}
template <typename F, typename C>
constexpr Fold<C> kFold = make_fold<F, C>();

struct Sum {
  template <typename C>
  static constexpr C start() {
    return 0;
  }
  template <typename C>
  static C combine(C a, C b) {
    return wrapping_add(a, b);
  }
  static double dense(const float* x, size_t n) { return loops().elements->sum(x, n); }
};
struct Prod {
  template <typename C>
  static constexpr C start() {
    return 1;
  }
  template <typename C>
  static C combine(C a, C b) {
    return wrapping_mul(a, b);
  }
};
// NaN wins.
struct Max {
  template <typename C>
  static constexpr C start() {
    return std::numeric_limits<C>::has_infinity ? -std::numeric_limits<C>::infinity() : std::numeric_limits<C>::min();
  }
  template <typename C>
  static C combine(C a, C b) {
    return a > b || a != a ? a : b;
  }
  static double dense(const float* x, size_t n) { return static_cast<double>(loops().elements->largest(x, n)); }
};
struct Min {
  template <typename C>
  static constexpr C start() {
    return std::numeric_limits<C>::has_infinity ? std::numeric_limits<C>::infinity() : std::numeric_limits<C>::max();
  }
  template <typename C>
  static C combine(C a, C b) {
    return a < b || a != a ? a : b;
  }
};
// The blocks were made 0 or 1 before.
struct Any {
  template <typename C>
  static constexpr C start() {
    return 0;
  }
  template <typename C>
  static C combine(C a, C b) {
    return a > b ? a : b;
  }
};

// What happens to a block before it is folded, and to the result after.
enum class Step : uint8_t {
  plain,
  truth,     // elements become 0 or 1
  mean,      // the sum is divided by the count
  variance,  // twice through the elements: their mean, then the sum of squared distances from it over count -
             // correction
};

template <typename C>
class Reduction {
 public:
  Reduction(const ReductionPlan& plan, const Tensor& self, const Tensor& out, const Fold<C>& fold, Step step,
            double correction)
      : plan_(plan),
        in_(self.data_as<std::byte>()),
        out_(out.data_as<std::byte>()),
        in_element_(static_cast<int64_t>(size_of(self.dtype()))),
        out_element_(static_cast<int64_t>(size_of(out.dtype()))),
        load_(load_block<C>(self.dtype())),
        store_(store_block<C>(out.dtype())),
        fold_(fold),
        step_(step),
        correction_(correction),
        is_dense_(fold.dense != nullptr && self.dtype() == DType::float32 && step != Step::truth &&
                  plan.reduced.strides[plan.reduced.rank - 1][0] == 1) {}

  void run(const Parallel& parallel) const {
    const size_t grain = std::max<size_t>(1, kGrain / std::max<size_t>(1, plan_.reduced.count));
    parallel_for(parallel, plan_.kept.count, grain, [this](size_t begin, size_t end) { run_range(begin, end); });
  }

 private:
  void run_range(size_t begin, size_t end) const {
    const int64_t out_stride = plan_.kept.strides[plan_.kept.rank - 1][0];
    const int64_t in_stride = plan_.kept.strides[plan_.kept.rank - 1][1];
    const size_t width = plan_.many_at_once ? kBlock : 1;
    alignas(64) C values[kBlock], means[kBlock];
    for_each_row(plan_.kept, begin, end, [&](const int64_t* offsets, size_t row) {
      for (size_t done = 0; done < row; done += width) {
        const size_t n = std::min(width, row - done);
        const std::byte* in = in_ + (offsets[1] + static_cast<int64_t>(done) * in_stride) * in_element_;
        std::byte* out = out_ + (offsets[0] + static_cast<int64_t>(done) * out_stride) * out_element_;
        pass(in, in_stride, n, values, nullptr);
        finish(values, n, in, in_stride, means);
        store_(out, out_stride, values, n);
      }
    });
  }

  // Folds everything that belongs to n outputs; distances from `means` are squared first, where there are some.
  void pass(const std::byte* in, int64_t in_stride, size_t n, C* values, const C* means) const {
    alignas(64) C block[kBlock];
    std::fill_n(values, n, fold_.start);
    const int64_t stride = plan_.reduced.strides[plan_.reduced.rank - 1][0];
    for_each_row(plan_.reduced, 0, plan_.reduced.count, [&](const int64_t* offsets, size_t row) {
      const std::byte* from = in + offsets[0] * in_element_;
      if (n > 1 || plan_.many_at_once) {
        for (size_t i = 0; i < row; ++i) {
          load_(block, from + static_cast<int64_t>(i) * stride * in_element_, in_stride, n);
          prepare(block, n, means, 1);
          fold_.each(values, block, n);
        }
        return;
      }
      if (is_dense_ && means == nullptr) {
        *block = fold_.dense(reinterpret_cast<const float*>(from), row);
        fold_.each(values, block, 1);
        return;
      }
      for (size_t i = 0; i < row; i += kBlock) {
        const size_t count = std::min(kBlock, row - i);
        load_(block, from + static_cast<int64_t>(i) * stride * in_element_, stride, count);
        prepare(block, count, means, 0);
        fold_.row(*values, block, count);
      }
    });
  }

  void prepare(C* block, size_t n, const C* means, size_t mean_stride) const {
    if (step_ == Step::truth) {
      for (size_t i = 0; i < n; ++i) block[i] = block[i] != 0 ? 1 : 0;
    } else if (means != nullptr) {
      for (size_t i = 0; i < n; ++i) {
        const C distance = block[i] - means[i * mean_stride];
        block[i] = distance * distance;
      }
    }
  }

  void finish(C* values, size_t n, const std::byte* in, int64_t in_stride, C* means) const {
    if constexpr (std::same_as<C, double>) {
      const double count = static_cast<double>(plan_.reduced.count);
      if (step_ != Step::mean && step_ != Step::variance) return;
      for (size_t i = 0; i < n; ++i) values[i] /= count;
      if (step_ == Step::mean) return;
      std::copy_n(values, n, means);
      pass(in, in_stride, n, values, means);
      const double divisor = std::max(0.0, count - correction_);
      for (size_t i = 0; i < n; ++i) values[i] /= divisor;
    }
  }

  const ReductionPlan& plan_;
  const std::byte* in_;
  std::byte* out_;
  int64_t in_element_, out_element_;
  LoadBlock<C> load_;
  StoreBlock<C> store_;
  Fold<C> fold_;
  Step step_;
  double correction_;
  bool is_dense_;  // rows are float32, one element after the other, and fold as they are
};

struct Request {
  std::span<const int64_t> dims;  // none: all, unless `none_if_empty`
  bool keepdim = false;
  Step step = Step::plain;
  double correction = 0;
  bool none_if_empty = false;
};

// Reduces in the kind of number that `in_double` says. out's dtype has been checked.
template <typename F>
Result<void> reduce(KernelContext& context, const Tensor& self, Tensor& out, const Request& request, bool in_double) {
  const bool none = request.none_if_empty && request.dims.empty();
  const uint32_t mask = none ? 0 : INGOT_TRY(reduced_dims(request.dims, self.rank()));
  INGOT_TRY_VOID(out.resize(reduced_sizes(self, mask, request.keepdim).span()));
  INGOT_TRY_VOID(check_data(self, "self"));
  INGOT_TRY_VOID(check_data(out, "out"));
  const ReductionPlan plan = plan_reduction(self, mask, request.keepdim, out);
  constexpr bool kNeedsElements = std::same_as<F, Max> || std::same_as<F, Min>;
  if (kNeedsElements && plan.reduced.count == 0 && out.numel() != 0) {
    return fail(ErrorCode::invalid_argument, "self: there is no largest or smallest of no elements");
  }
  if (in_double) {
    Reduction<double>(plan, self, out, kFold<F, double>, request.step, request.correction).run(context.parallel);
  } else {
    Reduction<int64_t>(plan, self, out, kFold<F, int64_t>, request.step, request.correction).run(context.parallel);
  }
  return {};
}

// Sums and products of integers are int64; `dtype`, where given, says otherwise. The elements become that dtype first:
// as bools they are 0 or 1.
template <typename F>
Result<void> accumulate(KernelContext& context, KernelArgs args, size_t dtype_at, Tensor& out, Request request) {
  const Tensor& self = args.tensor(0);
  INGOT_TRY_VOID(check_dtype_in(self, kComputable, "self"));
  const DType natural = is_floating(self.dtype()) ? self.dtype() : DType::int64;
  INGOT_TRY_VOID(check_dtype(out, args.has(dtype_at) ? static_cast<DType>(args.integer(dtype_at)) : natural, "out"));
  INGOT_TRY_VOID(check_dtype_in(out, kComputable, "out"));
  const bool to_bool = out.dtype() == DType::boolean;
  if (to_bool) request.step = Step::truth;
  return reduce<F>(context, self, out, request, is_floating(to_bool ? self.dtype() : out.dtype()));
}

Result<void> mean_of(KernelContext& context, KernelArgs args, size_t dtype_at, Tensor& out, Request request) {
  INGOT_TRY_VOID(check_dtype_in(out, kFloats, "out"));
  if (!args.has(dtype_at)) INGOT_TRY_VOID(check_dtype_in(args.tensor(0), kFloats, "self"));
  request.step = Step::mean;
  return accumulate<Sum>(context, args, dtype_at, out, request);
}

// sum.IntList_out(Tensor self, int[]? dim, bool keepdim, *, ScalarType? dtype, out)
Result<void> sum(KernelContext& context, KernelArgs args) {
  return accumulate<Sum>(context, args, 3, args.tensor(4), {.dims = args.ints(1), .keepdim = args.boolean(2)});
}
// mean.out(Tensor self, int[]? dim, bool keepdim, *, ScalarType? dtype, out)
Result<void> mean(KernelContext& context, KernelArgs args) {
  return mean_of(context, args, 3, args.tensor(4), {.dims = args.ints(1), .keepdim = args.boolean(2)});
}
// mean.dtype_out(Tensor self, *, ScalarType? dtype, out)
Result<void> mean_all(KernelContext& context, KernelArgs args) {
  return mean_of(context, args, 1, args.tensor(2), {});
}
// prod.int_out(Tensor self, int dim, bool keepdim, *, ScalarType? dtype, out)
Result<void> prod(KernelContext& context, KernelArgs args) {
  const int64_t dim = args.integer(1);
  return accumulate<Prod>(context, args, 3, args.tensor(4), {.dims = {&dim, 1}, .keepdim = args.boolean(2)});
}
// prod.out(Tensor self, *, ScalarType? dtype, out)
Result<void> prod_all(KernelContext& context, KernelArgs args) {
  return accumulate<Prod>(context, args, 1, args.tensor(2), {});
}

// amax.out, amin.out(Tensor self, int[] dim, bool keepdim, *, out)
template <typename F>
Result<void> extreme(KernelContext& context, KernelArgs args) {
  const Tensor& self = args.tensor(0);
  Tensor& out = args.tensor(3);
  INGOT_TRY_VOID(check_dtype_in(self, kComputable, "self"));
  INGOT_TRY_VOID(check_same_dtype(self, "self", out, "out"));
  return reduce<F>(context, self, out, {.dims = args.ints(1), .keepdim = args.boolean(2)}, is_floating(self.dtype()));
}

Result<void> any_of(KernelContext& context, const Tensor& self, Tensor& out, Request request) {
  INGOT_TRY_VOID(check_dtype_in(self, kComputable, "self"));
  // PyTorch answers uint8 with uint8.
  INGOT_TRY_VOID(check_dtype(out, self.dtype() == DType::uint8 ? DType::uint8 : DType::boolean, "out"));
  request.step = Step::truth;
  return reduce<Any>(context, self, out, request, is_floating(self.dtype()));
}
// any.all_out(Tensor self, *, out)
Result<void> any_all(KernelContext& context, KernelArgs args) {
  return any_of(context, args.tensor(0), args.tensor(1), {});
}
// any.out(Tensor self, int dim, bool keepdim, *, out)
Result<void> any_dim(KernelContext& context, KernelArgs args) {
  const int64_t dim = args.integer(1);
  return any_of(context, args.tensor(0), args.tensor(3), {.dims = {&dim, 1}, .keepdim = args.boolean(2)});
}
// any.dims_out(Tensor self, int[]? dim, bool keepdim, *, out): an empty list reduces nothing.
Result<void> any_dims(KernelContext& context, KernelArgs args) {
  return any_of(context, args.tensor(0), args.tensor(3),
                {.dims = args.ints(1), .keepdim = args.boolean(2), .none_if_empty = args.has(1)});
}

// max.unary_out, min.unary_out(Tensor self, *, out)
template <typename F>
Result<void> extreme_of_all(KernelContext& context, KernelArgs args) {
  const Tensor& self = args.tensor(0);
  INGOT_TRY_VOID(check_dtype_in(self, kComputable, "self"));
  INGOT_TRY_VOID(check_same_dtype(self, "self", args.tensor(1), "out"));
  return reduce<F>(context, self, args.tensor(1), {}, is_floating(self.dtype()));
}

Result<void> variance(KernelContext& context, const Tensor& self, Tensor& out, Request request) {
  INGOT_TRY_VOID(check_dtype_in(self, kFloats, "self"));
  INGOT_TRY_VOID(check_same_dtype(self, "self", out, "out"));
  request.step = Step::variance;
  return reduce<Sum>(context, self, out, request, true);
}
// var.correction_out(Tensor self, int[]? dim, *, Scalar? correction, bool keepdim, out)
Result<void> var(KernelContext& context, KernelArgs args) {
  const Request request = {.dims = args.ints(1), .keepdim = args.boolean(3), .correction = args.real_or(2, 1)};
  return variance(context, args.tensor(0), args.tensor(4), request);
}
// var.out(Tensor self, int[]? dim, bool unbiased, bool keepdim, *, out)
Result<void> var_unbiased(KernelContext& context, KernelArgs args) {
  const Request request = {.dims = args.ints(1), .keepdim = args.boolean(3), .correction = args.boolean(2) ? 1.0 : 0.0};
  return variance(context, args.tensor(0), args.tensor(4), request);
}
// var_mean.correction_out(Tensor self, int[]? dim, *, Scalar? correction, bool keepdim, out0, out1)
Result<void> var_mean(KernelContext& context, KernelArgs args) {
  INGOT_TRY_VOID(var(context, args));
  const Tensor& self = args.tensor(0);
  Tensor& out = args.tensor(5);
  INGOT_TRY_VOID(check_same_dtype(self, "self", out, "out1"));
  const Request request = {.dims = args.ints(1), .keepdim = args.boolean(3), .step = Step::mean};
  return reduce<Sum>(context, self, out, request, true);
}

constexpr Kernel kRows[] = {
    {"aten::sum.IntList_out", "TL?bi?O", sum},
    {"aten::mean.out", "TL?bi?O", mean},
    {"aten::mean.dtype_out", "Ti?O", mean_all},
    {"aten::prod.int_out", "Tibi?O", prod},
    {"aten::prod.out", "Ti?O", prod_all},
    {"aten::amax.out", "TLbO", extreme<Max>},
    {"aten::amin.out", "TLbO", extreme<Min>},
    {"aten::any.all_out", "TO", any_all},
    {"aten::any.out", "TibO", any_dim},
    {"aten::any.dims_out", "TL?bO", any_dims},
    {"aten::max.unary_out", "TO", extreme_of_all<Max>},
    {"aten::min.unary_out", "TO", extreme_of_all<Min>},
    {"aten::var.correction_out", "TL?S?bO", var},
    {"aten::var.out", "TL?bbO", var_unbiased},
    {"aten::var_mean.correction_out", "TL?S?bOO", var_mean},
};

}  // namespace

std::span<const Kernel> reduction_kernels() {
  return selected<kRows>();
}

}  // namespace ingot::portable
