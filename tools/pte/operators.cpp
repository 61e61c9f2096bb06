#include "tools/pte/operators.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <span>

#include "runtime/executor/runtime_impl.h"
#include "runtime/include/ingot.hpp"
#include "runtime/kernels/kernel_table.h"
#include "schema/executorch_operators.h"

namespace ingot::tools {
namespace {

using Entries = std::vector<Coverage::Entry>;

std::string_view reason_for(std::string_view name) {
  const auto found = std::ranges::find(schema::kLeftOut, name, &schema::LeftOut::out);
  return found == std::end(schema::kLeftOut) ? std::string_view() : found->reason;
}

Entries entries(std::span<const std::string_view> names) {
  Entries list;
  for (const std::string_view name : names) list.push_back({name, has_kernel(name), reason_for(name)});
  return list;
}

size_t covered(const Entries& list) {
  return static_cast<size_t>(std::ranges::count_if(list, &Coverage::Entry::has_kernel));
}

std::string counts(const Entries& list) {
  return std::to_string(covered(list)) + " of " + std::to_string(list.size());
}

std::string lines(const Entries& list, bool all) {
  std::string text;
  for (const Coverage::Entry& entry : list) {
    if (entry.has_kernel && !all) continue;
    text += "  ";
    text += entry.has_kernel ? "has  " : "lacks  ";
    text += entry.name;
    if (!entry.has_kernel)
      text += entry.reason.empty() ? std::string("  (in this build)") : "  (" + std::string(entry.reason) + ")";
    text += "\n";
  }
  return text;
}

nlohmann::ordered_json json_of(const Entries& list) {
  nlohmann::ordered_json operators = nlohmann::ordered_json::array();
  for (const Coverage::Entry& entry : list) {
    nlohmann::ordered_json item = {{"name", entry.name}, {"has_kernel", entry.has_kernel}};
    if (!entry.reason.empty()) item["reason"] = entry.reason;
    operators.push_back(std::move(item));
  }
  return {{"covered", covered(list)}, {"total", list.size()}, {"operators", std::move(operators)}};
}

}  // namespace

bool has_kernel(std::string_view name) {
  const auto has_name = [name](const Kernel& kernel) { return kernel.name == name; };
  return std::ranges::any_of(portable_kernels(), has_name) || std::ranges::any_of(quantized_kernels(), has_name) ||
         std::ranges::any_of(number_kernels(), has_name);
}

Coverage executorch_coverage() {
  return {entries(schema::kExecutorchPortable), entries(schema::kExecutorchPrimitive)};
}

std::string to_text(const Coverage& coverage, bool all) {
  return "Of ExecuTorch 1.4.1's operators: " + counts(coverage.portable) + " portable, " + counts(coverage.primitive) +
         " primitive.\n" + lines(coverage.portable, all) + lines(coverage.primitive, all);
}

std::string to_json(const Coverage& coverage) {
  const nlohmann::ordered_json json = {{"executorch_version", "1.4.1"},
                                       {"portable", json_of(coverage.portable)},
                                       {"primitive", json_of(coverage.primitive)}};
  return json.dump(2) + "\n";
}

}  // namespace ingot::tools
