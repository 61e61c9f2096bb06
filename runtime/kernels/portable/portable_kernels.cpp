#include <algorithm>
#include <array>
#include <cstddef>
#include <span>

#include "runtime/include/ingot.hpp"
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

// Room for every row; a test holds this against the families' sum, and what does not fit would be missing by name.
constexpr size_t kCapacity = 384;

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

std::span<const Kernel> portable_kernels() {
  static const Table table;
  return std::span(table.kernels).first(table.count);
}

}  // namespace ingot
