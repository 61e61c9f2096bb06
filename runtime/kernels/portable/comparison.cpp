// Two operands in, yes or no out.
#include "runtime/kernels/portable/elementwise_loop.h"
#include "runtime/kernels/portable/families.h"
#include "runtime/kernels/selection.h"

namespace ingot::portable {
namespace {

template <typename T>
struct Equal : NoParams {
  using NoParams::NoParams;
  bool operator()(T a, T b) const { return a == b; }
};
template <typename T>
struct NotEqual : NoParams {
  using NoParams::NoParams;
  bool operator()(T a, T b) const { return a != b; }
};
template <typename T>
struct Less : NoParams {
  using NoParams::NoParams;
  bool operator()(T a, T b) const { return a < b; }
};
template <typename T>
struct LessEqual : NoParams {
  using NoParams::NoParams;
  bool operator()(T a, T b) const { return a <= b; }
};
template <typename T>
struct Greater : NoParams {
  using NoParams::NoParams;
  bool operator()(T a, T b) const { return a > b; }
};
template <typename T>
struct GreaterEqual : NoParams {
  using NoParams::NoParams;
  bool operator()(T a, T b) const { return a >= b; }
};
template <typename T>
struct LogicalAnd : NoParams {
  using NoParams::NoParams;
  bool operator()(T a, T b) const { return (a != 0) & (b != 0); }
};
template <typename T>
struct LogicalOr : NoParams {
  using NoParams::NoParams;
  bool operator()(T a, T b) const { return (a != 0) | (b != 0); }
};
template <typename T>
struct LogicalXor : NoParams {
  using NoParams::NoParams;
  bool operator()(T a, T b) const { return (a != 0) != (b != 0); }
};

template <template <typename> class Op>
constexpr ElementOp kQuestion = element_op<Op, 2>(kComputable, Gives::boolean);

// op.Tensor_out(Tensor self, Tensor other, *, out)
template <template <typename> class Op>
Result<void> tensors(KernelContext& context, KernelArgs args) {
  const Operand operands[] = {args.tensor(0), args.tensor(1)};
  return elementwise(context, kQuestion<Op>, operands, args.tensor(2));
}

// op.Scalar_out(Tensor self, Scalar other, *, out)
template <template <typename> class Op>
Result<void> number(KernelContext& context, KernelArgs args) {
  const Operand operands[] = {args.tensor(0), args.scalar(1)};
  return elementwise(context, kQuestion<Op>, operands, args.tensor(2));
}

constexpr Kernel kRows[] = {
    {"aten::eq.Tensor_out", "TTO", tensors<Equal>},        {"aten::eq.Scalar_out", "TSO", number<Equal>},
    {"aten::ne.Tensor_out", "TTO", tensors<NotEqual>},     {"aten::ne.Scalar_out", "TSO", number<NotEqual>},
    {"aten::lt.Tensor_out", "TTO", tensors<Less>},         {"aten::lt.Scalar_out", "TSO", number<Less>},
    {"aten::le.Tensor_out", "TTO", tensors<LessEqual>},    {"aten::le.Scalar_out", "TSO", number<LessEqual>},
    {"aten::gt.Tensor_out", "TTO", tensors<Greater>},      {"aten::gt.Scalar_out", "TSO", number<Greater>},
    {"aten::ge.Tensor_out", "TTO", tensors<GreaterEqual>}, {"aten::ge.Scalar_out", "TSO", number<GreaterEqual>},
    {"aten::logical_and.out", "TTO", tensors<LogicalAnd>}, {"aten::logical_or.out", "TTO", tensors<LogicalOr>},
    {"aten::logical_xor.out", "TTO", tensors<LogicalXor>},
};

}  // namespace

std::span<const Kernel> comparison_kernels() {
  return selected<kRows>();
}

}  // namespace ingot::portable
