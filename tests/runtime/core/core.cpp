#include <gtest/gtest.h>

#include <cstring>
#include <vector>

#include "runtime/core/checked_math.h"
#include "runtime/core/error.h"
#include "runtime/core/memory.h"
#include "runtime/core/tensor.h"

namespace ingot {
namespace {

TEST(CheckedMath, RefusesToWrap) {
  size_t out = 7;
  EXPECT_FALSE(checked_add<size_t>(SIZE_MAX, 1, &out));
  EXPECT_FALSE(checked_mul<size_t>(SIZE_MAX / 2, 3, &out));
  EXPECT_FALSE(checked_align_up(SIZE_MAX, 16, &out));
  EXPECT_EQ(out, 7u);
  EXPECT_TRUE(range_within(10, 0, 10));
  EXPECT_FALSE(range_within(UINT64_MAX, 2, 10));
  EXPECT_FALSE(range_within(5, UINT64_MAX - 2, 10));
}

TEST(Error, IsOneLineWithContext) {
  Error error = Error::make(ErrorCode::invalid_file, "bad '%s'", "name\nwith\tcontrols");
  error.add_context("in %d", 3);
  EXPECT_STREQ(error.message(), "in 3: bad 'name?with?controls'");
  for (int i = 0; i < 300; ++i) error.add_context("context");
  EXPECT_LT(std::strlen(error.message()), 512u);
  EXPECT_EQ(error.code(), ErrorCode::invalid_file);
}

TEST(Memory, IsAlignedZeroedAndReportsFailure) {
  const Result<Memory> memory = Memory::allocate(100);
  ASSERT_TRUE(memory);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(memory->bytes().data()) % Memory::kAlignment, 0u);
  for (const std::byte b : memory->bytes()) EXPECT_EQ(b, std::byte{0});
  EXPECT_EQ(Memory::allocate(SIZE_MAX).error().code(), ErrorCode::out_of_memory);
  EXPECT_EQ(Memory::allocate(SIZE_MAX / 2).error().code(), ErrorCode::out_of_memory);
}

TEST(Carver, CountsWhatItHandsOut) {
  alignas(16) std::byte block[64];
  Carver counting(nullptr);
  Carver carving(block);
  for (Carver* carver : {&counting, &carving}) {
    carver->take<char>(3);
    carver->take<int64_t>(2);
    EXPECT_EQ(carver->used(), 24u);
  }
  EXPECT_EQ(reinterpret_cast<std::byte*>(carving.take<int32_t>(1)), block + 24);
  EXPECT_EQ(counting.take<int32_t>(1), nullptr);
  counting.take<int64_t>(SIZE_MAX / 4);
  EXPECT_EQ(counting.used(), SIZE_MAX);
}

TEST(TensorBytes, AreCheckedEvenForEmptyTensors) {
  EXPECT_EQ(*tensor_nbytes(DType::float32, std::vector<int32_t>{2, 3}), 24u);
  EXPECT_EQ(*tensor_nbytes(DType::float32, {}), 4u);
  EXPECT_EQ(*tensor_nbytes(DType::float32, std::vector<int32_t>{2, 0}), 0u);
  EXPECT_FALSE(tensor_nbytes(DType::float32, std::vector<int32_t>{-1}));
  const int32_t big = INT32_MAX;
  EXPECT_FALSE(tensor_nbytes(DType::float32, std::vector<int32_t>{big, big, big}));
  EXPECT_FALSE(tensor_nbytes(DType::float32, std::vector<int32_t>{0, big, big, big}));  // its strides would not fit
}

TEST(Tensor, ResizesWithinItsCapacity) {
  float data[12];
  int32_t sizes[] = {3, 4};
  uint8_t order[] = {0, 1};
  int64_t strides[2];
  Tensor tensor(DType::float32, 2, sizes, order, strides, data, sizeof data, true);
  EXPECT_EQ(tensor.strides()[0], 4);
  ASSERT_TRUE(tensor.resize(std::vector<int32_t>{6, 2}));
  EXPECT_EQ(tensor.strides()[0], 2);
  EXPECT_FALSE(tensor.resize(std::vector<int32_t>{6, 3}));
  EXPECT_FALSE(tensor.resize(std::vector<int32_t>{12}));
  EXPECT_EQ(tensor.nbytes(), 48u);

  Tensor fixed(DType::float32, 2, sizes, order, strides, data, sizeof data);
  EXPECT_TRUE(fixed.resize(std::vector<int32_t>{6, 2}));
  const Result<void> refused = fixed.resize(std::vector<int32_t>{6, 1});
  EXPECT_STREQ(refused.error().message(), "size of dimension 1: expected 2, found 1");
}

TEST(Tensor, FollowsItsDimOrder) {
  int32_t sizes[] = {1, 3, 4, 5};
  uint8_t order[] = {0, 2, 3, 1};
  int64_t strides[4];
  const Tensor tensor(DType::float32, 4, sizes, order, strides, nullptr, 240);
  EXPECT_EQ(std::vector<int64_t>(tensor.strides().begin(), tensor.strides().end()),
            (std::vector<int64_t>{60, 1, 15, 3}));
  EXPECT_FALSE(tensor.is_contiguous());
}

}  // namespace
}  // namespace ingot
