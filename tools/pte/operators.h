// Which of the operators that ExecuTorch registers Ingot has, and why the rest is left out: worked out from the lists
// in schema/executorch_operators.h and the kernels of this build.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ingot::tools {

struct Coverage {
  struct Entry {
    std::string_view name;    // as programs call it: "aten::add.out"
    bool has_kernel = false;  // in this build
    std::string_view reason;  // why it has none on purpose; may be empty
  };
  std::vector<Entry> portable;
  std::vector<Entry> primitive;
};

// Has this build a kernel of that name?
bool has_kernel(std::string_view name);
Coverage executorch_coverage();
// One line of counts; then what has no kernel, or with `all` every operator, a line each.
std::string to_text(const Coverage& coverage, bool all);
std::string to_json(const Coverage& coverage);

}  // namespace ingot::tools
