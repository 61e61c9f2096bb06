// Runs payloads made by PayloadWriter through the delegate, without a program around them.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "delegate/xnnpack/graph/payload_writer.h"
#include "delegate/xnnpack/run/xnnpack_delegate.h"
#include "runtime/core/tensor.h"

namespace ingot::xnnpack {

using Type = wire::NodeUnion;
using DataType = wire::DataType;
using Dims = std::vector<uint32_t>;

inline const ElementType kFloat = ElementType::plain(DataType::fp32);
inline ElementType int8_type(float scale, int32_t zero_point) {
  return ElementType::quantized(DataType::qint8, PerTensor{scale, zero_point});
}
inline ElementType uint8_type(float scale, int32_t zero_point) {
  return ElementType::quantized(DataType::quint8, PerTensor{scale, zero_point});
}

inline size_t numel(const Dims& dims) {
  size_t n = 1;
  for (const uint32_t dim : dims) n *= dim;
  return n;
}

// A tensor that owns its memory, which ends right behind its last element (so that AddressSanitizer sees overruns).
class OwnedTensor {
 public:
  OwnedTensor(DType dtype, const std::vector<int32_t>& sizes, bool resizable = false);
  // Of C-ordered elements.
  template <typename T>
  static OwnedTensor of(DType dtype, const Dims& dims, const std::vector<T>& items) {
    OwnedTensor tensor(dtype, {dims.begin(), dims.end()});
    EXPECT_EQ(items.size() * sizeof(T), tensor.get()->nbytes());
    std::copy(items.begin(), items.end(), tensor.get()->data_as<T>());
    return tensor;
  }

  Tensor* get() { return tensor_.get(); }
  template <typename T>
  std::vector<T> items() const {
    return {tensor_->data_as<T>(), tensor_->data_as<T>() + tensor_->numel()};
  }
  void set_dim_order(const std::vector<uint8_t>& order);

 private:
  std::vector<int32_t> sizes_;
  std::vector<uint8_t> dim_order_;
  std::vector<int64_t> strides_;
  std::unique_ptr<std::byte[]> memory_;
  std::unique_ptr<Tensor> tensor_;
  bool resizable_;
};

// An initialised payload with its program and group states.
class LoadedPayload {
 public:
  static Result<std::unique_ptr<LoadedPayload>> load(const WrittenPayload& written, size_t num_args,
                                                     void* threadpool = nullptr);
  // From bytes that may be anything.
  static Result<std::unique_ptr<LoadedPayload>> load(std::span<const std::byte> blob, const NamedData& named_data,
                                                     size_t num_args, void* threadpool = nullptr);
  Result<void> execute(const std::vector<Tensor*>& args) { return handle_->execute(args); }

 private:
  std::unique_ptr<WrittenData> data_;
  std::vector<std::byte> memory_;
  std::unique_ptr<DelegateState> program_state_, group_state_;
  std::unique_ptr<DelegateHandle> handle_;
};

// Loads and runs once; a failure is a test failure with its message.
void run(PayloadWriter&& writer, const std::vector<Tensor*>& args);
// Why the payload cannot be loaded; empty where it can.
std::string refusal(PayloadWriter&& writer, size_t num_args);

// Values that look random, the same each time: i-th of -range..range.
std::vector<float> sample(size_t count, float range = 2.0f, uint32_t seed = 1);
std::vector<int8_t> sample_int8(size_t count, uint32_t seed = 1, int low = -127, int high = 127);
template <typename T>
std::span<const std::byte> as_bytes(const std::vector<T>& items) {
  return std::as_bytes(std::span(items));
}
std::vector<float> dequantize(const std::vector<int8_t>& items, float scale, int32_t zero_point);

// Each element within `tolerance` times the largest expected magnitude.
void expect_near(const std::vector<double>& expected, const std::vector<float>& actual, double tolerance);
// Each element, dequantized, within `steps` steps of what was expected, which is clamped to what int8 can say.
void expect_steps(const std::vector<double>& expected, const std::vector<int8_t>& actual, float scale,
                  int32_t zero_point, double steps = 1.0);

}  // namespace ingot::xnnpack
