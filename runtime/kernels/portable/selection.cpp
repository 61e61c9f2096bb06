// Elements chosen between operands: by a condition, by bounds, by sign.
#include "runtime/kernels/selection.h"

#include <array>

#include "runtime/kernels/portable/element_blocks.h"
#include "runtime/kernels/portable/elementwise_loop.h"
#include "runtime/kernels/portable/families.h"
#include "runtime/kernels/portable/strided_loop.h"

namespace ingot::portable {
namespace {

// Four operands: out, condition, yes, no. Elements are moved as bytes, so T says only how wide they are.
template <typename T>
void choose_rows(const StridedLoop& loop, const std::array<std::byte*, 4>& data, size_t begin, size_t end) {
  const std::array<int64_t, StridedLoop::kMaxOperands> s = loop.strides[loop.rank - 1];
  for_each_row(loop, begin, end, [&](const int64_t* offsets, size_t n) {
    T* out = reinterpret_cast<T*>(data[0]) + offsets[0];
    const uint8_t* condition = reinterpret_cast<const uint8_t*>(data[1]) + offsets[1];
    const T* yes = reinterpret_cast<const T*>(data[2]) + offsets[2];
    const T* no = reinterpret_cast<const T*>(data[3]) + offsets[3];
    if (s[0] == 1 && s[1] == 1 && s[2] == 1 && s[3] == 1) {
      for (size_t i = 0; i < n; ++i) out[i] = condition[i] != 0 ? yes[i] : no[i];
      return;
    }
    for (int64_t i = 0; i < static_cast<int64_t>(n); ++i) {
      out[i * s[0]] = condition[i * s[1]] != 0 ? yes[i * s[2]] : no[i * s[3]];
    }
  });
}

Result<void> check_condition(const Tensor& condition) {
  if (condition.dtype() == DType::uint8) return {};
  return check_dtype(condition, DType::boolean, "condition");
}

// out = condition ? yes : no; `yes_data` is where yes's elements lie, or a single one where yes is null.
Result<void> choose(KernelContext& context, const Tensor& condition, const Tensor* yes, const void* yes_data,
                    const Tensor& no, Tensor& out) {
  INGOT_TRY_VOID(check_condition(condition));
  INGOT_TRY_VOID(check_same_dtype(out, "out", no, "self"));
  const std::array<const Tensor*, 3> tensors = {&condition, &no, yes == nullptr ? &no : yes};
  const Sizes sizes = INGOT_TRY(broadcast_sizes(tensors));
  INGOT_TRY_VOID(out.resize(sizes.span()));
  INGOT_TRY_VOID(check_data(out, "out"));
  for (const Tensor* tensor : tensors) INGOT_TRY_VOID(check_data(*tensor, "self"));
  StridedLoop loop(4);
  for (size_t d = 0; d < out.rank(); ++d) {
    loop.add_dim(out.size(d),
                 {out.strides()[d], broadcast_stride(condition, d, out.rank()),
                  yes == nullptr ? 0 : broadcast_stride(*yes, d, out.rank()), broadcast_stride(no, d, out.rank())});
  }
  loop.simplify();
  // The loop reads `yes` only.
  const std::array<std::byte*, 4> data = {out.data_as<std::byte>(), condition.data_as<std::byte>(),
                                          static_cast<std::byte*>(const_cast<void*>(yes_data)),
                                          no.data_as<std::byte>()};
  constexpr size_t kGrain = 16384;
  parallel_for(context.parallel, loop.count, kGrain, [&](size_t begin, size_t end) {
    switch (size_of(out.dtype())) {
      case 1:
        return choose_rows<uint8_t>(loop, data, begin, end);
      case 2:
        return choose_rows<uint16_t>(loop, data, begin, end);
      case 4:
        return choose_rows<uint32_t>(loop, data, begin, end);
      case 8:
        return choose_rows<uint64_t>(loop, data, begin, end);
    }
  });
  return {};
}

template <typename T>
struct Where : NoParams {
  using NoParams::NoParams;
  T operator()(T condition, T yes, T no) const { return condition != 0 ? yes : no; }
};
constexpr ElementOp kWhere = element_op<Where, 3>(kComputable);

// where.self_out(Tensor condition, Tensor self, Tensor other, *, out)
Result<void> where(KernelContext& context, KernelArgs args) {
  const Tensor& self = args.tensor(1);
  const Tensor& other = args.tensor(2);
  Tensor& out = args.tensor(3);
  if (self.dtype() == other.dtype() && self.dtype() == out.dtype()) {
    return choose(context, args.tensor(0), &self, self.data(), other, out);
  }
  INGOT_TRY_VOID(check_condition(args.tensor(0)));
  const Operand operands[] = {Operand::condition(args.tensor(0)), self, other};
  return elementwise(context, kWhere, operands, out);
}

// masked_fill.Scalar_out(Tensor self, Tensor mask, Scalar value, *, out)
Result<void> masked_fill(KernelContext& context, KernelArgs args) {
  const Tensor& self = args.tensor(0);
  alignas(8) std::byte element[8];
  store_scalar(self.dtype(), args.scalar(2), element);
  return choose(context, args.tensor(1), nullptr, element, self, args.tensor(3));
}

// NaN in any operand wins.
template <typename T>
struct AtLeast : NoParams {
  using NoParams::NoParams;
  T operator()(T x, T low) const { return x > low || x != x ? x : low; }
};
template <typename T>
struct AtMost : NoParams {
  using NoParams::NoParams;
  T operator()(T x, T high) const { return x < high || x != x ? x : high; }
};
template <typename T>
struct Between : NoParams {
  using NoParams::NoParams;
  T operator()(T x, T low, T high) const {
    const T y = x > low || x != x ? x : low;
    return y < high || y != y ? y : high;
  }
};
template <typename T>
struct Prelu : NoParams {
  using NoParams::NoParams;
  T operator()(T x, T weight) const { return x > 0 ? x : x * weight; }
};

constexpr ElementOp kAtLeast = element_op<AtLeast, 2>(kComputable);
constexpr ElementOp kAtMost = element_op<AtMost, 2>(kComputable);
constexpr ElementOp kBetween = element_op<Between, 3>(kComputable);
constexpr ElementOp kPrelu = float_op<Prelu, 2>(kFloats);

// clamp.Tensor_out(Tensor self, Tensor? min, Tensor? max, *, out)
Result<void> clamp(KernelContext& context, KernelArgs args) {
  const Tensor& self = args.tensor(0);
  const Tensor* low = args.optional_tensor(1);
  const Tensor* high = args.optional_tensor(2);
  Tensor& out = args.tensor(3);
  if (low != nullptr && high != nullptr) {
    const Operand operands[] = {self, *low, *high};
    return elementwise(context, kBetween, operands, out);
  }
  if (low == nullptr && high == nullptr) {
    return fail(ErrorCode::invalid_argument, "clamp: expected min or max, found neither");
  }
  const Operand operands[] = {self, low != nullptr ? *low : *high};
  return elementwise(context, low != nullptr ? kAtLeast : kAtMost, operands, out);
}

// prelu.out(Tensor self, Tensor weight, *, out): weight broadcasts against self as it is.
Result<void> prelu(KernelContext& context, KernelArgs args) {
  const Operand operands[] = {args.tensor(0), args.tensor(1)};
  return elementwise(context, kPrelu, operands, args.tensor(2));
}

constexpr Kernel kRows[] = {
    {"aten::where.self_out", "TTTO", where},
    {"aten::masked_fill.Scalar_out", "TTSO", masked_fill},
    {"aten::clamp.Tensor_out", "TT?T?O", clamp},
    {"ingot::prelu.out", "TTO", prelu},
};

}  // namespace

std::span<const Kernel> selection_kernels() {
  return selected<kRows>();
}

}  // namespace ingot::portable
