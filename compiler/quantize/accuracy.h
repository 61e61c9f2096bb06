// How right a quantized classifier (or segmentation network) is: its answers beside those of the float graph, and
// beside labels where the samples have them. Both run as their files would.
#pragma once

#include <cstddef>
#include <optional>

#include "compiler/ir/graph.h"
#include "compiler/partition/lowering.h"
#include "compiler/quantize/calibrate.h"
#include "compiler/quantize/samples.h"

namespace ingot::compiler {

// Shares are in [0, 1].
struct Accuracy {
  size_t n = 0;  // samples
  // Where the samples have labels: how often the label has the largest score, and one of the five largest.
  struct Top {
    double top1 = 0;
    double top5 = 0;
  };
  std::optional<Top> of_float;
  std::optional<Top> of_quantized;
  // How often both have the same largest score. For an output [n, classes, height, width]: at how many positions.
  double agreement = 0;
  // Of all scores: the energy of the float ones over that of the differences.
  double sqnr_db = 0;
};

// How right one graph is by itself.
struct Evaluation {
  size_t n = 0;
  Accuracy::Top top;
};

// Of the graph's first output, scores of any dtype along dimension 1 (or the only one). Every sample has a label.
Result<Evaluation> evaluate_answers(const Graph& graph, SampleSource& samples, Lowering* lowering,
                                    const Progress& progress);

// Of the graphs' first output, scores along dimension 1 (or the only one). `target` is who runs the quantized graph,
// null for portable kernels; `lowering` runs the float one.
Result<Accuracy> compare_accuracy(const Graph& of_float, const Graph& quantized, SampleSource& samples,
                                  Lowering* lowering, Lowering* target, const Progress& progress);

}  // namespace ingot::compiler
