#include "compiler/frontend/pt2/scope.h"

namespace ingot::compiler::pt2 {
namespace {

// Each change in place looks at all names of a storage.
constexpr size_t kMostNames = 10000;

}  // namespace

Tensor Scope::fresh(Value* value, const char* fixed) {
  storages_.push_back({{}, fixed});
  return {value, objects_++, storages_.size() - 1};
}

Tensor Scope::view_of(const Tensor& base, Value* value) {
  return {value, objects_++, base.storage};
}

void Scope::bind(const std::string& name, const Tensor& tensor) {
  stale_.erase(name);
  tensors_.insert_or_assign(name, tensor);
  storages_[tensor.storage].names.push_back(name);
}

Result<Tensor> Scope::tensor(const std::string& name) const {
  const auto found = tensors_.find(name);
  if (found == tensors_.end())
    return fail(ErrorCode::invalid_file, "tensor '%.80s' is defined nowhere before it is used", name.c_str());
  if (stale_.contains(name))
    return fail(ErrorCode::not_supported, "it reads '%.80s', which was changed in place through another view",
                name.c_str());
  return found->second;
}

Result<SymbolicNumber> Scope::number(const std::string& name) const {
  const auto found = numbers_.find(name);
  if (found != numbers_.end()) return found->second;
  return fail(ErrorCode::invalid_file, "number '%.80s' is defined nowhere before it is used", name.c_str());
}

Result<Tensor> Scope::change(const Tensor& tensor, Value* value) {
  const Storage& storage = storages_[tensor.storage];
  if (storage.fixed != nullptr) return fail(ErrorCode::not_supported, "it changes %s in place", storage.fixed);
  if (storage.names.size() > kMostNames) return fail(ErrorCode::limit_exceeded, "too many views of one tensor");
  const Tensor changed{value, tensor.object, tensor.storage};
  for (const std::string& name : storage.names) {
    Tensor& named = tensors_.at(name);
    if (named.storage != tensor.storage) continue;  // the name means another tensor by now
    if (named.object == tensor.object) {
      named = changed;
    } else {
      stale_.insert(name);
    }
  }
  return changed;
}

}  // namespace ingot::compiler::pt2
