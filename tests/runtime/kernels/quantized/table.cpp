// ingot::quantized_table at every length of a row and with every level of the loops.
#include <gtest/gtest.h>

#include <cstdint>
#include <random>
#include <vector>

#include "tests/runtime/kernels/kernel_call.h"

namespace ingot::testing {
namespace {

TEST(Table, EveryByteInRowsOfEveryLength) {
  std::mt19937 random(1);
  OwnedTensor table(DType::uint8, {256});
  for (int32_t i = 0; i < 256; ++i) table.tensor.data_as<uint8_t>()[i] = static_cast<uint8_t>(random());
  with_each_loop_level([&] {
    for (const DType dtype : {DType::uint8, DType::int8}) {
      for (int32_t size = 1; size < 400; ++size) {
        OwnedTensor x(dtype, {size}), out(DType::uint8, {size});
        auto* bytes = x.tensor.data_as<uint8_t>();
        for (int32_t i = 0; i < size; ++i) bytes[i] = static_cast<uint8_t>(i * 3 + size);
        KernelCall call;
        ASSERT_TRUE(call.tensor(x.tensor).tensor(table.tensor).tensor(out.tensor).run("ingot::quantized_table.out"));
        for (int32_t i = 0; i < size; ++i) {
          const uint8_t entry = dtype == DType::int8 ? bytes[i] ^ 128 : bytes[i];  // the first is that of -128
          ASSERT_EQ(out.tensor.data_as<uint8_t>()[i], table.tensor.data_as<uint8_t>()[entry]) << i << " of " << size;
        }
      }
    }
  });
}

}  // namespace
}  // namespace ingot::testing
