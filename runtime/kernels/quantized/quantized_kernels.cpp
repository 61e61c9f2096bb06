#include <span>

#include "runtime/include/ingot.hpp"
#include "runtime/kernels/joined_rows.h"
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

}  // namespace

std::span<const Kernel> quantized_kernels() {
  static const JoinedRows<64> table(kFamilies);
  return table.rows();
}

}  // namespace ingot
