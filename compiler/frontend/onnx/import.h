// Reads ONNX models (operator sets 1 to 22, fp32 inference graphs) and gives them as Graphs of Core ATen operators.
// Shape arithmetic and everything else that depends on constants alone is computed on the way. Weights are used where
// the parsed file holds them; external data is mapped. Every node keeps the name of the ONNX node that it comes from.
//
// Whatever the file holds, the answer is a Graph or an Error: nothing throws, crashes or allocates much more than the
// file is long. Safe from several threads at a time. Cost: one parse of the file, plus the folding of constants.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "compiler/frontend/aten/input_sizes.h"
#include "compiler/frontend/import_report.h"
#include "compiler/ir/graph.h"

namespace ingot::compiler {

struct OnnxImportOptions {
  InputShapes input_shapes;
};

// An error of code not_supported sums up report.unsupported; invalid_file says what is wrong with the file;
// invalid_argument is about the options (a size that is missing, or does not fit).
Result<Graph> import_onnx(const std::string& path, const OnnxImportOptions& options, ImportReport& report);
// The same from bytes, which need not outlive the call. `folder` is where external data is looked for; without one, a
// model that refers to such data is refused.
Result<Graph> import_onnx(std::span<const std::byte> bytes, const OnnxImportOptions& options, ImportReport& report,
                          const std::string& folder = {});

}  // namespace ingot::compiler
