#include "compiler/passes/pass_manager.h"

#include <algorithm>
#include <chrono>

namespace ingot::compiler {

namespace {

Result<bool> run_one(Graph& graph, const Pass& pass, Target target) {
  const bool changed = INGOT_TRY(pass.run(graph, target));
  if (changed) {
    const bool delegated =
        std::ranges::any_of(graph.nodes(), [](const auto& n) { return n->delegate_call() != nullptr; });
    INGOT_TRY_VOID(verify(graph, delegated ? Stage::delegated : Stage::imported, target));
  }
  return changed;
}

}  // namespace

Result<bool> run_passes(Graph& graph, std::span<const Pass> passes, const PassOptions& options,
                        std::vector<PassTiming>& timings) {
  for (const Pass& pass : passes) {
    if (std::ranges::find(options.disabled, pass.name) == options.disabled.end()) {
      const auto start = std::chrono::steady_clock::now();
      auto changed = run_one(graph, pass, options.target);
      const std::chrono::duration<double, std::milli> time = std::chrono::steady_clock::now() - start;
      if (!changed) {
        Error error = std::move(changed).error();
        error.add_context("pass %.*s", static_cast<int>(pass.name.size()), pass.name.data());
        return std::unexpected(error);
      }
      timings.push_back({std::string(pass.name), time.count(), *changed});
      if (options.on_pass) options.on_pass(pass.name, graph);
    }
    if (pass.name == options.stop_after) return false;
  }
  return true;
}

}  // namespace ingot::compiler
