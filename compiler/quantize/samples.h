// Inputs to calibrate and evaluate with, one at a time: from files, or random. A source knows how many it has, and
// reads one when asked, so that any number of samples takes the memory of one. For one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "compiler/ir/graph.h"
#include "runtime/npy/npy.h"

namespace ingot::compiler {

struct Sample {
  std::vector<Array> inputs;  // of the graph's types
  std::optional<int64_t> label;
};

class SampleSource {
 public:
  virtual ~SampleSource() = default;
  virtual size_t size() const = 0;
  // Errors name the file. The same index gives the same sample.
  virtual Result<Sample> read(size_t index) = 0;
};

// Numbers for every input of a graph of static shapes: floats from a normal distribution, integers from 0 to 2. Equal
// seeds give equal numbers.
std::unique_ptr<SampleSource> random_samples(const Graph& graph, uint64_t seed, size_t count);

}  // namespace ingot::compiler
