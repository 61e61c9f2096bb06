// How a functional call's arguments map to those of its `out` overload, which kernels and program files use: factory
// arguments that the output tensor already answers (dtype, layout, device, pin_memory) are left out there.
#pragma once

#include <string_view>

#include "compiler/ir/op_schema.h"

namespace ingot::compiler {

// Does the `out` overload take the schema's argument i too?
inline bool kept_in_out_overload(const OpSchema& op, size_t i) {
  const std::string_view name = op.args()[i].name;
  const bool factory = op.has("layout");
  if (factory && (name == "dtype" || name == "layout" || name == "device" || name == "pin_memory")) return false;
  return !(name == "dtype" && op.row().name == "dim_order_ops::_to_dim_order_copy");
}

}  // namespace ingot::compiler
