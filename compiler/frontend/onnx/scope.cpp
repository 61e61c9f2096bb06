#include "compiler/frontend/onnx/scope.h"

namespace ingot::compiler::onnx_import {

std::optional<Value*> Scope::find(std::string_view name) const {
  for (const Scope* scope = this; scope != nullptr; scope = scope->outer_) {
    if (const auto found = scope->values_.find(name); found != scope->values_.end()) return found->second;
  }
  return std::nullopt;
}

}  // namespace ingot::compiler::onnx_import
