// The loop that all elementwise operators share. Operands of any dtype and layout are brought, block by block, into
// arrays of one compute type (float32 data that lies densely is used where it is); an operator is the function that
// turns such arrays into another. So an operator costs three small loops, whatever number of dtypes it serves, and the
// compiler can vectorize them.
//
// To add an operator: write a functor as below, and a row in its family's table.
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include "runtime/kernels/kernel_table.h"
#include "runtime/kernels/portable/checks.h"
#include "runtime/kernels/portable/loop_levels.h"
#include "runtime/kernels/selection.h"

namespace ingot::portable {

// Numbers that an operator takes besides its operands, converted once a block.
struct Params {
  std::array<Scalar, 3> scalars;
  template <typename T>
  T get(size_t i) const {
    return scalars[i].template to<T>();
  }
};

// Computes n elements, densely laid out: in[k] is an array of the compute type; out is one too, or of uint8_t (0 or 1)
// for an operator that answers yes or no. False where an integer was divided by zero.
using Apply = bool (*)(const void* const* in, void* out, size_t n, const Params& params);

enum class Gives : uint8_t {
  same,      // the operands' dtype
  floating,  // the same, but integers become floats
  boolean,
};

// An elementwise operator. A null function says that the operator is not defined for such dtypes.
struct ElementOp {
  Apply f32 = nullptr;  // float32, float16, bfloat16
  Apply f64 = nullptr;
  Apply i64 = nullptr;  // integers and bool
  DTypeSet dtypes = kComputable;
  Gives gives = Gives::same;
};

namespace elementwise_internal {

template <typename Op, typename T, size_t... I>
bool apply(const void* const* in, void* out, size_t n, const Params& params, std::index_sequence<I...>) {
  Op op(params);
  using R = decltype(op((static_cast<void>(I), T{})...));
  using Out = std::conditional_t<std::same_as<R, bool>, uint8_t, R>;
  Out* to = static_cast<Out*>(out);
  // Locals, not a look into `in` for each element: the stores might change it for all that the compiler knows.
  [&](const auto*... from) {
    for (size_t i = 0; i < n; ++i) to[i] = op(from[i]...);
  }(static_cast<const T*>(in[I])...);
  if constexpr (requires { op.failed; }) {
    return !op.failed;
  } else {
    return true;
  }
}

}  // namespace elementwise_internal

// Op is constructed from Params and called with N values of type T; it gives a T or a bool. An integer operator that
// can fail has a member `failed`.
template <typename Op, typename T, size_t N>
bool apply(const void* const* in, void* out, size_t n, const Params& params) {
  return elementwise_internal::apply<Op, T>(in, out, n, params, std::make_index_sequence<N>());
}

// One that is compiled for several processors (loops/elements.h).
template <ElementLoops::Function ElementLoops::* kLoop>
bool leveled(const void* const* in, void* out, size_t n, const Params&) {
  (loops().elements->*kLoop)(static_cast<const float*>(in[0]), static_cast<float*>(out), n);
  return true;
}

// The loop, or null in a build whose programs have no elements that are computed in T.
template <typename T>
constexpr Apply if_selected(Apply loop) {
  return kIsSelected<T> ? loop : nullptr;
}

// The three loops of a functor template that serves every compute type.
template <template <typename> class Op, size_t N>
constexpr ElementOp element_op(DTypeSet dtypes, Gives gives = Gives::same) {
  return {if_selected<float>(apply<Op<float>, float, N>), if_selected<double>(apply<Op<double>, double, N>),
          if_selected<int64_t>(apply<Op<int64_t>, int64_t, N>), dtypes, gives};
}
// The two of one that is only meant for floats (integers are converted first, where `dtypes` has them).
template <template <typename> class Op, size_t N>
constexpr ElementOp float_op(DTypeSet dtypes, Gives gives = Gives::same) {
  return {if_selected<float>(apply<Op<float>, float, N>), if_selected<double>(apply<Op<double>, double, N>), nullptr,
          dtypes, gives};
}

// A functor that needs no parameters derives from this.
struct NoParams {
  explicit NoParams(const Params&) {}
  NoParams() = default;
};

// What an elementwise operator reads: a tensor, or a number that stands for a tensor of rank 0.
struct Operand {
  Operand(const Tensor& tensor) : tensor(&tensor) {}
  Operand(Scalar scalar) : scalar(scalar) {}
  static Operand condition(const Tensor& tensor) {
    Operand operand(tensor);
    operand.is_condition = true;
    return operand;
  }
  const Tensor* tensor = nullptr;
  Scalar scalar;
  bool is_condition = false;  // its dtype says nothing about the result's
};

// Checks that the operator is defined for the dtype that the operands promote to, and that out may hold its result;
// resizes out to the operands' broadcast sizes, and computes. At least one operand is a tensor. Operands are converted
// to the common dtype (floats are computed as float32 at least), results to out's.
Result<void> elementwise(KernelContext& context, const ElementOp& op, std::span<const Operand> operands, Tensor& out,
                         const Params& params = {});

// Copies with conversion to out's dtype. self broadcasts to out, which keeps its sizes; the layouts may differ.
Result<void> convert(KernelContext& context, const Tensor& self, Tensor& out);

}  // namespace ingot::portable
