#include <span>

#include "runtime/include/ingot.hpp"
#include "runtime/kernels/joined_rows.h"
#include "runtime/kernels/kernel_table.h"
#include "runtime/kernels/portable/families.h"

namespace ingot {
namespace {

using Rows = std::span<const Kernel> (*)();

// clang-format off
// One line a family.
constexpr Rows kFamilies[] = {
    portable::activation_kernels,
    portable::advanced_indexing_kernels,
    portable::antialias_kernels,
    portable::arg_reduction_kernels,
    portable::arithmetic_kernels,
    portable::bitwise_kernels,
    portable::comparison_kernels,
    portable::concatenation_kernels,
    portable::convolution_kernels,
    portable::creation_kernels,
    portable::distance_kernels,
    portable::grid_sampler_kernels,
    portable::indexing_kernels,
    portable::masked_kernels,
    portable::matmul_kernels,
    portable::normalization_kernels,
    portable::padding_kernels,
    portable::pooling_kernels,
    portable::rearrangement_kernels,
    portable::reduction_kernels,
    portable::reshaping_kernels,
    portable::resize_kernels,
    portable::scan_kernels,
    portable::selection_kernels,
    portable::softmax_kernels,
    portable::topk_kernels,
    portable::unary_kernels,
    portable::window_kernels,
};
// clang-format on

}  // namespace

std::span<const Kernel> portable_kernels() {
  static const JoinedRows<384> table(kFamilies);
  return table.rows();
}

}  // namespace ingot
