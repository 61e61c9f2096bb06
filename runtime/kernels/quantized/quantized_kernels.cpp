#include <algorithm>
#include <array>
#include <cstddef>
#include <span>

#include "runtime/include/ingot.hpp"
#include "runtime/kernels/kernel_table.h"
#include "runtime/kernels/quantized/families.h"

namespace ingot {
namespace {

using Rows = std::span<const Kernel> (*)();

// clang-format off
// One line a family.
constexpr Rows kFamilies[] = {
    quantized::affine_conversion_kernels,
    quantized::choose_parameters_kernels,
    quantized::embedding_kernels,
    quantized::float_addition_kernels,
    quantized::mixed_product_kernels,
    quantized::per_token_kernels,
    quantized::convolution_kernels,
    quantized::elementwise_kernels,
    quantized::normalization_kernels,
    quantized::pooling_kernels,
    quantized::product_kernels,
    quantized::resize_kernels,
};
// clang-format on

// Room for every row; what did not fit would be missing by name, which a test would see.
constexpr size_t kCapacity = 64;

struct Table {
  Table() {
    for (const Rows rows : kFamilies) {
      const std::span<const Kernel> family = rows();
      const size_t fits = std::min(family.size(), kCapacity - count);
      std::copy_n(family.begin(), fits, kernels.begin() + count);
      count += fits;
    }
  }
  std::array<Kernel, kCapacity> kernels{};
  size_t count = 0;
};

}  // namespace

std::span<const Kernel> quantized_kernels() {
  static const Table table;
  return std::span(table.kernels).first(table.count);
}

}  // namespace ingot
