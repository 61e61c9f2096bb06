// The runner's inputs and outputs: files or random numbers in, files and comparisons out.
#pragma once

#include <string>
#include <vector>

#include "runtime/include/ingot.hpp"
#include "runtime/npy/npy.h"
#include "tools/xnn_executor_runner/options.h"

namespace ingot::tools {

// One array for each input of the method, in order: read from the files (a .bin file has the shape that the method
// takes), or random: normal floats, integers from 0 to 9. Errors name the input, what is expected and what was found.
Result<std::vector<Array>> load_inputs(const Program& program, const RunnerOptions& options);

// Puts the arrays into the method, whose inputs take dim_orders other than the arrays' where the program says so.
Result<void> set_inputs(Method& method, const std::vector<Array>& inputs);

// Copies of the method's outputs, in C order.
Result<std::vector<Array>> copy_outputs(const Method& method);

// PREFIX-0.npy, ...: all of them or none.
Result<void> write_outputs(const std::string& prefix, const std::vector<Array>& outputs);

// An error that names the first output which differs from its file by more than tolerance times the largest expected
// absolute value (NaN equals NaN; integers count as numbers).
Result<void> compare_outputs(const RunnerOptions& options, const std::vector<Array>& outputs);

// "float32 [1, 1000]: -2.31 .. 4.07, mean 0.01; largest at 281 (4.07), 285 (3.9), ..."
std::string describe(const Array& array, bool all);

}  // namespace ingot::tools
