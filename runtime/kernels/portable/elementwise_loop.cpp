#include "runtime/kernels/portable/elementwise_loop.h"

#include <algorithm>
#include <atomic>
#include <cstring>

#include "runtime/kernels/portable/element_blocks.h"
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

template <typename C>
class Loop {
 public:
  Loop(Apply apply, const Params& params, std::span<const Operand> operands, const Tensor& out, bool boolean)
      : apply_(apply), params_(params), loop_(operands.size() + 1) {
    // The first operand of the loop is out: its order of memory is the order of work.
    out_ = {out.data_as<std::byte>(), size_of(out.dtype()), boolean || out.dtype() == kDTypeOf<C>};
    store_ = store_block<C>(out.dtype());
    for (size_t k = 0; k < operands.size(); ++k) {
      if (operands[k].tensor == nullptr) {
        number_[k] = operands[k].scalar.to<C>();
        continue;
      }
      const Tensor& tensor = *operands[k].tensor;
      in_[k] = {tensor.data_as<std::byte>(), size_of(tensor.dtype()), tensor.dtype() == kDTypeOf<C>};
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
      direct[k] = in_[k].is_compute_type && strides[k + 1] == 1;
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
          }
        }
        const int64_t at = offsets[0] + static_cast<int64_t>(done) * strides[0];
        std::byte* to = out_.data + at * static_cast<int64_t>(out_.element);
        ok = apply_(in, out_direct ? static_cast<void*>(to) : result, n, params_) && ok;
        if (out_direct) continue;
        if (out_.is_compute_type && out_.element == 1) {  // yes or no
          const uint8_t* answers = reinterpret_cast<const uint8_t*>(result);
          for (size_t i = 0; i < n; ++i) to[static_cast<int64_t>(i) * strides[0]] = std::byte{answers[i]};
        } else {
          store_(to, strides[0], result, n);
        }
      }
    });
    return ok;
  }

  Apply apply_;
  const Params& params_;
  StridedLoop loop_;
  Side out_;
  StoreBlock<C> store_ = nullptr;
  std::array<Side, StridedLoop::kMaxOperands - 1> in_;
  std::array<LoadBlock<C>, StridedLoop::kMaxOperands - 1> load_{};
  std::array<C, StridedLoop::kMaxOperands - 1> number_{};
};

template <typename C>
bool run(KernelContext& context, Apply apply, const Params& params, std::span<const Operand> operands,
         const Tensor& out, bool boolean) {
  return Loop<C>(apply, params, operands, out, boolean).run(context.parallel);
}

template <typename T>
bool copy(const void* const* in, void* out, size_t n, const Params&) {
  std::memcpy(out, in[0], n * sizeof(T));
  return true;
}

Result<void> check_out_dtype(const Tensor& out, Gives gives, DType dtype, bool real_number, bool whole_number) {
  if (gives == Gives::boolean) return check_dtype(out, DType::boolean, "out");
  if (!is_floating(dtype) && (gives == Gives::floating || real_number)) {
    if (is_floating(out.dtype())) return {};
    return fail(ErrorCode::invalid_argument, "out: expected a floating dtype, found %s", to_string(out.dtype()));
  }
  if (dtype == DType::boolean && whole_number && contains(kIntegers, out.dtype())) return {};
  return check_dtype(out, dtype, "out");
}

}  // namespace

Result<void> elementwise(KernelContext& context, const ElementOp& op, std::span<const Operand> operands, Tensor& out,
                         const Params& params) {
  std::array<const Tensor*, StridedLoop::kMaxOperands> tensors{};
  size_t count = 0;
  bool real_number = false, whole_number = false;
  for (const Operand& operand : operands) {
    if (operand.tensor == nullptr) {
      real_number = real_number || operand.scalar.is_real();
      whole_number = whole_number || operand.scalar.kind == Value::Kind::integer;
      continue;
    }
    tensors[count++] = operand.tensor;
    INGOT_TRY_VOID(check_dtype_in(*operand.tensor, op.dtypes, count == 1 ? "self" : "other"));
    INGOT_TRY_VOID(check_same_dtype(*tensors[0], "self", *operand.tensor, "other"));
    INGOT_TRY_VOID(check_data(*operand.tensor, count == 1 ? "self" : "other"));
  }
  const DType dtype = tensors[0]->dtype();
  INGOT_TRY_VOID(check_out_dtype(out, op.gives, dtype, real_number, whole_number));
  const Sizes sizes = INGOT_TRY(broadcast_sizes(std::span(tensors).first(count)));
  INGOT_TRY_VOID(out.resize(sizes.span()));
  INGOT_TRY_VOID(check_data(out, "out"));

  const bool boolean = op.gives == Gives::boolean;
  bool ok;
  if (dtype == DType::float64) {
    ok = run<double>(context, op.f64, params, operands, out, boolean);
  } else if (is_floating(dtype) || op.i64 == nullptr || op.gives == Gives::floating || real_number) {
    if (op.f32 == nullptr) return fail(ErrorCode::not_supported, "other: expected an integer, found a float");
    ok = run<float>(context, op.f32, params, operands, out, boolean);
  } else {
    ok = run<int64_t>(context, op.i64, params, operands, out, boolean);
  }
  if (!ok) return fail(ErrorCode::invalid_argument, "other: division of an integer by zero");
  return {};
}

Result<void> convert(KernelContext& context, const Tensor& self, Tensor& out) {
  const Tensor* const tensors[] = {&self, &out};
  const Sizes sizes = INGOT_TRY(broadcast_sizes(tensors));
  INGOT_TRY_VOID(out.resize(sizes.span()));
  INGOT_TRY_VOID(check_data(self, "self"));
  INGOT_TRY_VOID(check_data(out, "out"));
  const Operand operands[] = {self};
  const bool to_float = is_floating(out.dtype());
  if (self.dtype() == DType::float64 || (is_floating(self.dtype()) && !to_float) ||
      (self.dtype() == DType::uint64 && to_float)) {
    run<double>(context, copy<double>, {}, operands, out, false);
  } else if (is_floating(self.dtype())) {
    run<float>(context, copy<float>, {}, operands, out, false);
  } else {
    run<int64_t>(context, copy<int64_t>, {}, operands, out, false);
  }
  return {};
}

}  // namespace ingot::portable
