#include "compiler/frontend/import_report.h"

#include <algorithm>
#include <utility>

namespace ingot::compiler {

std::unexpected<Error> unsupported_error(const ImportReport& report) {
  // By operator, in the order in which they turn up.
  std::vector<std::pair<std::string, std::string>> nodes;
  for (const UnsupportedNode& entry : report.unsupported) {
    const auto known = std::ranges::find(nodes, entry.op, [](const auto& pair) { return pair.first; });
    if (known == nodes.end()) {
      nodes.emplace_back(entry.op, entry.node);
    } else {
      known->second += ", " + entry.node;
    }
  }
  std::string text;
  for (const auto& [op, names] : nodes) {
    text.append(text.empty() ? "" : ", ").append(op).append(" (").append(names).append(")");
  }
  const size_t count = report.unsupported.size();
  if (count == 1)
    return fail(ErrorCode::not_supported, "1 node uses an operator that is not supported: %s: %s", text.c_str(),
                report.unsupported[0].reason.c_str());
  return fail(ErrorCode::not_supported, "%zu nodes use operators that are not supported: %s", count, text.c_str());
}

void make_printable(ImportReport* report) {
  for (UnsupportedNode& entry : report->unsupported) {
    for (std::string* text : {&entry.node, &entry.op, &entry.reason}) {
      std::ranges::replace_if(*text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, '?');
    }
  }
}

}  // namespace ingot::compiler
