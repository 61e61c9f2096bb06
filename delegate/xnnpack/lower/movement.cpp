// Operators that move elements without computing. Most cost nothing: they only change how later nodes see the data.

#include <algorithm>
#include <numeric>

#include "delegate/xnnpack/lower/node_lowering.h"
#include "delegate/xnnpack/lower/tensor_ops.h"

namespace ingot::xnnpack::lowering {
namespace {

Lowered lower_permute(NodeLowering& n) {
  Tensor* x = INGOT_TRY(n.operand("self"));
  std::vector<int64_t> dims;
  for (const int64_t dim : n.node.ints("dims")) dims.push_back(static_cast<int64_t>(n.wrap(dim, x->rank())));
  return n.define(n.build.permute(*x, dims));
}

Lowered swap_dims(NodeLowering& n, Tensor& x, int64_t a, int64_t b) {
  std::vector<int64_t> dims(x.rank());
  std::iota(dims.begin(), dims.end(), 0);
  if (!dims.empty()) std::swap(dims[n.wrap(a, x.rank())], dims[n.wrap(b, x.rank())]);
  return n.define(n.build.permute(x, dims));
}

Lowered lower_transpose(NodeLowering& n) {
  Tensor* x = INGOT_TRY(n.operand("self"));
  return swap_dims(n, *x, n.node.integer("dim0"), n.node.integer("dim1"));
}

Lowered lower_t(NodeLowering& n) {
  Tensor* x = INGOT_TRY(n.operand("self"));
  return x->rank() < 2 ? n.define(*x) : swap_dims(n, *x, 0, 1);
}

// Every operator that gives other dimensions to the same sequence of elements.
Lowered lower_view(NodeLowering& n) {
  Tensor* x = INGOT_TRY(n.operand("self"));
  INGOT_TRY_VOID(check_value(*n.node.output()));
  return n.define(n.build.view(*x, sizes_of(*n.node.output())));
}

// Copies that keep dtype and dimensions; the layout is free inside a payload.
Lowered lower_copy(NodeLowering& n) {
  Tensor* x = INGOT_TRY(n.operand("self"));
  return n.define(*x);
}

// Weights in 16 bits are the numbers that they become.
Lowered lower_cast(NodeLowering& n) {
  const IrValue& from = *n.node.tensor("self");
  if (!from.is_constant() || from.type.dtype != DType::float16) return lower_copy(n);
  INGOT_TRY_VOID(check_shape(from));
  return n.define(n.build.constant(sizes_of(from), order_of(from), from.data));
}

Lowered check_repetitions(NodeLowering& n, const Tensor& x) {
  INGOT_TRY_VOID(check_value(*n.node.output()));
  const int64_t repetitions = numel(sizes_of(*n.node.output())) / numel(x.sizes);
  if (repetitions <= kMostRepetitions) return {};
  return refuse("{} repetitions, expected at most {}", repetitions, kMostRepetitions);
}

Lowered lower_expand(NodeLowering& n) {
  Tensor* x = INGOT_TRY(n.operand("self"));
  INGOT_TRY_VOID(check_repetitions(n, *x));
  return n.define(expand(n.build, *x, sizes_of(*n.node.output())));
}

// Each dimension of size s repeated r times is [1, s] expanded to [r, s], merged.
Lowered lower_repeat(NodeLowering& n) {
  Tensor* x = INGOT_TRY(n.operand("self"));
  INGOT_TRY_VOID(check_repetitions(n, *x));
  const std::vector<int64_t> repeats = n.node.ints("repeats");
  const Sizes from = pad_front(x->sizes, repeats.size());
  Sizes split, spread;
  for (size_t i = 0; i < repeats.size(); ++i) {
    if (repeats[i] != 1 && from[i] != 1) {
      split.push_back(1);
      spread.push_back(repeats[i]);
    }
    split.push_back(from[i]);
    spread.push_back(from[i] == 1 ? repeats[i] : from[i]);
  }
  Tensor& repeated = expand(n.build, n.build.view(*x, split), spread);
  return n.define(n.build.view(repeated, sizes_of(*n.node.output())));
}

// `count` elements along a dimension, `step` apart: XNNPACK slices without steps, so one place is kept of each group of
// as many. The groups begin as far before `start` as they must to end inside, or are filled up behind.
Tensor& every(TensorBuilder& build, Tensor& x, size_t dim, int64_t start, int64_t count, int64_t step) {
  const int64_t size = x.sizes[dim], covered = count * step;
  const int64_t first = std::clamp<int64_t>(size - covered, 0, start);
  Tensor* groups = &slice(build, x, dim, first, std::min(covered, size - first));
  if (first + covered > size) {
    Sizes before(x.rank(), 0), after(x.rank(), 0);
    after[dim] = first + covered - size;
    groups = &pad(build, *groups, before, after, 0);
  }
  Sizes split = groups->sizes;
  split[dim] = count;
  split.insert(split.begin() + static_cast<std::ptrdiff_t>(dim) + 1, step);
  Tensor& kept = slice(build, build.view(*groups, split), dim + 1, start - first, 1);
  Sizes sizes = x.sizes;
  sizes[dim] = count;
  return build.view(kept, sizes);
}

Lowered lower_slice(NodeLowering& n) {
  Tensor* x = INGOT_TRY(n.operand("self"));
  INGOT_TRY_VOID(check_value(*n.node.output()));
  const size_t dim = n.wrap(n.node.integer("dim"), x->rank());
  const int64_t size = x->sizes[dim], step = n.node.integer("step"), count = sizes_of(*n.node.output())[dim];
  int64_t start = n.node.is_none("start") ? 0 : n.node.integer("start");
  start = std::clamp<int64_t>(start < 0 ? start + size : start, 0, size);
  if (step == 1 || count == 1) return n.define(slice(n.build, *x, dim, start, count));
  return n.define(every(n.build, *x, dim, start, count, step));
}

Lowered lower_select(NodeLowering& n) {
  Tensor* x = INGOT_TRY(n.operand("self"));
  INGOT_TRY_VOID(check_value(*n.node.output()));
  const size_t dim = n.wrap(n.node.integer("dim"), x->rank());
  const int64_t index = n.node.integer("index");
  Tensor& kept = slice(n.build, *x, dim, index < 0 ? index + x->sizes[dim] : index, 1);
  return n.define(n.build.view(kept, sizes_of(*n.node.output())));
}

// split_copy, split_with_sizes_copy: the outputs' sizes say where to cut.
Lowered lower_split(NodeLowering& n) {
  Tensor* x = INGOT_TRY(n.operand("self"));
  const size_t dim = n.wrap(n.node.integer("dim"), x->rank());
  int64_t offset = 0;
  for (size_t i = 0; i < n.node.outputs().size(); ++i) {
    INGOT_TRY_VOID(check_value(*n.node.output(i)));
    const int64_t size = sizes_of(*n.node.output(i))[dim];
    INGOT_TRY_VOID(n.define(i, slice(n.build, *x, dim, offset, size)));
    offset += size;
  }
  return {};
}

Lowered lower_unbind(NodeLowering& n) {
  Tensor* x = INGOT_TRY(n.operand("self"));
  const size_t dim = n.wrap(n.node.integer("dim"), x->rank());
  for (size_t i = 0; i < n.node.outputs().size(); ++i) {
    INGOT_TRY_VOID(check_value(*n.node.output(i)));
    Tensor& part = slice(n.build, *x, dim, static_cast<int64_t>(i), 1);
    INGOT_TRY_VOID(n.define(i, n.build.view(part, sizes_of(*n.node.output(i)))));
  }
  return {};
}

// Integers with one scale are wanted of all parts: that of the result, where the graph asks for one.
Expected<std::vector<Tensor*>> operands(NodeLowering& n) {
  std::vector<Tensor*> parts;
  for (const IrValue* value : n.node.tensors(0)) {
    Tensor* part = INGOT_TRY(n.in_integers() ? n.operand_as_is(value) : n.operand(value));
    if (n.in_integers() && n.result()) part = &n.build.convert(*part, *n.result());
    if (!parts.empty() && !same_type(part->type, parts.front()->type)) {
      return refuse("its parts have different scales or zero points");
    }
    parts.push_back(part);
  }
  return parts;
}

Lowered lower_cat(NodeLowering& n) {
  const std::vector<Tensor*> parts = INGOT_TRY(operands(n));
  return n.define(concatenate(n.build, parts, n.wrap(n.node.integer("dim"), parts.front()->rank())));
}

Lowered lower_stack(NodeLowering& n) {
  std::vector<Tensor*> parts = INGOT_TRY(operands(n));
  const size_t dim = n.wrap(n.node.integer("dim"), parts.front()->rank() + 1);
  for (Tensor*& part : parts) {
    Sizes sizes = part->sizes;
    sizes.insert(sizes.begin() + static_cast<std::ptrdiff_t>(dim), 1);
    part = &n.build.view(*part, sizes);
  }
  return n.define(concatenate(n.build, parts, dim));
}

// The last `shift` elements of a dimension go to its front, one dimension after the other. Without dimensions all
// elements stand in one row.
Lowered lower_roll(NodeLowering& n) {
  Tensor* x = INGOT_TRY(n.operand("self"));
  const std::vector<int64_t> shifts = n.node.ints("shifts");
  std::vector<int64_t> dims = n.node.ints("dims");
  Tensor* y = x;
  if (dims.empty()) {
    y = &n.build.view(*x, {numel(x->sizes)});
    dims.push_back(0);
  }
  for (size_t i = 0; i < dims.size(); ++i) {
    const size_t dim = n.wrap(dims[i], y->rank());
    const int64_t size = y->sizes[dim], shift = (shifts[i] % size + size) % size;
    if (shift == 0) continue;
    Tensor* const parts[] = {&slice(n.build, *y, dim, size - shift, shift), &slice(n.build, *y, dim, 0, size - shift)};
    y = &concatenate(n.build, parts, dim);
  }
  return n.define(n.build.view(*y, x->sizes));
}

Lowered lower_pad(NodeLowering& n) {
  Tensor* x = INGOT_TRY(n.operand("self"));
  const std::vector<int64_t> amounts = n.node.ints("pad");  // pairs, the last dimension first
  Sizes before(x->rank(), 0), after(x->rank(), 0);
  for (size_t i = 0; i + 1 < amounts.size(); i += 2) {
    before[x->rank() - 1 - i / 2] = amounts[i];
    after[x->rank() - 1 - i / 2] = amounts[i + 1];
  }
  const auto value = static_cast<float>(n.node.real("value"));
  const bool same = n.result() && same_type(*n.result(), x->type);
  if (n.in_integers() && !same && !is_exact_in(x->type, value)) {
    return refuse("its padding, {}, is no integer of its input", value);
  }
  return n.define(pad(n.build, *x, before, after, value));
}

// [.., C r r, H, W] to [.., C, H r, W r]
Lowered lower_pixel_shuffle(NodeLowering& n) {
  Tensor* x = INGOT_TRY(n.operand("self"));
  INGOT_TRY_VOID(check_value(*n.node.output()));
  const int64_t r = n.node.integer("upscale_factor");
  const size_t last = x->rank() - 1;
  const int64_t channels = x->sizes[last - 2] / (r * r), height = x->sizes[last - 1], width = x->sizes[last];
  const int64_t batch = numel(x->sizes) / (channels * r * r * height * width);
  Tensor& split = n.build.view(*x, {batch, channels, r, r, height, width});
  return n.define(n.build.view(n.build.permute(split, {0, 1, 4, 2, 5, 3}), sizes_of(*n.node.output())));
}

// [.., C, H r, W r] to [.., C r r, H, W]
Lowered lower_pixel_unshuffle(NodeLowering& n) {
  Tensor* x = INGOT_TRY(n.operand("self"));
  INGOT_TRY_VOID(check_value(*n.node.output()));
  const int64_t r = n.node.integer("downscale_factor");
  const size_t last = x->rank() - 1;
  const int64_t channels = x->sizes[last - 2], height = x->sizes[last - 1] / r, width = x->sizes[last] / r;
  const int64_t batch = numel(x->sizes) / (channels * r * r * height * width);
  Tensor& split = n.build.view(*x, {batch, channels, height, r, width, r});
  return n.define(n.build.view(n.build.permute(split, {0, 1, 3, 5, 2, 4}), sizes_of(*n.node.output())));
}

constexpr Rule kRules[] = {
    {"aten::permute_copy", lower_permute},
    {"aten::transpose_copy.int", lower_transpose},
    {"aten::t_copy", lower_t},
    {"aten::view_copy", lower_view},
    {"aten::squeeze_copy.dim", lower_view},
    {"aten::squeeze_copy.dims", lower_view},
    {"aten::unsqueeze_copy", lower_view},
    {"aten::clone", lower_copy},
    {"aten::alias_copy", lower_copy},
    {"aten::_to_copy", lower_cast},
    {"dim_order_ops::_to_dim_order_copy", lower_cast},
    {"dim_order_ops::_clone_dim_order", lower_copy},
    {"aten::expand_copy", lower_expand},
    {"aten::repeat", lower_repeat},
    {"aten::slice_copy.Tensor", lower_slice},
    {"aten::select_copy.int", lower_select},
    {"aten::split_copy.Tensor", lower_split},
    {"aten::split_with_sizes_copy", lower_split},
    {"aten::unbind_copy.int", lower_unbind},
    {"aten::cat", lower_cat},
    {"aten::stack", lower_stack},
    {"aten::roll", lower_roll},
    {"aten::constant_pad_nd", lower_pad},
    {"aten::pixel_shuffle", lower_pixel_shuffle},
    {"aten::pixel_unshuffle", lower_pixel_unshuffle},
};

}  // namespace

std::span<const Rule> movement_rules() {
  return kRules;
}

}  // namespace ingot::xnnpack::lowering
