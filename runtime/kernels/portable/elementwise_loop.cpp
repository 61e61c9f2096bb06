#include "runtime/kernels/portable/elementwise_loop.h"

#include <algorithm>
#include <atomic>
#include <cstring>

#include "runtime/kernels/portable/element_blocks.h"
#include "runtime/kernels/portable/promotion.h"
#include "runtime/kernels/portable/strided_loop.h"

namespace ingot::portable {
namespace {

// Fewer elements than this are not worth a thread.
constexpr size_t kGrain = 16384;

template <typename C>
constexpr DType kDTypeOf = DType::int64;
template <>
constexpr DType kDTypeOf<float> = DType::float32;
template <>
constexpr DType kDTypeOf<double> = DType::float64;

// Brings values to what the dtype can hold.
template <typename C>
void round_to(DType dtype, C* values, size_t n) {
  alignas(64) std::byte narrow[kBlock * sizeof(C)];
  store_block<C>(dtype)(narrow, 1, values, n);
  load_block<C>(dtype)(values, narrow, 1, n);
}

template <typename C>
class Loop {
 public:
  // The operands become `common` before they are computed with; `answers`: the result is yes or no, else it is of the
  // dtype `common` before it becomes out's.
  Loop(Apply apply, const Params& params, std::span<const Operand> operands, const Tensor& out, DType common,
       bool answers)
      : apply_(apply), params_(params), loop_(operands.size() + 1), common_(common), answers_(answers) {
    // The first operand of the loop is out: its order of memory is the order of work.
    const bool narrow = common != kDTypeOf<C>;
    rounds_out_ = narrow && !answers && out.dtype() != common;
    const DType direct = answers ? DType::boolean : kDTypeOf<C>;  // what the operator writes
    out_ = {out.data_as<std::byte>(), size_of(out.dtype()), out.dtype() == direct && !rounds_out_};
    store_ = store_block<C>(out.dtype());
    for (size_t k = 0; k < operands.size(); ++k) {
      if (operands[k].tensor == nullptr) {
        number_[k] = operands[k].scalar.to<C>();
        if (narrow) round_to(common, &number_[k], 1);
        continue;
      }
      const Tensor& tensor = *operands[k].tensor;
      in_[k] = {tensor.data_as<std::byte>(), size_of(tensor.dtype()), tensor.dtype() == kDTypeOf<C>,
                narrow && tensor.dtype() != common && !operands[k].is_condition};
      load_[k] = load_block<C>(tensor.dtype());
    }
    for (size_t d = 0; d < out.rank(); ++d) {
      std::array<int64_t, StridedLoop::kMaxOperands> strides{};
      strides[0] = out.strides()[d];
      for (size_t k = 0; k < operands.size(); ++k) {
        if (operands[k].tensor != nullptr) strides[k + 1] = broadcast_stride(*operands[k].tensor, d, out.rank());
      }
      loop_.add_dim(out.size(d), strides);
    }
    loop_.simplify();
  }

  // False where an integer was divided by zero.
  bool run(const Parallel& parallel) {
    std::atomic<bool> ok = true;
    parallel_for(parallel, loop_.count, kGrain, [&](size_t begin, size_t end) {
      if (!run_range(begin, end)) ok = false;
    });
    return ok;
  }

 private:
  struct Side {
    std::byte* data = nullptr;
    size_t element = 0;
    bool is_compute_type = false;
    bool rounds = false;  // an operand's values may be finer than the common dtype
  };

  bool run_range(size_t begin, size_t end) const {
    constexpr size_t kIn = StridedLoop::kMaxOperands - 1;
    alignas(64) C buffers[kIn][kBlock];
    alignas(64) C result[kBlock];
    const size_t inputs = loop_.operands - 1;
    const std::array<int64_t, StridedLoop::kMaxOperands>& strides = loop_.strides[loop_.rank - 1];
    // How each operand reaches the operator: where it lies, as one value repeated, or through a buffer.
    bool direct[kIn], repeated[kIn];
    bool all_direct = out_.is_compute_type && strides[0] == 1;
    const bool out_direct = all_direct;
    for (size_t k = 0; k < inputs; ++k) {
      direct[k] = in_[k].is_compute_type && !in_[k].rounds && strides[k + 1] == 1;
      repeated[k] = strides[k + 1] == 0;
      all_direct = all_direct && direct[k];
      if (in_[k].data == nullptr) std::fill_n(buffers[k], std::min(kBlock, end - begin), number_[k]);
    }
    const size_t chunk = all_direct ? end - begin : kBlock;
    bool ok = true;
    for_each_row(loop_, begin, end, [&](const int64_t* offsets, size_t row) {
      for (size_t done = 0; done < row; done += chunk) {
        const size_t n = std::min(chunk, row - done);
        const void* in[kIn] = {};
        for (size_t k = 0; k < inputs; ++k) {
          in[k] = buffers[k];
          if (in_[k].data == nullptr || (repeated[k] && done > 0)) continue;
          const int64_t at = offsets[k + 1] + static_cast<int64_t>(done) * strides[k + 1];
          const std::byte* from = in_[k].data + at * static_cast<int64_t>(in_[k].element);
          if (direct[k]) {
            in[k] = from;
          } else {
            load_[k](buffers[k], from, strides[k + 1], n);
            if (in_[k].rounds) round_to(common_, buffers[k], n);
          }
        }
        const int64_t at = offsets[0] + static_cast<int64_t>(done) * strides[0];
        std::byte* to = out_.data + at * static_cast<int64_t>(out_.element);
        ok = apply_(in, out_direct ? static_cast<void*>(to) : result, n, params_) && ok;
        if (!out_direct) finish(result, to, strides[0], n);
      }
    });
    return ok;
  }

  void finish(C* result, std::byte* to, int64_t stride, size_t n) const {
    if (!answers_) {
      if (rounds_out_) round_to(common_, result, n);
      store_(to, stride, result, n);
      return;
    }
    const uint8_t* answers = reinterpret_cast<const uint8_t*>(result);
    if (out_.is_compute_type) {
      for (size_t i = 0; i < n; ++i) to[static_cast<int64_t>(i) * stride] = std::byte{answers[i]};
      return;
    }
    alignas(64) C numbers[kBlock];
    for (size_t i = 0; i < n; ++i) numbers[i] = static_cast<C>(answers[i]);
    store_(to, stride, numbers, n);
  }

  Apply apply_;
  const Params& params_;
  StridedLoop loop_;
  DType common_;
  bool answers_;
  bool rounds_out_;
  Side out_;
  StoreBlock<C> store_ = nullptr;
  std::array<Side, StridedLoop::kMaxOperands - 1> in_;
  std::array<LoadBlock<C>, StridedLoop::kMaxOperands - 1> load_{};
  std::array<C, StridedLoop::kMaxOperands - 1> number_{};
};

template <typename C>
bool run(KernelContext& context, Apply apply, const Params& params, std::span<const Operand> operands,
         const Tensor& out, DType common, bool answers) {
  return Loop<C>(apply, params, operands, out, common, answers).run(context.parallel);
}

template <typename T>
bool copy(const void* const* in, void* out, size_t n, const Params&) {
  std::memcpy(out, in[0], n * sizeof(T));
  return true;
}

template <typename C>
void copy_all(KernelContext& context, const Tensor& self, const Tensor& out) {
  const Operand operands[] = {self};
  run<C>(context, copy<C>, {}, operands, out, kDTypeOf<C>, false);
}

// The dtype that the operator computes in.
Result<DType> common_dtype(const ElementOp& op, std::span<const Operand> operands) {
  CommonDType collected;
  for (const Operand& operand : operands) {
    if (operand.tensor == nullptr) {
      collected.add(operand.scalar);
    } else if (!operand.is_condition) {
      INGOT_TRY_VOID(collected.add(*operand.tensor));
    }
  }
  const DType common = INGOT_TRY(collected.get());
  const bool becomes_float = !is_floating(common) && op.gives == Gives::floating;
  const bool defined = contains(op.dtypes, common) && (is_floating(common) ? op.f32 : becomes_float ? op.f32 : op.i64);
  if (!defined) {
    return fail(ErrorCode::not_supported, "self: the operator is not defined for dtype %s", to_string(common));
  }
  return becomes_float ? DType::float32 : common;
}

}  // namespace

Result<void> elementwise(KernelContext& context, const ElementOp& op, std::span<const Operand> operands, Tensor& out,
                         const Params& params) {
  std::array<const Tensor*, StridedLoop::kMaxOperands> tensors{};
  size_t count = 0;
  for (const Operand& operand : operands) {
    if (operand.tensor == nullptr) continue;
    tensors[count++] = operand.tensor;
    INGOT_TRY_VOID(check_data(*operand.tensor, count == 1 ? "self" : "other"));
  }
  const DType common = INGOT_TRY(common_dtype(op, operands));
  const bool answers = op.gives == Gives::boolean;
  const DType result = answers ? DType::boolean : common;
  if (!can_store(result, out.dtype())) {
    return fail(ErrorCode::invalid_argument, "out: expected a dtype that holds %s, found %s", to_string(result),
                to_string(out.dtype()));
  }
  const Sizes sizes = INGOT_TRY(broadcast_sizes(std::span(tensors).first(count)));
  INGOT_TRY_VOID(out.resize(sizes.span()));
  INGOT_TRY_VOID(check_data(out, "out"));

  bool ok;
  if (common == DType::float64) {
    ok = run<double>(context, op.f64, params, operands, out, common, answers);
  } else if (is_floating(common)) {
    ok = run<float>(context, op.f32, params, operands, out, common, answers);
  } else {
    ok = run<int64_t>(context, op.i64, params, operands, out, common, answers);
  }
  if (!ok) return fail(ErrorCode::invalid_argument, "other: division of an integer by zero");
  return {};
}

Result<void> convert(KernelContext& context, const Tensor& self, Tensor& out) {
  const Tensor* const tensors[] = {&self, &out};
  const Sizes sizes = INGOT_TRY(broadcast_sizes(tensors));
  if (!std::ranges::equal(sizes.span(), out.sizes())) {
    return fail(ErrorCode::invalid_argument, "the shape copied does not broadcast into that of out");
  }
  INGOT_TRY_VOID(check_data(self, "self"));
  INGOT_TRY_VOID(check_data(out, "out"));
  const bool to_float = is_floating(out.dtype());
  if (self.dtype() == DType::float64 || (is_floating(self.dtype()) && !to_float) ||
      (self.dtype() == DType::uint64 && to_float)) {
    copy_all<double>(context, self, out);
  } else if (is_floating(self.dtype())) {
    copy_all<float>(context, self, out);
  } else {
    copy_all<int64_t>(context, self, out);
  }
  return {};
}

}  // namespace ingot::portable
