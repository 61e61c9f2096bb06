// Cross-layer equalization: channels of one tensor share a scale in 8 bits, so a channel of small numbers has few
// steps. Multiplying a channel, where it is made, and dividing it again where it is read, gives it more of them; the
// float graph computes the same. After Nagel et al., "Data-Free Quantization Through Weight Equalization and Bias
// Correction" (2019), with two differences: factors come from what the channels were seen to hold, not from weights,
// and each is chosen to have the least noise together from rounding the channel and rounding the weights that read it.
#pragma once

#include "compiler/ir/graph.h"
#include "compiler/partition/lowering.h"
#include "compiler/quantize/calibrate.h"
#include "compiler/quantize/samples.h"
#include "compiler/quantize/scheme.h"

namespace ingot::compiler {

// Edits weights and biases of convolutions and matrix products; the nodes stay, and so does the scheme made from the
// graph. Bounded activations (relu6) see no number beyond their bounds that they did not see before; what goes beyond
// the samples may be cut off earlier, as 8 bits would. True where anything was changed.
Result<bool> equalize(Graph& graph, const Scheme& scheme, SampleSource& samples, Lowering* lowering,
                      const Progress& progress);

}  // namespace ingot::compiler
