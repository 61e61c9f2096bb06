// One tensor in, one out, no other arguments.
#include <cmath>
#include <concepts>
#include <limits>

#include "runtime/kernels/portable/elementwise_loop.h"
#include "runtime/kernels/portable/families.h"
#include "runtime/kernels/portable/float_functions.h"
#include "runtime/kernels/portable/loop_levels.h"
#include "runtime/kernels/portable/wrapping.h"
#include "runtime/kernels/selection.h"

namespace ingot::portable {
namespace {

// The functors are named after their operators. Those for every number work on int64_t as well.
template <typename T>
struct Abs : NoParams {
  using NoParams::NoParams;
  T operator()(T x) const {
    if constexpr (std::integral<T>) return x < 0 ? wrapping_sub<T>(0, x) : x;
    return std::abs(x);
  }
};
template <typename T>
struct Neg : NoParams {
  using NoParams::NoParams;
  T operator()(T x) const {
    if constexpr (std::integral<T>) return wrapping_sub<T>(0, x);
    return -x;
  }
};
template <typename T>
struct Sign : NoParams {
  using NoParams::NoParams;
  T operator()(T x) const { return static_cast<T>((x > 0) - (x < 0)); }
};
template <typename T>
struct Relu : NoParams {
  using NoParams::NoParams;
  T operator()(T x) const { return x < 0 ? T{0} : x; }  // NaN stays
};
template <typename T>
struct Hardswish : NoParams {
  using NoParams::NoParams;
  T operator()(T x) const {
    T gate = x + 3;
    gate = gate < 0 ? T{0} : gate;
    gate = gate > 6 ? T{6} : gate;
    return x * gate / 6;
  }
};
template <typename T>
struct IsInf : NoParams {
  using NoParams::NoParams;
  bool operator()(T x) const {
    if constexpr (std::integral<T>) return false;
    return std::abs(x) == std::numeric_limits<T>::infinity();
  }
};
template <typename T>
struct IsNan : NoParams {
  using NoParams::NoParams;
  bool operator()(T x) const { return x != x; }
};
template <typename T>
struct LogicalNot : NoParams {
  using NoParams::NoParams;
  bool operator()(T x) const { return x == 0; }
};

// Rounding leaves integers as they are.
template <typename T, T (*kFunction)(T)>
struct Function : NoParams {
  using NoParams::NoParams;
  T operator()(T x) const { return kFunction(x); }
};
struct Same : NoParams {
  using NoParams::NoParams;
  int64_t operator()(int64_t x) const { return x; }
};
template <float (*kFloat)(float), double (*kDouble)(double)>
constexpr ElementOp rounding_op() {
  return {if_selected<float>(apply<Function<float, kFloat>, float, 1>),
          if_selected<double>(apply<Function<double, kDouble>, double, 1>), apply<Same, int64_t, 1>, kNumbers};
}

// A function of the mathematical library, or one built from it.
template <float (*kFloat)(float), double (*kDouble)(double)>
constexpr ElementOp function_op() {
  return {if_selected<float>(apply<Function<float, kFloat>, float, 1>),
          if_selected<double>(apply<Function<double, kDouble>, double, 1>), nullptr, kComputable, Gives::floating};
}

// The same where the loop for float32 is one of those that are made for several processors.
template <ElementLoops::Function ElementLoops::* kFloat, double (*kDouble)(double)>
constexpr ElementOp function_op() {
  return {leveled<kFloat>, apply<Function<double, kDouble>, double, 1>, nullptr, kComputable, Gives::floating};
}

template <typename T>
T reciprocal(T x) {
  return 1 / x;
}
template <typename T>
T rsqrt(T x) {
  return 1 / std::sqrt(x);
}
double sigmoid(double x) {
  return 1 / (1 + fast_exp(-x));
}

constexpr ElementOp kAbs = element_op<Abs, 1>(kComputable);
constexpr ElementOp kNeg = element_op<Neg, 1>(kNumbers);
constexpr ElementOp kSign = element_op<Sign, 1>(kComputable);
constexpr ElementOp kRelu = element_op<Relu, 1>(kNumbers);
constexpr ElementOp kHardswish = {leveled<&ElementLoops::hardswish>, apply<Hardswish<double>, double, 1>, nullptr,
                                  kFloats};
constexpr ElementOp kIsInf = element_op<IsInf, 1>(kComputable, Gives::boolean);
constexpr ElementOp kIsNan = element_op<IsNan, 1>(kComputable, Gives::boolean);
constexpr ElementOp kLogicalNot = element_op<LogicalNot, 1>(kComputable, Gives::boolean);
constexpr ElementOp kCeil = rounding_op<std::ceil, std::ceil>();
constexpr ElementOp kFloor = rounding_op<std::floor, std::floor>();
constexpr ElementOp kRound = rounding_op<round_even, round_even>();
constexpr ElementOp kTrunc = rounding_op<std::trunc, std::trunc>();
constexpr ElementOp kAcos = function_op<std::acos, std::acos>();
constexpr ElementOp kAcosh = function_op<std::acosh, std::acosh>();
constexpr ElementOp kAsin = function_op<std::asin, std::asin>();
constexpr ElementOp kAsinh = function_op<std::asinh, std::asinh>();
constexpr ElementOp kAtan = function_op<std::atan, std::atan>();
constexpr ElementOp kAtanh = function_op<std::atanh, std::atanh>();
constexpr ElementOp kCos = function_op<std::cos, std::cos>();
constexpr ElementOp kCosh = function_op<std::cosh, std::cosh>();
constexpr ElementOp kErf = function_op<&ElementLoops::erf, fast_erf>();
constexpr ElementOp kExp = function_op<&ElementLoops::exp, fast_exp>();
constexpr ElementOp kExpm1 = function_op<&ElementLoops::expm1, fast_expm1>();
constexpr ElementOp kLog = function_op<std::log, std::log>();
constexpr ElementOp kLog10 = function_op<std::log10, std::log10>();
constexpr ElementOp kLog1p = function_op<std::log1p, std::log1p>();
constexpr ElementOp kLog2 = function_op<std::log2, std::log2>();
constexpr ElementOp kReciprocal = function_op<reciprocal, reciprocal>();
constexpr ElementOp kRsqrt = function_op<rsqrt, rsqrt>();
constexpr ElementOp kSigmoid = function_op<&ElementLoops::sigmoid, sigmoid>();
constexpr ElementOp kSin = function_op<std::sin, std::sin>();
constexpr ElementOp kSinh = function_op<std::sinh, std::sinh>();
constexpr ElementOp kSqrt = function_op<std::sqrt, std::sqrt>();
constexpr ElementOp kTan = function_op<std::tan, std::tan>();
constexpr ElementOp kTanh = function_op<&ElementLoops::tanh, fast_tanh>();

// op.out(Tensor self, *, out)
template <const ElementOp& kOp>
Result<void> unary(KernelContext& context, KernelArgs args) {
  const Operand operands[] = {args.tensor(0)};
  return elementwise(context, kOp, operands, args.tensor(1));
}

bool follow_relu(KernelArgs, Epilogue& epilogue) {
  epilogue.low = epilogue.low < 0 ? 0 : epilogue.low;
  epilogue.high = epilogue.high < 0 ? 0 : epilogue.high;
  return true;
}

constexpr KernelExtras kReluExtras = {.follow = follow_relu};

constexpr Kernel kRows[] = {
    {"aten::abs.out", "TO", unary<kAbs>},
    {"aten::neg.out", "TO", unary<kNeg>},
    {"aten::ceil.out", "TO", unary<kCeil>},
    {"aten::floor.out", "TO", unary<kFloor>},
    {"aten::round.out", "TO", unary<kRound>},
    {"aten::trunc.out", "TO", unary<kTrunc>},
    {"aten::sign.out", "TO", unary<kSign>},
    {.name = "aten::relu.out", .signature = "TO", .run = unary<kRelu>, .extras = &kReluExtras},
    {"ingot::hardswish.out", "TO", unary<kHardswish>},
    {"aten::acos.out", "TO", unary<kAcos>},
    {"aten::acosh.out", "TO", unary<kAcosh>},
    {"aten::asin.out", "TO", unary<kAsin>},
    {"aten::asinh.out", "TO", unary<kAsinh>},
    {"aten::atan.out", "TO", unary<kAtan>},
    {"aten::atanh.out", "TO", unary<kAtanh>},
    {"aten::cos.out", "TO", unary<kCos>},
    {"aten::cosh.out", "TO", unary<kCosh>},
    {"aten::erf.out", "TO", unary<kErf>},
    {"aten::exp.out", "TO", unary<kExp>},
    {"aten::expm1.out", "TO", unary<kExpm1>},
    {"aten::log.out", "TO", unary<kLog>},
    {"aten::log10.out", "TO", unary<kLog10>},
    {"aten::log1p.out", "TO", unary<kLog1p>},
    {"aten::log2.out", "TO", unary<kLog2>},
    {"aten::reciprocal.out", "TO", unary<kReciprocal>},
    {"aten::rsqrt.out", "TO", unary<kRsqrt>},
    {"aten::sigmoid.out", "TO", unary<kSigmoid>},
    {"aten::sin.out", "TO", unary<kSin>},
    {"aten::sinh.out", "TO", unary<kSinh>},
    {"aten::sqrt.out", "TO", unary<kSqrt>},
    {"aten::tan.out", "TO", unary<kTan>},
    {"aten::tanh.out", "TO", unary<kTanh>},
    {"aten::isinf.out", "TO", unary<kIsInf>},
    {"aten::isnan.out", "TO", unary<kIsNan>},
    {"aten::logical_not.out", "TO", unary<kLogicalNot>},
};

}  // namespace

std::span<const Kernel> unary_kernels() {
  return selected<kRows>();
}

}  // namespace ingot::portable
