// Two operands in, one out: arithmetic, with a tensor or a number as the second operand.
#include <cmath>
#include <concepts>
#include <string_view>

#include "runtime/kernels/portable/elementwise_loop.h"
#include "runtime/kernels/portable/families.h"
#include "runtime/kernels/portable/wrapping.h"
#include "runtime/kernels/selection.h"

namespace ingot::portable {
namespace {

template <typename T>
struct Add {
  explicit Add(const Params& params) : alpha(params.get<T>(0)) {}
  T operator()(T a, T b) const { return wrapping_add(a, wrapping_mul(alpha, b)); }
  T alpha;
};
template <typename T>
struct Sub {
  explicit Sub(const Params& params) : alpha(params.get<T>(0)) {}
  T operator()(T a, T b) const { return wrapping_sub(a, wrapping_mul(alpha, b)); }
  T alpha;
};
template <typename T>
struct Mul : NoParams {
  using NoParams::NoParams;
  T operator()(T a, T b) const { return wrapping_mul(a, b); }
};
template <typename T>
struct Div : NoParams {
  using NoParams::NoParams;
  T operator()(T a, T b) const { return a / b; }
};
template <typename T>
struct Atan2 : NoParams {
  using NoParams::NoParams;
  T operator()(T a, T b) const { return std::atan2(a, b); }
};
// NaN in either operand wins.
template <typename T>
struct Maximum : NoParams {
  using NoParams::NoParams;
  T operator()(T a, T b) const { return a > b || a != a ? a : b; }
};
template <typename T>
struct Minimum : NoParams {
  using NoParams::NoParams;
  T operator()(T a, T b) const { return a < b || a != a ? a : b; }
};

// What integer division has besides: a flag for a division by zero, and -1 apart, because INT64_MIN / -1 traps.
template <typename T>
struct Dividing : NoParams {
  using NoParams::NoParams;
  bool failed = false;
  T truncated(T a, T b) {
    if (b == 0) {
      failed = true;
      return 0;
    }
    return b == -1 ? wrapping_sub<T>(0, a) : a / b;
  }
  T rest(T a, T b) {
    if (b == 0) failed = true;
    return b == 0 || b == -1 ? 0 : a % b;
  }
};

template <typename T>
struct DivTrunc : Dividing<T> {
  using Dividing<T>::Dividing;
  T operator()(T a, T b) {
    if constexpr (std::integral<T>) return this->truncated(a, b);
    return std::trunc(a / b);
  }
};

// Floor division of floats as Python defines it: through fmod, so that quotient and remainder fit each other.
template <typename T>
struct DivFloor : Dividing<T> {
  using Dividing<T>::Dividing;
  T operator()(T a, T b) {
    if constexpr (std::integral<T>) {
      const T quotient = this->truncated(a, b);
      return this->rest(a, b) != 0 && (a < 0) != (b < 0) ? quotient - 1 : quotient;
    } else {
      if (b == 0) return a / b;
      const T rest = std::fmod(a, b);
      T quotient = (a - rest) / b;
      if (rest != 0 && (b < 0) != (rest < 0)) quotient -= 1;
      if (quotient == 0) return std::copysign(T{0}, a / b);
      const T floor = std::floor(quotient);
      return quotient - floor > T(0.5) ? floor + 1 : floor;
    }
  }
};

// The rest with the dividend's sign.
template <typename T>
struct Fmod : Dividing<T> {
  using Dividing<T>::Dividing;
  T operator()(T a, T b) {
    if constexpr (std::integral<T>) return this->rest(a, b);
    return std::fmod(a, b);
  }
};
// The rest with the divisor's sign.
template <typename T>
struct Remainder : Dividing<T> {
  using Dividing<T>::Dividing;
  T operator()(T a, T b) {
    T rest;
    if constexpr (std::integral<T>) {
      rest = this->rest(a, b);
    } else {
      rest = std::fmod(a, b);
    }
    return rest != 0 && (b < 0) != (rest < 0) ? rest + b : rest;
  }
};

template <typename T>
struct Pow : NoParams {
  using NoParams::NoParams;
  T operator()(T base, T exponent) const {
    if constexpr (std::floating_point<T>) {
      return std::pow(base, exponent);
    } else {
      if (exponent < 0) {  // 1 / base ** -exponent, truncated
        if (base == 1) return 1;
        if (base == -1) return exponent % 2 == 0 ? 1 : -1;
        return 0;
      }
      T result = 1;
      for (; exponent > 0; exponent >>= 1) {
        if ((exponent & 1) != 0) result = wrapping_mul(result, base);
        base = wrapping_mul(base, base);
      }
      return result;
    }
  }
};
// Powers that networks use, without the library. PyTorch does the same, which shows where the base is negative
// infinity.
template <typename T>
struct Square : NoParams {
  using NoParams::NoParams;
  T operator()(T base, T) const { return base * base; }
};
template <typename T>
struct Cube : NoParams {
  using NoParams::NoParams;
  T operator()(T base, T) const { return base * base * base; }
};

template <typename T>
struct SquareRoot : NoParams {
  using NoParams::NoParams;
  T operator()(T base, T) const { return std::sqrt(base); }
};
template <typename T>
struct InverseSquareRoot : NoParams {
  using NoParams::NoParams;
  T operator()(T base, T) const { return 1 / std::sqrt(base); }
};
template <typename T>
struct Inverse : NoParams {
  using NoParams::NoParams;
  T operator()(T base, T) const { return 1 / base; }
};

constexpr ElementOp kAdd = element_op<Add, 2>(kComputable);
constexpr ElementOp kSub = element_op<Sub, 2>(kNumbers);
constexpr ElementOp kMul = element_op<Mul, 2>(kComputable);
constexpr ElementOp kDiv = float_op<Div, 2>(kComputable, Gives::floating);
constexpr ElementOp kDivTrunc = element_op<DivTrunc, 2>(kNumbers);
constexpr ElementOp kDivFloor = element_op<DivFloor, 2>(kNumbers);
constexpr ElementOp kFmod = element_op<Fmod, 2>(kNumbers);
constexpr ElementOp kRemainder = element_op<Remainder, 2>(kNumbers);
constexpr ElementOp kAtan2 = float_op<Atan2, 2>(kComputable, Gives::floating);
constexpr ElementOp kMaximum = element_op<Maximum, 2>(kComputable);
constexpr ElementOp kMinimum = element_op<Minimum, 2>(kComputable);
constexpr ElementOp kPow = element_op<Pow, 2>(kComputable);
struct KnownPower {
  double exponent;
  ElementOp op;
};
constexpr KnownPower kKnownPowers[] = {
    {2, float_op<Square, 2>(kFloats)},       {3, float_op<Cube, 2>(kFloats)},
    {0.5, float_op<SquareRoot, 2>(kFloats)}, {-0.5, float_op<InverseSquareRoot, 2>(kFloats)},
    {-1, float_op<Inverse, 2>(kFloats)},
};

// An argument that may be a tensor or a number, by the row's signature.
enum class Side : uint8_t { tensor, number };
template <Side kSide>
Operand operand(KernelArgs args, size_t i) {
  if constexpr (kSide == Side::tensor) return args.tensor(i);
  return args.scalar(i);
}

// op.out(Tensor self, Tensor|Scalar other, *, out)
template <const ElementOp& kOp, Side kOther>
Result<void> binary(KernelContext& context, KernelArgs args) {
  const Operand operands[] = {args.tensor(0), operand<kOther>(args, 1)};
  return elementwise(context, kOp, operands, args.tensor(2));
}

// op.out(Tensor self, Tensor|Scalar other, Scalar alpha, *, out): alpha multiplies other.
Result<void> binary_alpha(KernelContext& context, const ElementOp& op, Operand self, Operand other, Scalar alpha,
                          Tensor& out) {
  if (alpha.is_real() && self.tensor != nullptr && !is_floating(self.tensor->dtype()) && !is_floating(out.dtype())) {
    return fail(ErrorCode::invalid_argument, "alpha: expected an integer for %s, found a float",
                to_string(self.tensor->dtype()));
  }
  const Operand operands[] = {self, other};
  return elementwise(context, op, operands, out, {{alpha}});
}
template <const ElementOp& kOp, Side kOther>
Result<void> with_alpha(KernelContext& context, KernelArgs args) {
  return binary_alpha(context, kOp, args.tensor(0), operand<kOther>(args, 1), args.scalar(2), args.tensor(3));
}

// rsub.Scalar_out(Tensor self, Scalar other, Scalar alpha, *, out): other - alpha * self
Result<void> rsub(KernelContext& context, KernelArgs args) {
  return binary_alpha(context, kSub, args.scalar(1), args.tensor(0), args.scalar(2), args.tensor(3));
}

// op.out(Tensor self, Tensor|Scalar other, *, str? rounding_mode, out)
template <Side kOther>
Result<void> div_mode(KernelContext& context, KernelArgs args) {
  const Operand operands[] = {args.tensor(0), operand<kOther>(args, 1)};
  Tensor& out = args.tensor(3);
  if (!args.has(2)) return elementwise(context, kDiv, operands, out);
  const std::string_view mode = args.string(2);
  if (mode == "trunc") return elementwise(context, kDivTrunc, operands, out);
  if (mode == "floor") return elementwise(context, kDivFloor, operands, out);
  return fail(ErrorCode::not_supported, "rounding_mode: expected trunc or floor, found %.*s",
              static_cast<int>(std::min<size_t>(mode.size(), 40)), mode.data());
}

// pow.Tensor_Scalar_out(Tensor self, Scalar exponent, *, out)
Result<void> pow_number(KernelContext& context, KernelArgs args) {
  const Tensor& self = args.tensor(0);
  const Scalar exponent = args.scalar(1);
  const Operand operands[] = {self, exponent};
  if (is_floating(self.dtype())) {
    for (const KnownPower& known : kKnownPowers) {
      if (exponent.to<double>() == known.exponent) return elementwise(context, known.op, operands, args.tensor(2));
    }
  } else if (!exponent.is_real() && exponent.integer < 0) {
    return fail(ErrorCode::invalid_argument, "exponent: expected 0 or more for dtype %s, found %lld",
                to_string(self.dtype()), static_cast<long long>(exponent.integer));
  }
  return elementwise(context, kPow, operands, args.tensor(2));
}

// pow.Scalar_out(Scalar self, Tensor exponent, *, out)
Result<void> pow_of_number(KernelContext& context, KernelArgs args) {
  const Operand operands[] = {args.scalar(0), args.tensor(1)};
  return elementwise(context, kPow, operands, args.tensor(2));
}

constexpr Kernel kRows[] = {
    {"aten::add.out", "TTSO", with_alpha<kAdd, Side::tensor>},
    {"aten::add.Scalar_out", "TSSO", with_alpha<kAdd, Side::number>},
    {"aten::sub.out", "TTSO", with_alpha<kSub, Side::tensor>},
    {"aten::sub.Scalar_out", "TSSO", with_alpha<kSub, Side::number>},
    {"aten::rsub.Scalar_out", "TSSO", rsub},
    {"aten::mul.out", "TTO", binary<kMul, Side::tensor>},
    {"aten::mul.Scalar_out", "TSO", binary<kMul, Side::number>},
    {"aten::div.out", "TTO", binary<kDiv, Side::tensor>},
    {"aten::div.Scalar_out", "TSO", binary<kDiv, Side::number>},
    {"aten::div.out_mode", "TTr?O", div_mode<Side::tensor>},
    {"aten::div.Scalar_mode_out", "TSr?O", div_mode<Side::number>},
    {"aten::floor_divide.out", "TTO", binary<kDivFloor, Side::tensor>},
    {"aten::fmod.Tensor_out", "TTO", binary<kFmod, Side::tensor>},
    {"aten::fmod.Scalar_out", "TSO", binary<kFmod, Side::number>},
    {"aten::remainder.Tensor_out", "TTO", binary<kRemainder, Side::tensor>},
    {"aten::remainder.Scalar_out", "TSO", binary<kRemainder, Side::number>},
    {"aten::pow.Tensor_Tensor_out", "TTO", binary<kPow, Side::tensor>},
    {"aten::pow.Tensor_Scalar_out", "TSO", pow_number},
    {"aten::pow.Scalar_out", "STO", pow_of_number},
    {"aten::atan2.out", "TTO", binary<kAtan2, Side::tensor>},
    {"aten::maximum.out", "TTO", binary<kMaximum, Side::tensor>},
    {"aten::minimum.out", "TTO", binary<kMinimum, Side::tensor>},
};

}  // namespace

std::span<const Kernel> arithmetic_kernels() {
  return selected<kRows>();
}

}  // namespace ingot::portable
