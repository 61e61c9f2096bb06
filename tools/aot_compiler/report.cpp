#include "tools/aot_compiler/report.h"

#include <sys/resource.h>

#include <algorithm>
#include <format>
#include <map>
#include <nlohmann/json.hpp>
#include <span>
#include <utility>
#include <vector>

namespace ingot::tools {

namespace {

using compiler::CompileReport;
using compiler::PartitionReport;
using compiler::QuantizeReport;
using Json = nlohmann::ordered_json;

std::string bytes_text(size_t bytes) {
  if (bytes < 10'000) return std::format("{} B", bytes);
  if (bytes < 10'000'000) return std::format("{:.1f} kB", static_cast<double>(bytes) / 1e3);
  return std::format("{:.1f} MB", static_cast<double>(bytes) / 1e6);
}

std::string share(int64_t part, int64_t whole) {
  return whole == 0 ? "" : std::format(" ({:.1f} %)", 100.0 * static_cast<double>(part) / static_cast<double>(whole));
}

// Names by what they have in common: an operator and a reason.
using Groups = std::map<std::pair<std::string, std::string>, std::vector<std::string>>;

std::string groups_text(const Groups& groups) {
  constexpr size_t kLines = 15;
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

std::string left_out_text(const PartitionReport& partition) {
  Groups groups;
  for (const auto& left : partition.left_out) groups[{left.op, left.reason}].push_back(left.node);
  return groups_text(groups);
}

std::string accuracy_text(const compiler::Accuracy& a) {
  std::string text = std::format("  evaluated   on {} samples: the same answer for {:.2f} %, SQNR {:.1f} dB\n", a.n,
                                 100 * a.agreement, a.sqnr_db);
  if (!a.of_float) return text;
  return text + std::format("              top-1 {:.2f} %, float {:.2f} %; top-5 {:.2f} %, float {:.2f} %\n",
                            100 * a.of_quantized->top1, 100 * a.of_float->top1, 100 * a.of_quantized->top5,
                            100 * a.of_float->top5);
}

// The worst layers, what stays float, and how right the whole is.
std::string quantize_text(const QuantizeReport& q) {
  constexpr size_t kLines = 10;
  const bool observed = q.mode == compiler::QuantizeMode::integers;
  std::string text =
      std::format("  quantized   {} of {} layers, {} on {} {}; the worst by their own error:\n", q.done, q.total,
                  observed ? "calibrated" : "measured", q.samples, q.random_inputs ? "random inputs" : "samples");
  std::vector<QuantizeReport::Layer> layers;
  Groups left;
  for (const auto& layer : q.layers) {
    if (layer.reason.empty()) {
      layers.push_back(layer);
    } else {
      left[{layer.op, layer.reason}].push_back(layer.name);
    }
  }
  std::ranges::stable_sort(layers, {}, &QuantizeReport::Layer::sqnr_db);
  for (const auto& layer : std::span(layers).first(std::min(layers.size(), kLines))) {
    text += std::format("    {:5.1f} dB", layer.sqnr_db);
    if (layer.range) text += std::format(" in [{:.4g}, {:.4g}]", layer.range->first, layer.range->second);
    text += std::format(": {} ({})\n", layer.name, layer.op);
  }
  if (layers.size() > kLines) text += std::format("    ... and {} more (see --json)\n", layers.size() - kLines);
  if (!left.empty()) text += "  in float\n" + groups_text(left);
  return text + (q.accuracy ? accuracy_text(*q.accuracy) : "");
}

Json quantize_json(const QuantizeReport& q) {
  Json layers = Json::array();
  for (const auto& layer : q.layers) {
    Json& entry = layers.emplace_back(Json{{"name", layer.name}, {"sqnr_db", nullptr}, {"dtype", layer.dtype}});
    if (layer.reason.empty()) {
      entry["sqnr_db"] = layer.sqnr_db;
      if (layer.range) entry["range"] = {layer.range->first, layer.range->second};
    } else {
      entry["reason"] = layer.reason;
    }
  }
  return layers;
}

Json accuracy_json(const compiler::Accuracy& a) {
  const auto share = [](const auto& top, double compiler::Accuracy::Top::* which) {
    return top ? Json((*top).*which) : Json(nullptr);
  };
  using Top = compiler::Accuracy::Top;
  return {{"n", a.n},
          {"top1_float", share(a.of_float, &Top::top1)},
          {"top1_quantized", share(a.of_quantized, &Top::top1)},
          {"top5_float", share(a.of_float, &Top::top5)},
          {"top5_quantized", share(a.of_quantized, &Top::top5)},
          {"agreement", a.agreement},
          {"sqnr_db", a.sqnr_db}};
}

}  // namespace

std::string summary(const CompileReport& report, const std::string& output) {
  const PartitionReport& p = report.partition;
  std::string text = std::format("{}: {}\n", output, bytes_text(report.file_bytes));
  text += std::format("  delegated   {} of {} nodes, {} of {} multiply-adds{}, in {} call{}\n", p.nodes_delegated,
                      p.nodes_total, p.macs_delegated, p.macs_total, share(p.macs_delegated, p.macs_total),
                      p.delegate_calls, p.delegate_calls == 1 ? "" : "s");
  if (report.quantize) text += quantize_text(*report.quantize);
  if (const auto& e = report.evaluation) {
    text += std::format("  evaluated   on {} samples: top-1 {:.2f} %, top-5 {:.2f} %\n", e->n, 100 * e->top.top1,
                        100 * e->top.top5);
  }
  if (!p.left_out.empty()) text += "  left out\n" + left_out_text(p);
  text += std::format("  weights     {}", bytes_text(report.weights_bytes));
  if (report.quantize) text += std::format(", {} before", bytes_text(report.quantize->float_weights_bytes));
  text += "\n";
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

namespace {

Json json_of(const CompileReport& report, const std::string& output) {
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
  if (const auto& e = report.evaluation) {
    json["evaluation"] = {{"n", e->n}, {"top1", e->top.top1}, {"top5", e->top.top5}};
  }
  if (report.quantize) {
    json["quantized"] = {{"done", report.quantize->done}, {"total", report.quantize->total}};
    json["layers"] = quantize_json(*report.quantize);
    json["float_weights_bytes"] = report.quantize->float_weights_bytes;
    if (report.quantize->accuracy) json["evaluation"] = accuracy_json(*report.quantize->accuracy);
  }
  json["file_bytes"] = report.file_bytes;
  json["weights_bytes"] = report.weights_bytes;
  json["arena_bytes"] = report.arena_bytes;
  json["arena_lower_bound_bytes"] = report.arena_lower_bound_bytes;
  json["passes"] = Json::array();
  for (const auto& pass : report.passes) json["passes"].push_back({{"name", pass.name}, {"ms", pass.ms}});
  return json;
}

std::string text_of(Json json) {
  rusage usage = {};
  ::getrusage(RUSAGE_SELF, &usage);
  json["peak_rss_bytes"] = static_cast<size_t>(usage.ru_maxrss) * 1024;
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace

std::string summary_json(const CompileReport& report, const std::string& output) {
  return text_of(json_of(report, output));
}

std::string summary_json(std::span<const CompileReport> reports, std::span<const std::string> names,
                         const std::string& output) {
  Json json;
  json["output"] = output;
  json["methods"] = Json::array();
  for (size_t i = 0; i < reports.size(); ++i) {
    Json& method = json["methods"].emplace_back(json_of(reports[i], output));
    method["name"] = names[i];
  }
  return text_of(std::move(json));
}

}  // namespace ingot::tools
