#include "tools/aot_compiler/report.h"

#include <sys/resource.h>

#include <algorithm>
#include <format>
#include <map>
#include <nlohmann/json.hpp>

namespace ingot::tools {

namespace {

using compiler::CompileReport;
using compiler::PartitionReport;

std::string bytes_text(size_t bytes) {
  if (bytes < 10'000) return std::format("{} B", bytes);
  if (bytes < 10'000'000) return std::format("{:.1f} kB", static_cast<double>(bytes) / 1e3);
  return std::format("{:.1f} MB", static_cast<double>(bytes) / 1e6);
}

std::string share(int64_t part, int64_t whole) {
  return whole == 0 ? "" : std::format(" ({:.1f} %)", 100.0 * static_cast<double>(part) / static_cast<double>(whole));
}

// Nodes that were left out, those with the same operator and reason on one line.
std::string left_out_text(const PartitionReport& partition) {
  constexpr size_t kLines = 15;
  std::map<std::pair<std::string, std::string>, std::vector<std::string>> groups;
  for (const auto& left : partition.left_out) groups[{left.op, left.reason}].push_back(left.node);
  std::string text;
  size_t lines = 0;
  for (const auto& [key, nodes] : groups) {
    if (++lines > kLines)
      return text + std::format("    ... and {} more reasons (see --json)\n", groups.size() - kLines);
    text += std::format("    {} x{}: {} [{}{}]\n", key.first, nodes.size(), key.second, nodes[0],
                        nodes.size() > 1 ? ", ..." : "");
  }
  return text;
}

}  // namespace

std::string summary(const CompileReport& report, const std::string& output) {
  const PartitionReport& p = report.partition;
  std::string text = std::format("{}: {}\n", output, bytes_text(report.file_bytes));
  text += std::format("  delegated   {} of {} nodes, {} of {} multiply-adds{}, in {} call{}\n", p.nodes_delegated,
                      p.nodes_total, p.macs_delegated, p.macs_total, share(p.macs_delegated, p.macs_total),
                      p.delegate_calls, p.delegate_calls == 1 ? "" : "s");
  if (!p.left_out.empty()) text += "  left out\n" + left_out_text(p);
  text += std::format("  weights     {}\n", bytes_text(report.weights_bytes));
  text += std::format("  arena       {} (lower bound {})\n", bytes_text(report.arena_bytes),
                      bytes_text(report.arena_lower_bound_bytes));
  double total = 0;
  for (const auto& pass : report.passes) total += pass.ms;
  std::vector<compiler::PassTiming> slowest = report.passes;
  std::ranges::stable_sort(slowest, std::greater(), &compiler::PassTiming::ms);
  if (slowest.size() > 4) slowest.resize(4);
  text += std::format("  compiled in {:.0f} ms", total);
  for (const auto& pass : slowest)
    text += std::format("{} {} {:.0f}", &pass == &slowest[0] ? ":" : ",", pass.name, pass.ms);
  return text + "\n";
}

std::string summary_json(const CompileReport& report, const std::string& output) {
  using Json = nlohmann::ordered_json;
  const PartitionReport& p = report.partition;
  Json json;
  json["output"] = output;
  json["delegate_calls"] = p.delegate_calls;
  json["nodes_total"] = p.nodes_total;
  json["nodes_delegated"] = p.nodes_delegated;
  json["macs_total"] = p.macs_total;
  json["macs_delegated"] = p.macs_delegated;
  json["left_out"] = Json::array();
  for (const auto& left : p.left_out) {
    json["left_out"].push_back({{"node", left.node}, {"op", left.op}, {"reason", left.reason}});
  }
  json["file_bytes"] = report.file_bytes;
  json["weights_bytes"] = report.weights_bytes;
  json["arena_bytes"] = report.arena_bytes;
  json["arena_lower_bound_bytes"] = report.arena_lower_bound_bytes;
  json["passes"] = Json::array();
  for (const auto& pass : report.passes) json["passes"].push_back({{"name", pass.name}, {"ms", pass.ms}});
  rusage usage = {};
  ::getrusage(RUSAGE_SELF, &usage);
  json["peak_rss_bytes"] = static_cast<size_t>(usage.ru_maxrss) * 1024;
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace ingot::tools
