// One tensor in, one out, shaped by numbers: activations and clamps.
#include <algorithm>
#include <cmath>
#include <concepts>
#include <limits>
#include <string_view>

#include "runtime/kernels/portable/element_blocks.h"
#include "runtime/kernels/portable/elementwise_loop.h"
#include "runtime/kernels/portable/families.h"
#include "runtime/kernels/portable/float_functions.h"
#include "runtime/kernels/portable/tensor_part.h"
#include "runtime/kernels/selection.h"

namespace ingot::portable {
namespace {

constexpr Scalar whole(int64_t x) {
  return {Value::Kind::integer, 0, x};
}
constexpr Scalar real(double x) {
  return {Value::Kind::real, x, 0};
}

// A bound that is NaN makes everything NaN, and NaN elements stay; where low exceeds high, high wins.
template <typename T>
struct Clamp {
  explicit Clamp(const Params& params) : low(params.get<T>(0)), high(params.get<T>(1)) {
    if (low != low) high = low;
    if (high != high) low = high;
  }
  T operator()(T x) const {
    if constexpr (std::floating_point<T>) {
      const T y = low > x ? low : x;
      return (y > high || high != high) ? high : y;
    } else {
      const T y = low > x ? low : x;
      return y > high ? high : y;
    }
  }
  T low, high;
};

// The same with a second operand, which only says what dtype to clamp in.
template <typename T>
struct ClampBeside : Clamp<T> {
  using Clamp<T>::Clamp;
  T operator()(T x, T) const { return Clamp<T>::operator()(x); }
};

template <typename T>
struct LeakyRelu {
  explicit LeakyRelu(const Params& params) : slope(params.get<T>(0)) {}
  T operator()(T x) const { return x > 0 ? x : x * slope; }
  T slope;
};

template <typename T>
struct Elu {
  explicit Elu(const Params& params)
      : below(params.get<T>(0) * params.get<T>(1)), above(params.get<T>(1)), input_scale(params.get<T>(2)) {}
  T operator()(T x) const { return x < 0 ? fast_expm1(x * input_scale) * below : x * above; }
  T below, above, input_scale;
};

struct GeluErf : NoParams {
  using NoParams::NoParams;
  double operator()(double x) const { return x * 0.5 * (1 + fast_erf(x * 0.70710678118654752440)); }
};

struct GeluTanh : NoParams {
  using NoParams::NoParams;
  double operator()(double x) const {
    // sqrt(2 / pi)
    return x * 0.5 * (1 + fast_tanh(0.79788456080286535588 * (x + 0.044715 * x * x * x)));
  }
};

// log(x / (1 - x)); bounds, where the first is not negative, keep x away from 0 and 1.
template <typename T>
struct Logit {
  explicit Logit(const Params& params) : low(params.get<T>(0)), high(params.get<T>(1)), clamps(low >= 0) {}
  T operator()(T x) const {
    if (clamps) x = x < low ? low : (x > high ? high : x);
    return std::log(x / (1 - x));
  }
  T low, high;
  bool clamps;
};

template <typename T>
struct Glu : NoParams {
  using NoParams::NoParams;
  T operator()(T a, T b) const { return a / (1 + fast_exp(-b)); }
};

constexpr ElementOp kClamp = element_op<Clamp, 1>(kNumbers);
constexpr ElementOp kLeakyRelu = float_op<LeakyRelu, 1>(kFloats);
constexpr ElementOp kElu = float_op<Elu, 1>(kFloats);
constexpr ElementOp kGeluErf = {leveled<&ElementLoops::gelu_erf>, apply<GeluErf, double, 1>, nullptr, kFloats};
constexpr ElementOp kGeluTanh = {leveled<&ElementLoops::gelu_tanh>, apply<GeluTanh, double, 1>, nullptr, kFloats};
constexpr ElementOp kGlu = float_op<Glu, 2>(kFloats);
constexpr ElementOp kLogit = float_op<Logit, 1>(kComputable, Gives::floating);

// Clamps in the tensor's own kind of number, which is out's too.
Result<void> clamp_to(KernelContext& context, const Tensor& self, Tensor& out, Scalar low, Scalar high) {
  const Operand operands[] = {self};
  return elementwise(context, kClamp, operands, out, {{low, high}});
}

// clamp.out(Tensor self, Scalar? min, Scalar? max, *, out)
Result<void> clamp(KernelContext& context, KernelArgs args) {
  if (!args.has(1) && !args.has(2))
    return fail(ErrorCode::invalid_argument, "clamp: expected min or max, found neither");
  const Tensor& self = args.tensor(0);
  const bool real_bound = (args.has(1) && args.scalar(1).is_real()) || (args.has(2) && args.scalar(2).is_real());
  if (is_floating(self.dtype()) || real_bound) {
    // A bound that is NaN makes everything NaN beside another, and is none by itself.
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    const auto bound = [&](size_t at, size_t other, double otherwise) {
      const double value = args.real_or(at, otherwise);
      return real(value != value && !args.has(other) ? otherwise : value);
    };
    const Scalar low = bound(1, 2, -kInfinity);
    const Scalar high = bound(2, 1, kInfinity);
    if (is_floating(self.dtype())) return clamp_to(context, self, args.tensor(3), low, high);
    // Real bounds turn integers into floats: the bounds come in as a number beside the tensor.
    constexpr ElementOp kFloatClamp = float_op<Clamp, 1>(kComputable, Gives::floating);
    const Operand operands[] = {self};
    return elementwise(context, kFloatClamp, operands, args.tensor(3), {{low, high}});
  }
  const Scalar low = whole(args.integer_or(1, std::numeric_limits<int64_t>::min()));
  const Scalar high = whole(args.integer_or(2, std::numeric_limits<int64_t>::max()));
  if (self.dtype() != DType::boolean) return clamp_to(context, self, args.tensor(3), low, high);
  // Whole bounds turn bools into int64, as a number beside the tensor does.
  constexpr ElementOp kBoolClamp = element_op<ClampBeside, 2>(kIntegers);
  const Operand operands[] = {self, whole(0)};
  return elementwise(context, kBoolClamp, operands, args.tensor(3), {{low, high}});
}

// hardtanh.out(Tensor self, Scalar min_val, Scalar max_val, *, out): keeps integers, whatever the bounds' kind.
Result<void> hardtanh(KernelContext& context, KernelArgs args) {
  return clamp_to(context, args.tensor(0), args.tensor(3), args.scalar(1), args.scalar(2));
}

// leaky_relu.out(Tensor self, Scalar negative_slope, *, out)
Result<void> leaky_relu(KernelContext& context, KernelArgs args) {
  const Operand operands[] = {args.tensor(0)};
  return elementwise(context, kLeakyRelu, operands, args.tensor(2), {{args.scalar(1)}});
}

// elu.out(Tensor self, Scalar alpha, Scalar scale, Scalar input_scale, *, out)
Result<void> elu(KernelContext& context, KernelArgs args) {
  const Operand operands[] = {args.tensor(0)};
  return elementwise(context, kElu, operands, args.tensor(4), {{args.scalar(1), args.scalar(2), args.scalar(3)}});
}

// gelu.out(Tensor self, *, str approximate, out)
Result<void> gelu(KernelContext& context, KernelArgs args) {
  const std::string_view approximate = args.string(1);
  const Operand operands[] = {args.tensor(0)};
  if (approximate == "none") return elementwise(context, kGeluErf, operands, args.tensor(2));
  if (approximate == "tanh") return elementwise(context, kGeluTanh, operands, args.tensor(2));
  return fail(ErrorCode::not_supported, "approximate: expected none or tanh, found %.*s",
              static_cast<int>(std::min<size_t>(approximate.size(), 40)), approximate.data());
}

// logit.out(Tensor self, float? eps, *, out): eps and 1 - eps are numbers of self's dtype.
Result<void> logit(KernelContext& context, KernelArgs args) {
  const DType dtype = is_floating(args.tensor(0).dtype()) ? args.tensor(0).dtype() : DType::float32;
  const auto rounded = [dtype](double x) {
    alignas(8) std::byte element[8];
    store_scalar(dtype, real(x), element);
    load_block<double>(dtype)(&x, element, 1, 1);
    return x;
  };
  const double eps = rounded(args.real_or(1, -1));
  const Operand operands[] = {args.tensor(0)};
  return elementwise(context, kLogit, operands, args.tensor(2), {{real(eps), real(rounded(1 - eps))}});
}

// glu.out(Tensor self, int dim, *, out): the first half of a dimension times the sigmoid of the second.
Result<void> glu(KernelContext& context, KernelArgs args) {
  const Tensor& self = args.tensor(0);
  INGOT_TRY_VOID(check_rank_between(self, 1, kMaxRank, "self"));
  const size_t dim = INGOT_TRY(normalize_axis(args.integer(1), self.rank()));
  if (self.size(dim) % 2 != 0) {
    return fail(ErrorCode::invalid_argument, "self: expected an even size in dimension %zu, found %d", dim,
                self.size(dim));
  }
  const int32_t half = self.size(dim) / 2;
  const TensorPart first(self, dim, 0, half), second(self, dim, half, half);
  const Operand operands[] = {first.tensor(), second.tensor()};
  return elementwise(context, kGlu, operands, args.tensor(2));
}

// Bounds, of which none may be NaN nor the lower one the higher, become part of what an epilogue clamps to.
bool add_bounds(float low, float high, Epilogue& epilogue) {
  if (!(low <= high)) return false;
  epilogue.low = std::clamp(epilogue.low, low, high);
  epilogue.high = std::clamp(epilogue.high, low, high);
  return true;
}

bool follow_clamp(KernelArgs args, Epilogue& epilogue) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  return add_bounds(args.has(1) ? args.scalar(1).to<float>() : -kInfinity,
                    args.has(2) ? args.scalar(2).to<float>() : kInfinity, epilogue);
}

bool follow_hardtanh(KernelArgs args, Epilogue& epilogue) {
  return add_bounds(args.scalar(1).to<float>(), args.scalar(2).to<float>(), epilogue);
}

constexpr KernelExtras kClampExtras = {.follow = follow_clamp};
constexpr KernelExtras kHardtanhExtras = {.follow = follow_hardtanh};

constexpr Kernel kRows[] = {
    {.name = "aten::clamp.out", .signature = "TS?S?O", .run = clamp, .extras = &kClampExtras},
    {.name = "aten::hardtanh.out", .signature = "TSSO", .run = hardtanh, .extras = &kHardtanhExtras},
    {"aten::leaky_relu.out", "TSO", leaky_relu},
    {"aten::elu.out", "TSSSO", elu},
    {"aten::gelu.out", "TrO", gelu},
    {"aten::glu.out", "TiO", glu},
    {"aten::logit.out", "Tf?O", logit},
};

}  // namespace

std::span<const Kernel> activation_kernels() {
  return selected<kRows>();
}

}  // namespace ingot::portable
