// The families of portable kernels, one function each: the rows of the operators that share a loop.
// portable_kernels.cpp joins them. A new family is a declaration here, a line in the list there and a file of its own.
#pragma once

#include <span>

#include "runtime/kernels/kernel_table.h"

namespace ingot::portable {

std::span<const Kernel> activation_kernels();
std::span<const Kernel> advanced_indexing_kernels();
std::span<const Kernel> antialias_kernels();
std::span<const Kernel> arg_reduction_kernels();
std::span<const Kernel> arithmetic_kernels();
std::span<const Kernel> bitwise_kernels();
std::span<const Kernel> comparison_kernels();
std::span<const Kernel> concatenation_kernels();
std::span<const Kernel> convolution_kernels();
std::span<const Kernel> creation_kernels();
std::span<const Kernel> distance_kernels();
std::span<const Kernel> grid_sampler_kernels();
std::span<const Kernel> indexing_kernels();
std::span<const Kernel> masked_kernels();
std::span<const Kernel> matmul_kernels();
std::span<const Kernel> normalization_kernels();
std::span<const Kernel> padding_kernels();
std::span<const Kernel> pooling_kernels();
std::span<const Kernel> rearrangement_kernels();
std::span<const Kernel> reduction_kernels();
std::span<const Kernel> reshaping_kernels();
std::span<const Kernel> resize_kernels();
std::span<const Kernel> scan_kernels();
std::span<const Kernel> selection_kernels();
std::span<const Kernel> softmax_kernels();
std::span<const Kernel> topk_kernels();
std::span<const Kernel> unary_kernels();
std::span<const Kernel> window_kernels();

}  // namespace ingot::portable
