// Views in a graph that knows none: what a chain of movement operators reads of a tensor, read again from another, and
// written back. So a change in place through a view reaches the tensor that it looks at, as PyTorch has it. Free
// functions on a graph under construction.
#pragma once

#include <optional>
#include <vector>

#include "compiler/ir/builder.h"
#include "compiler/ir/graph.h"

namespace ingot::compiler::pt2 {

// The nodes between a tensor and a view of it, the one that reads the tensor first.
using ViewChain = std::vector<const Value*>;

// How `view` came from `base`; nothing where other operators than views stand between them.
std::optional<ViewChain> view_chain(const Value* base, Value* view);
// The same view of another tensor of that type.
Result<Value*> view_again(Builder& builder, const ViewChain& chain, Value* base);
// `base` with `elements` in the place of the view's; not_supported for views that show elements several times, or
// in other ways than slices do.
Result<Value*> put_back(Builder& builder, const ViewChain& chain, Value* base, Value* elements);

}  // namespace ingot::compiler::pt2
