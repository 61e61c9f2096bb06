#include "tests/support/onnx_cases.h"

namespace ingot::testing {
const CasesByOperator& onnx_cases() {
  static const CasesByOperator cases = read_cases({"onnx_ops.zip", "onnx_control_flow.zip"});
  return cases;
}

std::vector<std::string> onnx_case_operators() {
  return operators_of(onnx_cases());
}

}  // namespace ingot::testing
