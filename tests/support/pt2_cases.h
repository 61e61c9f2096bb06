// The recorded cases of torch.export archives (tests/data/pt2.zip): small programs by group, with what PyTorch answers.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "tests/support/onnx_cases.h"

namespace ingot::testing {

// The archive is NAME/model.pt2; inputs and outputs are kept as those of OnnxCase.
struct Pt2Case : OnnxCase {
  double step = 0;  // of a quantized output
};

// By group, read once; empty where the archive of cases is not to be read.
const std::map<std::string, std::vector<Pt2Case>>& pt2_cases();
std::vector<std::string> pt2_case_groups();
Result<ZipArchive> open_pt2_cases();

}  // namespace ingot::testing
