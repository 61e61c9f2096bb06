// Runs passes over a graph: in order, each timed, the graph verified after each. Any pass can be left out or be the
// last, which is how a wrong answer is traced to the pass that causes it.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/ir/graph.h"
#include "compiler/ir/verify.h"

namespace ingot::compiler {

struct PassTiming {
  std::string name;
  double ms = 0;
  bool changed = false;
};

struct Pass {
  std::string_view name;
  // Edits the graph; true where it changed something.
  Result<bool> (*run)(Graph& graph, Target target);
};

struct PassOptions {
  Target target = Target::executorch;
  std::vector<std::string> disabled;
  std::string stop_after;  // a pass's name, or empty
  std::function<void(std::string_view pass, const Graph& graph)> on_pass;
};

// The passes between import and partitioning, in order (compiler/passes/pass_list.cpp has its reasons).
std::span<const Pass> canonical_passes();
// The passes over what was left outside delegate calls.
std::span<const Pass> target_passes();

// Runs them and appends a timing for each. False where stop_after ended the run early. An error names the pass.
Result<bool> run_passes(Graph& graph, std::span<const Pass> passes, const PassOptions& options,
                        std::vector<PassTiming>& timings);

}  // namespace ingot::compiler
