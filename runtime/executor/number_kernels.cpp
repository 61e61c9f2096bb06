// Operators on numbers and sizes: what a program computes of its shapes while it runs. Every Runtime has them.
//
// Numbers follow Python, as the programs do that are traced from it: division of ints rounds down, a remainder has the
// sign of its divisor, rounding is half to even. What overflows an int64 is an error.

#include <algorithm>
#include <cmath>
#include <cstring>

#include "runtime/core/checked_math.h"
#include "runtime/executor/runtime_impl.h"
#include "runtime/kernels/kernel_table.h"

namespace ingot {
namespace {

std::unexpected<Error> overflow() {
  return fail(ErrorCode::invalid_argument, "the result does not fit an int64");
}

// Writes a result into the value that the program made for it, whose kind stays.
Result<void> write(Value& to, Scalar result) {
  switch (to.kind) {
    case Value::Kind::real:
      to.real = result.to<double>();
      return {};
    case Value::Kind::boolean:
      if (result.kind != Value::Kind::boolean) break;
      to.boolean = result.integer != 0;
      return {};
    case Value::Kind::integer:
      if (result.is_real()) break;
      to.integer = result.integer;
      return {};
    default:
      break;
  }
  return fail(ErrorCode::invalid_argument, "a result that is %s does not fit a value that is %s",
              to_string(result.kind), to_string(to.kind));
}

Scalar integer(int64_t value) {
  return {Value::Kind::integer, 0, value};
}
Scalar real(double value) {
  return {Value::Kind::real, value, 0};
}
Scalar boolean(bool value) {
  return {Value::Kind::boolean, 0, value};
}

Result<Scalar> to_integer(double value) {
  // 2^63 is a double, and the first that does not fit.
  if (!(value >= -0x1p63 && value < 0x1p63)) return overflow();
  return integer(static_cast<int64_t>(value));
}

struct FloorDivision {
  int64_t quotient;
  int64_t remainder;
};
Result<FloorDivision> floor_divide(int64_t a, int64_t b) {
  if (b == 0) return fail(ErrorCode::invalid_argument, "division by zero");
  if (a == INT64_MIN && b == -1) return overflow();
  FloorDivision result{a / b, a % b};
  if (result.remainder != 0 && (result.remainder < 0) != (b < 0)) {
    --result.quotient;
    result.remainder += b;
  }
  return result;
}

using Binary = Result<Scalar> (*)(Scalar, Scalar);
using Unary = Result<Scalar> (*)(Scalar);

Result<void> apply(Binary f, KernelArgs args) {
  const Scalar result = INGOT_TRY(f(args.scalar(0), args.scalar(1)));
  return write(args.value(2), result);
}

Result<void> apply(Unary f, KernelArgs args) {
  const Scalar result = INGOT_TRY(f(args.scalar(0)));
  return write(args.value(1), result);
}

// A pair of numbers is computed as doubles as soon as one is.
template <Binary f>
Result<void> run_binary(KernelContext&, KernelArgs args) {
  return apply(f, args);
}

template <Unary f>
Result<void> run_unary(KernelContext&, KernelArgs args) {
  return apply(f, args);
}

bool any_real(Scalar a, Scalar b) {
  return a.is_real() || b.is_real();
}

Result<Scalar> add(Scalar a, Scalar b) {
  if (any_real(a, b)) return real(a.to<double>() + b.to<double>());
  int64_t result;
  if (!checked_add(a.integer, b.integer, &result)) return overflow();
  return integer(result);
}

Result<Scalar> subtract(Scalar a, Scalar b) {
  if (any_real(a, b)) return real(a.to<double>() - b.to<double>());
  int64_t result;
  if (__builtin_sub_overflow(a.integer, b.integer, &result)) return overflow();
  return integer(result);
}

Result<Scalar> multiply(Scalar a, Scalar b) {
  if (any_real(a, b)) return real(a.to<double>() * b.to<double>());
  int64_t result;
  if (!checked_mul(a.integer, b.integer, &result)) return overflow();
  return integer(result);
}

Result<Scalar> floor_division(Scalar a, Scalar b) {
  if (any_real(a, b)) return real(std::floor(a.to<double>() / b.to<double>()));
  const FloorDivision result = INGOT_TRY(floor_divide(a.integer, b.integer));
  return integer(result.quotient);
}

Result<Scalar> modulo(Scalar a, Scalar b) {
  if (any_real(a, b)) {
    const double divisor = b.to<double>();
    const double remainder = std::fmod(a.to<double>(), divisor);
    return real(remainder != 0 && (remainder < 0) != (divisor < 0) ? remainder + divisor : remainder);
  }
  const FloorDivision result = INGOT_TRY(floor_divide(a.integer, b.integer));
  return integer(result.remainder);
}

Result<Scalar> true_division(Scalar a, Scalar b) {
  if (b.to<double>() == 0) return fail(ErrorCode::invalid_argument, "division by zero");
  return real(a.to<double>() / b.to<double>());
}

// Which of a < b, a == b, a > b holds, as bits; none where one is not a number.
constexpr unsigned kLess = 1;
constexpr unsigned kEqual = 2;
constexpr unsigned kGreater = 4;
[[gnu::noinline]] unsigned compare(Scalar a, Scalar b) {
  if (!any_real(a, b)) return a.integer < b.integer ? kLess : a.integer > b.integer ? kGreater : kEqual;
  const double x = a.to<double>();
  const double y = b.to<double>();
  return x < y ? kLess : x > y ? kGreater : x == y ? kEqual : 0;
}

Result<Scalar> equal(Scalar a, Scalar b) {
  return boolean((compare(a, b) & kEqual) != 0);
}
Result<Scalar> greater_equal(Scalar a, Scalar b) {
  return boolean((compare(a, b) & (kGreater | kEqual)) != 0);
}
Result<Scalar> greater(Scalar a, Scalar b) {
  return boolean((compare(a, b) & kGreater) != 0);
}
Result<Scalar> less_equal(Scalar a, Scalar b) {
  return boolean((compare(a, b) & (kLess | kEqual)) != 0);
}
Result<Scalar> less(Scalar a, Scalar b) {
  return boolean((compare(a, b) & kLess) != 0);
}
Result<Scalar> larger_of(Scalar a, Scalar b) {
  return (compare(a, b) & kLess) != 0 ? b : a;
}
Result<Scalar> smaller_of(Scalar a, Scalar b) {
  return (compare(a, b) & kGreater) != 0 ? b : a;
}

Result<Scalar> negate(Scalar a) {
  if (a.is_real()) return real(-a.real);
  return subtract(integer(0), a);
}
Result<Scalar> to_real(Scalar a) {
  return real(a.to<double>());
}
Result<Scalar> truncate(Scalar a) {
  return a.is_real() ? to_integer(std::trunc(a.real)) : integer(a.integer);
}
Result<Scalar> ceiling(Scalar a) {
  return a.is_real() ? to_integer(std::ceil(a.real)) : integer(a.integer);
}
// nearbyint: half to even in the default rounding mode.
Result<Scalar> round_to_even(Scalar a) {
  return a.is_real() ? to_integer(std::nearbyint(a.real)) : integer(a.integer);
}
Result<Scalar> logical_not(Scalar a) {
  return boolean(a.to<double>() == 0);
}

Result<void> run_if_then_else(KernelContext&, KernelArgs args) {
  return write(args.value(3), args.boolean(0) ? args.scalar(1) : args.scalar(2));
}

Result<void> run_sym_size(KernelContext&, KernelArgs args) {
  const Tensor& tensor = args.tensor(0);
  int64_t dim = args.integer(1);
  const auto rank = static_cast<int64_t>(tensor.rank());
  if (dim < -rank || dim >= rank) {
    return fail(ErrorCode::invalid_argument, "dimension %lld of a tensor of rank %lld", static_cast<long long>(dim),
                static_cast<long long>(rank));
  }
  if (dim < 0) dim += rank;
  return write(args.value(2), integer(tensor.size(static_cast<size_t>(dim))));
}

Result<void> run_sym_numel(KernelContext&, KernelArgs args) {
  return write(args.value(1), integer(static_cast<int64_t>(args.tensor(0).numel())));
}

template <typename T>
T first(const Tensor& tensor) {
  T value;
  std::memcpy(&value, tensor.data(), sizeof value);
  return value;
}

Result<Scalar> only_element(const Tensor& tensor) {
  switch (tensor.dtype()) {
    case DType::uint8:
      return integer(first<uint8_t>(tensor));
    case DType::int8:
      return integer(first<int8_t>(tensor));
    case DType::int16:
      return integer(first<int16_t>(tensor));
    case DType::uint16:
      return integer(first<uint16_t>(tensor));
    case DType::int32:
      return integer(first<int32_t>(tensor));
    case DType::uint32:
      return integer(first<uint32_t>(tensor));
    case DType::int64:
      return integer(first<int64_t>(tensor));
    case DType::boolean:
      return boolean(first<uint8_t>(tensor) != 0);
    case DType::float32:
      return real(first<float>(tensor));
    case DType::float64:
      return real(first<double>(tensor));
    case DType::uint64:
    case DType::float16:
    case DType::bfloat16:
      break;
  }
  return fail(ErrorCode::not_supported, "a number of a tensor of %s", to_string(tensor.dtype()));
}

// The only element of a tensor, as a number.
Result<void> run_local_scalar_dense(KernelContext&, KernelArgs args) {
  const Tensor& tensor = args.tensor(0);
  if (tensor.numel() != 1)
    return fail(ErrorCode::invalid_argument, "a tensor of %zu elements, expected 1", tensor.numel());
  const Scalar element = INGOT_TRY(only_element(tensor));
  return write(args.value(1), element);
}

// Puts copy_from at position `index` of copy_to's first dimension, which grows to hold it.
Result<void> run_copy_index(KernelContext&, KernelArgs args) {
  Tensor& to = args.tensor(0);
  const Tensor& from = args.tensor(1);
  const int64_t index = args.integer(2);
  if (to.dtype() != from.dtype() || to.rank() != from.rank() + 1) {
    return fail(ErrorCode::invalid_argument, "expected a tensor of the same dtype and one dimension more");
  }
  if (index < 0 || index >= INT32_MAX)
    return fail(ErrorCode::invalid_argument, "index %lld", static_cast<long long>(index));
  if (!to.is_contiguous() || !from.is_contiguous())
    return fail(ErrorCode::not_supported, "tensors that are not contiguous");
  int32_t sizes[kMaxRank];
  sizes[0] = std::max(to.size(0), static_cast<int32_t>(index + 1));
  std::ranges::copy(from.sizes(), sizes + 1);
  INGOT_TRY_VOID(to.resize({sizes, to.rank()}));
  if (from.nbytes() == 0) return {};
  std::memmove(to.data_as<std::byte>() + static_cast<size_t>(index) * from.nbytes(), from.data(), from.nbytes());
  return {};
}

// The same elements in another shape; one size may be -1. A copy, which costs nothing where a planner put both tensors
// at one place.
Result<void> run_view(KernelContext&, KernelArgs args) {
  const Tensor& self = args.tensor(0);
  const std::span<const int64_t> shape = args.ints(1);
  Tensor& out = args.tensor(2);
  if (shape.size() > kMaxRank) return fail(ErrorCode::invalid_argument, "rank %zu", shape.size());
  if (self.dtype() != out.dtype() || !self.is_contiguous() || !out.is_contiguous()) {
    return fail(ErrorCode::invalid_argument, "expected contiguous tensors of one dtype");
  }
  int32_t sizes[kMaxRank];
  size_t known = 1;
  size_t unknown = kMaxRank;
  for (size_t i = 0; i < shape.size(); ++i) {
    if (shape[i] < -1 || shape[i] > INT32_MAX || (shape[i] == -1 && unknown != kMaxRank)) {
      return fail(ErrorCode::invalid_argument, "size %lld of dimension %zu", static_cast<long long>(shape[i]), i);
    }
    sizes[i] = static_cast<int32_t>(shape[i]);
    if (shape[i] == -1) {
      unknown = i;
    } else if (!checked_mul(known, static_cast<size_t>(shape[i]), &known)) {
      return fail(ErrorCode::invalid_argument, "a shape too large");
    }
  }
  if (unknown != kMaxRank && known != 0 && self.numel() / known <= INT32_MAX) {
    sizes[unknown] = static_cast<int32_t>(self.numel() / known);
    known *= self.numel() / known;
  }
  if (known != self.numel() || (unknown != kMaxRank && sizes[unknown] == -1)) {
    return fail(ErrorCode::invalid_argument, "a shape of %zu elements for a tensor of %zu", known, self.numel());
  }
  INGOT_TRY_VOID(out.resize({sizes, shape.size()}));
  if (self.nbytes() > 0 && out.data() != self.data()) std::memmove(out.data(), self.data(), self.nbytes());
  return {};
}

constexpr Kernel kNumberKernels[] = {
    {"executorch_prim::add.Scalar", "SSV", run_binary<add>},
    {"executorch_prim::sub.Scalar", "SSV", run_binary<subtract>},
    {"executorch_prim::mul.Scalar", "SSV", run_binary<multiply>},
    {"executorch_prim::floordiv.Scalar", "SSV", run_binary<floor_division>},
    {"executorch_prim::floordiv.int", "iiV", run_binary<floor_division>},
    {"executorch_prim::truediv.Scalar", "SSV", run_binary<true_division>},
    {"executorch_prim::mod.Scalar", "SSV", run_binary<modulo>},
    {"executorch_prim::mod.int", "iiV", run_binary<modulo>},
    {"executorch_prim::eq.Scalar", "SSV", run_binary<equal>},
    {"executorch_prim::ge.Scalar", "SSV", run_binary<greater_equal>},
    {"executorch_prim::gt.Scalar", "SSV", run_binary<greater>},
    {"executorch_prim::le.Scalar", "SSV", run_binary<less_equal>},
    {"executorch_prim::lt.Scalar", "SSV", run_binary<less>},
    {"executorch_prim::sym_max.Scalar", "SSV", run_binary<larger_of>},
    {"executorch_prim::sym_min.Scalar", "SSV", run_binary<smaller_of>},
    {"executorch_prim::neg.Scalar", "SV", run_unary<negate>},
    {"executorch_prim::ceil.Scalar", "SV", run_unary<ceiling>},
    {"executorch_prim::round.Scalar", "SV", run_unary<round_to_even>},
    {"executorch_prim::trunc.Scalar", "SV", run_unary<truncate>},
    {"executorch_prim::sym_float.Scalar", "SV", run_unary<to_real>},
    {"executorch_prim::sym_int.Scalar", "SV", run_unary<truncate>},
    {"executorch_prim::sym_not.Scalar", "SV", run_unary<logical_not>},
    {"executorch_prim::sym_ite.Scalar", "bSSV", run_if_then_else},
    {"executorch_prim::et_copy_index.tensor", "OTi", run_copy_index},
    {"executorch_prim::et_view.default", "TLO", run_view},
    {"aten::sym_size.int", "TiV", run_sym_size},
    {"aten::sym_numel", "TV", run_sym_numel},
    {"aten::_local_scalar_dense", "TV", run_local_scalar_dense},
};

}  // namespace

std::span<const Kernel> number_kernels() {
  return kNumberKernels;
}

}  // namespace ingot
