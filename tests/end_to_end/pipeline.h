// The whole way in one process: a model compiled to the bytes of a program, which is then loaded and run. What the
// tests of this folder share.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "compiler/compile.h"
#include "runtime/npy/npy.h"
#include "tests/support/graph/run_graph.h"

namespace ingot::testing {

// Who runs the nodes: XNNPACK what it can, or portable kernels all of them.
enum class Way : uint8_t { delegated, portable };
inline constexpr Way kBothWays[] = {Way::delegated, Way::portable};
std::string to_string(Way way);

struct Built {
  compiler::CompileReport report;
  compiler::Graph graph;        // as it was emitted
  std::vector<std::byte> file;  // aligned as Program::from_memory asks
};

// options.lowering is set here.
Result<Built> build(compiler::CompileOptions options, Way way);
Result<Built> build_named(const std::string& zoo_model, Way way);
Result<Built> build_text(const std::string& graph, Way way);

// The outputs of a program's only method, "forward" or whatever it is called.
Result<std::vector<Array>> run(std::span<const std::byte> file, std::span<const Array> inputs);
// Those of several executions of it, one after the other.
Result<std::vector<std::vector<Array>>> run_each(std::span<const std::byte> file,
                                                 std::span<const std::vector<Array>> runs);

}  // namespace ingot::testing
