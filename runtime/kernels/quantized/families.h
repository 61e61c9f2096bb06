// The families of quantized kernels, one function each: the rows of the operators of a file. quantized_kernels.cpp
// joins them. A new family is a declaration here, a line in the list there and a file of its own.
#pragma once

#include <span>

#include "runtime/kernels/kernel_table.h"

namespace ingot::quantized {

// Between floats and integers, by ExecuTorch's names.
std::span<const Kernel> affine_conversion_kernels();
std::span<const Kernel> choose_parameters_kernels();
std::span<const Kernel> embedding_kernels();
std::span<const Kernel> float_addition_kernels();
std::span<const Kernel> mixed_product_kernels();
std::span<const Kernel> per_token_kernels();

// On integers, by our own.
std::span<const Kernel> convolution_kernels();
std::span<const Kernel> elementwise_kernels();
std::span<const Kernel> normalization_kernels();
std::span<const Kernel> pooling_kernels();
std::span<const Kernel> product_kernels();
std::span<const Kernel> resize_kernels();

}  // namespace ingot::quantized
