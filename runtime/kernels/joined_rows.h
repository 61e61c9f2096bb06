// One kernel table out of the rows of several families.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>

#include "runtime/kernels/kernel_table.h"

namespace ingot {

// Room for kCapacity rows; what does not fit would be missing by name, which a test holds against the families' sum.
template <size_t kCapacity>
class JoinedRows {
 public:
  explicit JoinedRows(std::span<std::span<const Kernel> (*const)()> families) {
    for (const auto family : families) {
      const std::span<const Kernel> rows = family();
      const size_t fits = std::min(rows.size(), kCapacity - count_);
      std::copy_n(rows.begin(), fits, kernels_.begin() + count_);
      count_ += fits;
    }
  }
  std::span<const Kernel> rows() const { return std::span(kernels_).first(count_); }

 private:
  std::array<Kernel, kCapacity> kernels_{};
  size_t count_ = 0;
};

}  // namespace ingot
