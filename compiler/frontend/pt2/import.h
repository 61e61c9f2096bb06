// Reads torch.export archives (.pt2) as PyTorch 2.6 and later write them, decomposed or not, quantized by PT2E or not,
// and gives them as Graphs of Core ATen operators. Nested inputs and outputs are taken flat, in the order of the
// archive's signature; parameters, buffers and lifted constants become constants, used where they lie in the file.
// Every node keeps the name that its result has in the archive.
//
// Whatever the file holds, the answer is a Graph or an Error: nothing throws, crashes, executes what the file says, or
// allocates much more than the file is long. Safe from several threads at a time. Cost: one pass over the program.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "compiler/frontend/aten/input_sizes.h"
#include "compiler/frontend/import_report.h"
#include "compiler/ir/graph.h"

namespace ingot::compiler {

struct Pt2ImportOptions {
  // For symbolic sizes of inputs. Those that the archive bounds and that are not given stay open.
  InputShapes input_shapes;
};

// An error of code not_supported sums up report.unsupported, or names what else is beyond Ingot; invalid_file says what
// is wrong with the file; invalid_argument is about the options.
Result<Graph> import_pt2(const std::string& path, const Pt2ImportOptions& options, ImportReport& report);
// The same from bytes, which need not outlive the call.
Result<Graph> import_pt2(std::span<const std::byte> bytes, const Pt2ImportOptions& options, ImportReport& report);

}  // namespace ingot::compiler
