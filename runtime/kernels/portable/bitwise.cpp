// Bits of integers; bool counts as an integer of one bit.
#include "runtime/kernels/portable/elementwise_loop.h"
#include "runtime/kernels/portable/families.h"
#include "runtime/kernels/selection.h"

namespace ingot::portable {
namespace {

struct And : NoParams {
  using NoParams::NoParams;
  int64_t operator()(int64_t a, int64_t b) const { return a & b; }
};
struct Or : NoParams {
  using NoParams::NoParams;
  int64_t operator()(int64_t a, int64_t b) const { return a | b; }
};
struct Xor : NoParams {
  using NoParams::NoParams;
  int64_t operator()(int64_t a, int64_t b) const { return a ^ b; }
};
// Shifts by less than 0 or by the width and more push every bit out. Elements are widened to 64 bits with their sign,
// so that what their own width would push out is cut off by the store.
struct ShiftLeft : NoParams {
  using NoParams::NoParams;
  int64_t operator()(int64_t a, int64_t b) const {
    return b < 0 || b > 63 ? 0 : static_cast<int64_t>(static_cast<uint64_t>(a) << b);
  }
};
struct ShiftRight : NoParams {
  using NoParams::NoParams;
  int64_t operator()(int64_t a, int64_t b) const { return a >> (b < 0 || b > 63 ? 63 : b); }
};

constexpr DTypeSet kBits = kIntegers | kBool;

template <typename Op>
constexpr ElementOp bit_op(DTypeSet dtypes = kBits) {
  return {nullptr, nullptr, apply<Op, int64_t, 2>, dtypes};
}
constexpr ElementOp kAnd = bit_op<And>();
constexpr ElementOp kOr = bit_op<Or>();
constexpr ElementOp kXor = bit_op<Xor>();
constexpr ElementOp kShiftLeft = bit_op<ShiftLeft>(kIntegers);
constexpr ElementOp kShiftRight = bit_op<ShiftRight>(kIntegers);

// op.out(Tensor self, Tensor other, *, out)
template <const ElementOp& kOp>
Result<void> tensors(KernelContext& context, KernelArgs args) {
  const Operand operands[] = {args.tensor(0), args.tensor(1)};
  return elementwise(context, kOp, operands, args.tensor(2));
}

// op.out(Tensor self, Scalar other, *, out)
template <const ElementOp& kOp>
Result<void> number(KernelContext& context, KernelArgs args) {
  const Operand operands[] = {args.tensor(0), args.scalar(1)};
  return elementwise(context, kOp, operands, args.tensor(2));
}

// bitwise_not.out(Tensor self, *, out): every bit against 1.
Result<void> bitwise_not(KernelContext& context, KernelArgs args) {
  const Tensor& self = args.tensor(0);
  const bool boolean = self.dtype() == DType::boolean;
  const Operand operands[] = {self, Scalar{Value::Kind::boolean, 0, boolean ? 1 : -1}};
  return elementwise(context, kXor, operands, args.tensor(1));
}

constexpr Kernel kRows[] = {
    {"aten::bitwise_and.Tensor_out", "TTO", tensors<kAnd>},
    {"aten::bitwise_and.Scalar_out", "TSO", number<kAnd>},
    {"aten::bitwise_or.Tensor_out", "TTO", tensors<kOr>},
    {"aten::bitwise_or.Scalar_out", "TSO", number<kOr>},
    {"aten::bitwise_xor.Tensor_out", "TTO", tensors<kXor>},
    {"aten::bitwise_xor.Scalar_out", "TSO", number<kXor>},
    {"aten::bitwise_not.out", "TO", bitwise_not},
    {"aten::bitwise_left_shift.Tensor_out", "TTO", tensors<kShiftLeft>},
    {"aten::bitwise_left_shift.Tensor_Scalar_out", "TSO", number<kShiftLeft>},
    {"aten::bitwise_right_shift.Tensor_out", "TTO", tensors<kShiftRight>},
    {"aten::bitwise_right_shift.Tensor_Scalar_out", "TSO", number<kShiftRight>},
};

}  // namespace

std::span<const Kernel> bitwise_kernels() {
  return selected<kRows>();
}

}  // namespace ingot::portable
