// Compares arrays with recorded answers. Floating-point differences are measured against the largest absolute value
// that was expected (errors of sums scale with it, not with each element); integers and bools must be equal.
#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <string>

#include "runtime/core/tensor.h"
#include "runtime/npy/npy.h"

namespace ingot::testing {

struct Difference {
  double largest_difference = 0;  // of the elements that are finite on both sides
  double largest_expected = 0;    // absolute, of the finite ones
  size_t worst = 0;               // flat C-order index of the largest difference
  // Elements where one side is NaN or an infinity and the other is not the same. Same-signed infinities and any two
  // NaNs are equal.
  size_t nonfinite_mismatches = 0;
  std::string shape_or_dtype_mismatch;  // a description; empty where both agree

  // 0 where nothing differs, infinity where no tolerance would serve.
  double relative() const;
};

// The tensor's elements in C order, whatever its dim_order.
Array to_array(const Tensor& tensor);

Difference compare(const Array& expected, const Array& actual);

// EXPECT_TRUE(close_to(expected, actual, 1e-4)): the largest difference is at most `tolerance` times the largest
// expected value (where all expected values are 0: at most `tolerance`). `absolute_slack` is added to that bound, for
// int8 steps.
::testing::AssertionResult close_to(const Array& expected, const Array& actual, double tolerance,
                                    double absolute_slack = 0);
::testing::AssertionResult close_to(const Array& expected, const Tensor& actual, double tolerance,
                                    double absolute_slack = 0);

}  // namespace ingot::testing
