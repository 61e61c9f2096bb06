#include "compiler/frontend/pt2/views.h"

#include <algorithm>
#include <numeric>
#include <string_view>
#include <utility>

namespace ingot::compiler::pt2 {
namespace {

// Inverse operators, each from the values that the view has read and given.
using PutBack = Result<Value*> (*)(Builder& builder, const Value& view, Value* base, Value* elements);

Result<Value*> reshape_back(Builder& builder, const Value&, Value* base, Value* elements) {
  return builder.call("aten::view_copy", {elements, base->type.shape});
}

Result<Value*> permute_back(Builder& builder, const Value& view, Value*, Value* elements) {
  const std::vector<int64_t> dims = view.producer->ints("dims");
  std::vector<int64_t> inverse(dims.size());
  for (size_t i = 0; i < dims.size(); ++i) {
    const int64_t dim = dims[i] < 0 ? dims[i] + static_cast<int64_t>(dims.size()) : dims[i];
    inverse[static_cast<size_t>(dim)] = static_cast<int64_t>(i);
  }
  return builder.call("aten::permute_copy", {elements, inverse});
}

Result<Value*> swap_back(Builder& builder, const Value& view, Value*, Value* elements) {
  if (view.producer->is("aten::t_copy")) return builder.call("aten::t_copy", {elements});
  return builder.call("aten::transpose_copy.int", {elements, view.producer->arg("dim0"), view.producer->arg("dim1")});
}

Result<Value*> slice_back(Builder& builder, const Value& view, Value* base, Value* elements) {
  const Node& slice = *view.producer;
  return builder.call("aten::slice_scatter",
                      {base, elements, slice.arg("dim"), slice.arg("start"), slice.arg("end"), slice.arg("step")});
}

Result<Value*> narrow_back(Builder& builder, const Value& view, Value* base, Value* elements) {
  const Node& narrow = *view.producer;
  const auto dim_of = [&](std::string_view name) -> Dim {
    const Argument& arg = narrow.arg(name);
    if (const auto* number = std::get_if<int64_t>(&arg)) return *number;
    return std::get<Dim>(arg);
  };
  return builder.call("aten::slice_scatter",
                      {base, elements, narrow.arg("dim"), dim_of("start"), dim_of("start") + dim_of("length")});
}

Result<Value*> select_back(Builder& builder, const Value& view, Value* base, Value* elements) {
  return builder.call("aten::select_scatter", {base, elements, view.producer->arg("dim"), view.producer->arg("index")});
}

Result<Value*> unbind_back(Builder& builder, const Value& view, Value* base, Value* elements) {
  return builder.call("aten::select_scatter",
                      {base, elements, view.producer->arg("dim"), static_cast<int64_t>(view.output_index)});
}

// A part of a split: the parts before it say where it begins.
Result<Value*> part_back(Builder& builder, const Value& view, Value* base, Value* elements) {
  const Node& split = *view.producer;
  const int64_t dim = split.integer("dim");
  const size_t axis = static_cast<size_t>(dim < 0 ? dim + static_cast<int64_t>(view.type.rank()) : dim);
  Dim start = 0;
  for (size_t i = 0; i < view.output_index; ++i) start = start + split.output(i)->type.shape[axis];
  return builder.call("aten::slice_scatter", {base, elements, dim, start, start + view.type.shape[axis]});
}

Result<Value*> same_back(Builder&, const Value&, Value*, Value* elements) {
  return elements;
}

Result<Value*> cannot(Builder&, const Value& view, Value*, Value*) {
  return fail(ErrorCode::not_supported, "it changes a tensor in place through the view of %s",
              view.producer->op().full_name().c_str());
}

struct Row {
  std::string_view op;
  PutBack put_back;
};

constexpr Row kRows[] = {
    {"aten::view_copy", reshape_back},
    {"aten::squeeze_copy.dim", reshape_back},
    {"aten::squeeze_copy.dims", reshape_back},
    {"aten::unsqueeze_copy", reshape_back},
    {"aten::permute_copy", permute_back},
    {"aten::transpose_copy.int", swap_back},
    {"aten::t_copy", swap_back},
    {"aten::slice_copy.Tensor", slice_back},
    {"aten::narrow_copy", narrow_back},
    {"aten::select_copy.int", select_back},
    {"aten::unbind_copy.int", unbind_back},
    {"aten::split_copy.Tensor", part_back},
    {"aten::split_with_sizes_copy", part_back},
    {"aten::alias_copy", same_back},
    {"aten::detach_copy", same_back},
    {"aten::expand_copy", cannot},
    {"aten::unfold_copy", cannot},
    {"aten::diagonal_copy", cannot},
    {"aten::as_strided_copy", cannot},
};

const Row* row_of(const Value& view) {
  if (view.producer == nullptr) return nullptr;
  const auto found = std::ranges::find_if(kRows, [&](const Row& row) { return view.producer->is(row.op); });
  return found == std::end(kRows) ? nullptr : found;
}

}  // namespace

std::optional<ViewChain> view_chain(const Value* base, Value* view) {
  ViewChain chain;
  for (const Value* at = view; at != base; at = at->producer->tensor(0)) {
    if (row_of(*at) == nullptr) return std::nullopt;
    chain.push_back(at);
  }
  std::ranges::reverse(chain);
  return chain;
}

Result<Value*> view_again(Builder& builder, const ViewChain& chain, Value* base) {
  for (const Value* view : chain) {
    std::vector<Argument> args(view->producer->args().begin(), view->producer->args().end());
    args[0] = base;
    const Node* again = INGOT_TRY(builder.node(view->producer->op().full_name(), std::move(args)));
    base = again->output(view->output_index);
  }
  return base;
}

Result<Value*> put_back(Builder& builder, const ViewChain& chain, Value* base, Value* elements) {
  // What each view reads, then back through them, the last one first.
  std::vector<Value*> read = {base};
  for (size_t i = 0; i + 1 < chain.size(); ++i) {
    read.push_back(INGOT_TRY(view_again(builder, {chain[i]}, read.back())));
  }
  for (size_t i = chain.size(); i-- > 0;) {
    elements = INGOT_TRY(row_of(*chain[i])->put_back(builder, *chain[i], read[i], elements));
  }
  return elements;
}

}  // namespace ingot::compiler::pt2
