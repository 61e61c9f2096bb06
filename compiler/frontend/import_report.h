// What a front end says besides its Graph: the nodes of the model that it cannot turn into operators that Ingot has,
// all of them, and the one error that sums them up. Plain values and functions.
#pragma once

#include <expected>
#include <string>
#include <vector>

#include "runtime/core/error.h"

namespace ingot::compiler {

// A node that an importer cannot turn into operators that Ingot has.
struct UnsupportedNode {
  std::string node;    // its name, or what stands for it where it has none
  std::string op;      // "NonZero", "com.microsoft::FusedConv"
  std::string reason;  // one line
};

struct ImportReport {
  std::vector<UnsupportedNode> unsupported;  // all of them, in the model's order
};

// not_supported, with every operator of the report and the nodes that use it.
std::unexpected<Error> unsupported_error(const ImportReport& report);

// Names come from the file: whatever would break a line becomes a question mark.
void make_printable(ImportReport* report);

}  // namespace ingot::compiler
