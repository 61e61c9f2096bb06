#include "tests/support/onnx_cases.h"

namespace ingot::testing {
namespace {

constexpr const char* kFile = "onnx_ops.zip";

}  // namespace

const CasesByOperator& onnx_cases() {
  static const CasesByOperator cases = read_cases(kFile);
  return cases;
}

std::vector<std::string> onnx_case_operators() {
  return operators_of(onnx_cases());
}

Result<ZipArchive> open_onnx_cases() {
  return open_cases(kFile);
}

}  // namespace ingot::testing
