// Regions whose sizes are open until the program runs. XNNPACK reshapes a subgraph to the sizes of its inputs, but what
// a node holds as a number stays as it was written. So such a region is lowered several times, at the largest sizes and
// at others, with all of its sizes fixed; where the payloads agree in everything but the shapes of values, what was
// lowered at the largest sizes is right for all. A reshape may infer one size, a slice any that it takes whole.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "compiler/ir/copy.h"
#include "compiler/partition/lowering.h"

namespace ingot::xnnpack::lowering {

bool has_open_sizes(const compiler::Region& region);

// A number for each symbol.
using SizeSample = std::map<std::string, int64_t>;

// The largest sizes first, then the least that are not 1 (where that is the largest, another), distinct ones between,
// some just below the largest, and each symbol alone at its least.
std::vector<SizeSample> size_samples(const compiler::Region& region);

// A region with all sizes fixed, nodes, inputs and outputs in the order of the original's.
struct FixedRegion {
  compiler::GraphCopy copy;
  compiler::Region region;
};
FixedRegion fix_sizes(const compiler::Region& region, const SizeSample& sample);

// Turns the payload of the first sample into one for all. A text says why there is none.
std::expected<void, std::string> open_sizes(std::span<std::byte> blob, std::span<const std::vector<std::byte>> others);

}  // namespace ingot::xnnpack::lowering
