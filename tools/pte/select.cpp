#include "tools/pte/select.h"

#include <format>

#include "tools/pte/operator_name.h"

namespace ingot::tools {

void select_kernels(const ProgramFile& file, KernelSelection& selection) {
  for (size_t i = 0; i < file.num_plans(); ++i) {
    const pte::ExecutionPlan& plan = file.plan(i);
    if (plan.operators() == nullptr || plan.operators()->size() == 0) continue;
    for (const pte::Operator* op : *plan.operators()) selection.operators.insert(operator_name(*op));
    for (const pte::EValue* value : *plan.values()) {
      const pte::Tensor* tensor = value->val_as_Tensor();
      if (tensor == nullptr) continue;
      if (const auto layout = tensor_layout(*tensor)) {
        selection.dtypes |= uint32_t{1} << static_cast<unsigned>(layout->dtype);
      }
    }
  }
}

std::string to_header(const KernelSelection& selection) {
  std::string text =
      "// Made by `pte select`: the operators and dtypes of some programs.\n"
      "#pragma once\n#include <array>\n#include <cstdint>\n#include <string_view>\n"
      "namespace ingot::selection {\n";
  text +=
      std::format("inline constexpr std::array<std::string_view, {}> kOperators = {{\n", selection.operators.size());
  for (const std::string& name : selection.operators) text += std::format("    \"{}\",\n", name);
  text += std::format("}};\ninline constexpr uint32_t kDTypes = {:#x};\n", selection.dtypes);
  return text + "}  // namespace ingot::selection\n";
}

}  // namespace ingot::tools
