// Which products are better left in float because a machine computes them faster so: each is timed by itself, in both
// forms, as the compiled file would run it. Where the integers of its operand come from a neighbour, and where a
// neighbour wants its result in integers, the conversions count with the float form; where real numbers come from
// outside, rounding them counts with the integers. Which form wins differs between processors: with AVX-512 VNNI float
// does for depthwise filters of 5 by 5 and not for images of three channels; with AMX it does for such images too.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "compiler/ir/graph.h"
#include "compiler/partition/lowering.h"
#include "compiler/quantize/parameters.h"
#include "compiler/quantize/sample_runner.h"
#include "compiler/quantize/scheme.h"

namespace ingot::compiler {

// How long one product takes, in seconds.
struct FormTimes {
  double integers = 0;
  double floats = 0;
};
using Stopwatch = std::function<Result<FormTimes>(Graph in_integers, Graph in_floats)>;

// Runs both on this machine in turns, on the calling thread, and takes the shortest of each: milliseconds for a small
// product. `lowering`: what the file is compiled for; null for portable kernels. It outlives the result.
Stopwatch time_here(Lowering* lowering);

// Nodes of units of the scheme whose float form takes at most nine tenths of the time. Larger weights go with it: those
// that save most for theirs come first, and together they add at most a hundredth of the graph's constants to the file.
// `images_last`: the products see images with their channels innermost, as inside a delegate.
Result<std::vector<const Node*>> faster_in_float(const Graph& graph, const Scheme& scheme,
                                                 std::span<const AffineParameters> parameters, bool images_last,
                                                 const Stopwatch& stopwatch, const Progress& progress);

}  // namespace ingot::compiler
