#include "tools/xnn_executor_runner/profile.h"

#include <algorithm>
#include <format>
#include <nlohmann/json.hpp>

#include "tools/xnn_executor_runner/measure.h"

namespace ingot::tools {
namespace {

constexpr size_t kSlowest = 15;

}  // namespace

void StepTimes::took(const ProfiledStep& step) {
  Step& known = steps_[{step.instruction, step.node}];
  if (known.us.empty()) known.name = step.name;
  known.us.push_back(static_cast<double>(step.nanoseconds) / 1e3);
}

// Of a delegate call that says what its operators take, the call's own row is what they leave of it.
std::vector<StepTimes::Row> StepTimes::rows() const {
  std::vector<Row> rows;
  double of_nodes = 0;
  for (auto step = steps_.rbegin(); step != steps_.rend(); ++step) {  // backwards: operators before their call
    const auto& [instruction, node] = step->first;
    const double us = percentile(step->second.us, 0.5);
    if (node >= 0) {
      of_nodes += us;
      rows.push_back({std::format("{}.{}", instruction, node), step->second.name, us});
      continue;
    }
    const bool is_around = of_nodes > 0;
    rows.push_back({std::format("{}", instruction), step->second.name + (is_around ? ", around its operators" : ""),
                    std::max(us - of_nodes, 0.0)});
    of_nodes = 0;
  }
  std::ranges::reverse(rows);
  return rows;
}

std::string StepTimes::report() const {
  std::vector<Row> all = rows();
  std::map<std::string, std::pair<double, int>> kinds;
  double total = 0;
  for (const Row& row : all) {
    kinds[row.name].first += row.us;
    ++kinds[row.name].second;
    total += row.us;
  }
  const auto line = [total](double us, const std::string& what, const std::string& name) {
    return std::format("  {:>10.1f} us {:>5.1f} %  {:>7}  {}\n", us, total > 0 ? 100 * us / total : 0, what, name);
  };
  std::vector<std::pair<std::string, std::pair<double, int>>> by_kind(kinds.begin(), kinds.end());
  std::ranges::stable_sort(by_kind, std::ranges::greater{}, [](const auto& kind) { return kind.second.first; });
  std::string text = std::format("  profile  {:.3f} ms in {} steps (medians), by operator:\n", total / 1e3, all.size());
  for (const auto& [name, kind] : by_kind) text += line(kind.first, std::format("{} x", kind.second), name);
  std::ranges::stable_sort(all, std::ranges::greater{}, &Row::us);
  if (all.size() > kSlowest) all.resize(kSlowest);
  text += "  slowest steps (instruction, or instruction.operator of a delegate):\n";
  for (const Row& row : all) text += line(row.us, row.place, row.name);
  return text;
}

nlohmann::ordered_json StepTimes::json() const {
  auto json = nlohmann::ordered_json::array();
  for (const auto& [place, step] : steps_) {
    nlohmann::ordered_json entry = {{"instruction", place.first}};
    if (place.second >= 0) entry["node"] = place.second;
    entry["name"] = step.name;
    entry["median_us"] = percentile(step.us, 0.5);
    json.push_back(std::move(entry));
  }
  return json;
}

}  // namespace ingot::tools
