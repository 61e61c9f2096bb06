// Calls one row of the portable kernels directly, the way the executor does: values, tensors with a layout of their
// own, scratch memory. For tests of kernels only. One thread.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/kernels/kernel_table.h"
#include "runtime/kernels/portable/loop_levels.h"
#include "runtime/npy/npy.h"

namespace ingot::testing {

// Null where neither portable_kernels() nor quantized_kernels() has such a row.
const Kernel* find_kernel(std::string_view name);

// Calls test() with each level of the kernels' loops (runtime/kernels/portable/loop_levels.h) that runs on this
// machine.
template <typename F>
void with_each_loop_level(F&& test) {
  const char* best = nullptr;
  for (const portable::LoopLevel& level : portable::loop_levels()) {
    if (!portable::choose_loops(level.name)) continue;
    SCOPED_TRACE(level.name);
    test();
    best = level.name;
  }
  portable::choose_loops(best);
}

// A tensor with its memory, which ends exactly where the data does, so that address sanitizers see every step too far.
class OwnedTensor {
 public:
  // Filled with bytes that are no plausible value. An empty dim_order means contiguous.
  OwnedTensor(DType dtype, std::vector<int32_t> sizes, std::vector<uint8_t> dim_order = {});
  // The array's elements, laid out by dim_order.
  explicit OwnedTensor(const Array& array, std::vector<uint8_t> dim_order = {});
  OwnedTensor(const OwnedTensor&) = delete;
  OwnedTensor& operator=(const OwnedTensor&) = delete;

  // May be resized within its first sizes.
  void make_resizable();

  Tensor tensor;

 private:
  std::vector<int32_t> sizes_;
  std::vector<uint8_t> dim_order_;
  std::vector<int64_t> strides_;
  std::unique_ptr<std::byte[]> data_;
};

// The arguments of a call, in the order of the `out` schema.
class KernelCall {
 public:
  KernelCall() = default;
  KernelCall(const KernelCall&) = delete;
  KernelCall& operator=(const KernelCall&) = delete;

  KernelCall& none();
  KernelCall& integer(int64_t x);
  KernelCall& real(double x);
  KernelCall& boolean(bool x);
  KernelCall& string(std::string x);
  KernelCall& ints(std::vector<int64_t> x);
  KernelCall& doubles(std::vector<double> x);
  KernelCall& bools(const std::vector<bool>& x);
  KernelCall& tensor(Tensor& x);
  KernelCall& tensors(std::vector<Tensor*> x);  // null: absent

  // Runs the row of that name; an error where there is none, or where the arguments do not fit its signature.
  Result<void> run(std::string_view name, const Parallel& parallel = {});

 private:
  Value& add(Value::Kind kind);

  // What values point to; deques keep it in place.
  std::deque<Value> values_;
  std::vector<Value*> pointers_;
  std::deque<std::string> strings_;
  std::deque<std::vector<Value>> int_items_;
  std::deque<std::vector<Value*>> int_pointers_;
  std::deque<std::vector<int64_t>> int_buffers_;
  std::deque<std::vector<double>> doubles_;
  std::deque<std::unique_ptr<bool[]>> bools_;
  std::deque<std::vector<Tensor*>> tensors_;
};

// {1, 2, 3} as an array of that dtype (not float16 or bfloat16).
Array array_of(DType dtype, std::vector<int32_t> sizes, const std::vector<double>& values);

}  // namespace ingot::testing
