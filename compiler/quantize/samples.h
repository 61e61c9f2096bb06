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
#include "compiler/quantize/preprocess.h"
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

// What `path` holds: a folder (all below it, in the order of their names), a list (lines of "path<TAB>label" or "path",
// relative to it), or a single file, of
// - JPEG and PNG images, for a graph of one input, prepared as `preprocess` says;
// - .npy arrays, for a graph of one input: one sample, or several along the first dimension;
// - .npz archives with an array for each input, by its name, of one sample or several along the first dimension.
// Sizes and dtypes are checked when a sample is read; the graph outlives the source.
Result<std::unique_ptr<SampleSource>> open_samples(const Graph& graph, const std::string& path,
                                                   const Preprocess& preprocess);

// Numbers for every input of a graph of static shapes: floats from a normal distribution, integers from 0 to 2. Equal
// seeds give equal numbers.
std::unique_ptr<SampleSource> random_samples(const Graph& graph, uint64_t seed, size_t count);

}  // namespace ingot::compiler
