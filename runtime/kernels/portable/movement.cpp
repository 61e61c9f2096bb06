#include "runtime/kernels/portable/movement.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

#include "runtime/kernels/portable/checks.h"
#include "runtime/kernels/portable/strided_copy.h"

namespace ingot::portable {
namespace {

// The tensor's memory seen as dense rows of other sizes with as many elements.
StridedView dense_view(const Tensor& tensor, std::span<const int32_t> sizes) {
  StridedView view = StridedView(tensor).point();
  for (const int32_t size : sizes) view.append_dim(size, 0);
  int64_t stride = 1;
  for (size_t d = sizes.size(); d-- > 0;) {
    view.set_dim(d, sizes[d], stride);
    stride *= sizes[d];
  }
  return view;
}

// Walks a tensor in the order of indices, and starts again after the last.
class Walk {
 public:
  explicit Walk(const Tensor& tensor) : tensor_(tensor) {}
  int64_t offset() const { return offset_; }
  void next() {
    for (size_t d = tensor_.rank(); d-- > 0;) {
      offset_ += tensor_.strides()[d];
      if (++index_[d] < tensor_.size(d)) return;
      offset_ -= tensor_.strides()[d] * tensor_.size(d);
      index_[d] = 0;
    }
  }

 private:
  const Tensor& tensor_;
  std::array<int32_t, kMaxRank> index_{};
  int64_t offset_ = 0;
};

}  // namespace

Result<void> prepare_move(const Tensor& self, Tensor& out, std::span<const int32_t> sizes) {
  INGOT_TRY_VOID(check_same_dtype(self, "self", out, "out"));
  INGOT_TRY_VOID(out.resize(sizes));
  INGOT_TRY_VOID(check_data(self, "self"));
  return check_data(out, "out");
}

Result<void> check_dim_order(const KernelArgs& args, size_t at, const Tensor& out) {
  if (!args.has(at)) return {};
  if (std::ranges::equal(args.ints(at), out.dim_order(), {}, {}, [](uint8_t dim) { return int64_t{dim}; })) return {};
  return fail(ErrorCode::invalid_argument, "dim_order: expected that of out, found another");
}

void copy_in_order(KernelContext& context, const Tensor& self, const Tensor& out, int64_t shift) {
  const int64_t count = static_cast<int64_t>(out.numel());
  if (count == 0) return;
  if (shift == 0 && out.is_contiguous()) {
    strided_copy(context, dense_view(out, self.sizes()), StridedView(self));
  } else if (shift == 0 && self.is_contiguous()) {
    strided_copy(context, StridedView(out), dense_view(self, out.sizes()));
  } else if (self.is_contiguous() && out.is_contiguous()) {
    const size_t element = size_of(self.dtype());
    const size_t front = static_cast<size_t>(shift) * element;
    std::memcpy(out.data_as<std::byte>() + front, self.data(), self.nbytes() - front);
    std::memcpy(out.data(), self.data_as<std::byte>() + (self.nbytes() - front), front);
  } else {
    const size_t element = size_of(self.dtype());
    Walk from(self), to(out);
    for (int64_t i = 0; i < shift; ++i) to.next();
    for (int64_t i = 0; i < count; ++i, from.next(), to.next()) {
      std::memcpy(out.data_as<std::byte>() + static_cast<size_t>(to.offset()) * element,
                  self.data_as<std::byte>() + static_cast<size_t>(from.offset()) * element, element);
    }
  }
}

Result<void> check_outputs(std::span<Tensor* const> outputs, size_t expected, const Tensor& self) {
  if (outputs.size() != expected) {
    return fail(ErrorCode::invalid_argument, "out: expected %zu tensors, found %zu", expected, outputs.size());
  }
  for (const Tensor* out : outputs) {
    if (out == nullptr) return fail(ErrorCode::invalid_argument, "out: a tensor of the list is missing");
    INGOT_TRY_VOID(check_same_dtype(self, "self", *out, "out"));
  }
  return {};
}

}  // namespace ingot::portable
