#include "compiler/frontend/pt2/scope.h"

#include <utility>

namespace ingot::compiler::pt2 {
namespace {

// Each view of a changed tensor costs as many nodes as it is views away from it.
constexpr size_t kMostDepth = 16;
// Each change in place looks at all parts of a storage.
constexpr size_t kMostParts = 10000;

}  // namespace

// The first object of a part.
Tensor Scope::add(Value* value, size_t storage) {
  parts_.push_back({storage});
  storages_[storage].parts.push_back(parts_.size() - 1);
  objects_.push_back({value, parts_.size() - 1});
  return {value, objects_.size() - 1};
}

Tensor Scope::fresh(Value* value, const char* fixed) {
  storages_.push_back({value, fixed});
  return add(value, storages_.size() - 1);
}

Tensor Scope::view_of(const Tensor& base, Value* value, bool surely) {
  const size_t depth = objects_[base.object].depth + 1;
  auto chain = surely && depth < kMostDepth ? view_chain(base.value, value) : std::nullopt;
  const size_t part = objects_[base.object].part;
  if (!chain) return add(value, parts_[part].storage);
  objects_.push_back({value, part, depth, base.object, *std::move(chain), base.value});
  return {value, objects_.size() - 1};
}

Result<Value*> Scope::value_of(size_t object) {
  if (!objects_[object].base) return objects_[object].value;
  Value* base = INGOT_TRY(value_of(*objects_[object].base));
  Object& view = objects_[object];
  if (base != view.seen) {
    view.value = INGOT_TRY(view_again(builder_, view.chain, base));
    view.seen = base;
  }
  return view.value;
}

Result<void> Scope::set(size_t object, Value* value) {
  Object& changed = objects_[object];
  if (changed.base) {
    Value* base = INGOT_TRY(value_of(*changed.base));
    changed.seen = INGOT_TRY(put_back(builder_, changed.chain, base, value));
    INGOT_TRY_VOID(set(*changed.base, changed.seen));
  }
  changed.value = value;
  return {};
}

Result<Tensor> Scope::tensor(const std::string& name) {
  const auto found = tensors_.find(name);
  if (found == tensors_.end())
    return fail(ErrorCode::invalid_file, "tensor '%.80s' is defined nowhere before it is used", name.c_str());
  if (parts_[objects_[found->second].part].stale)
    return fail(ErrorCode::not_supported,
                "it reads '%.80s', of which another tensor, changed in place, is a view or a copy", name.c_str());
  return Tensor{INGOT_TRY(value_of(found->second)), found->second};
}

Result<SymbolicNumber> Scope::number(const std::string& name) const {
  const auto found = numbers_.find(name);
  if (found != numbers_.end()) return found->second;
  return fail(ErrorCode::invalid_file, "number '%.80s' is defined nowhere before it is used", name.c_str());
}

Result<Tensor> Scope::change(const Tensor& tensor, Value* value) {
  const size_t part = objects_[tensor.object].part;
  const Storage& storage = storages_[parts_[part].storage];
  if (storage.fixed != nullptr) return fail(ErrorCode::not_supported, "it changes %s in place", storage.fixed);
  if (storage.parts.size() > kMostParts) return fail(ErrorCode::limit_exceeded, "too many views of one tensor");
  INGOT_TRY_VOID(set(tensor.object, value));
  for (const size_t other : storage.parts) parts_[other].stale = parts_[other].stale || other != part;
  return Tensor{value, tensor.object};
}

}  // namespace ingot::compiler::pt2
