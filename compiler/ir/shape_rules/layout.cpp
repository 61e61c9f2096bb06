// The same elements under another shape, order of dimensions, layout or dtype.
#include <algorithm>

#include "compiler/ir/shape_rules/shape_rule.h"

namespace ingot::compiler {
namespace {

Result<Types> permute(const Call& call) {
  const TensorType& self = call.self();
  const std::vector<int64_t> dims = INGOT_TRY(call.ints("dims"));
  if (dims.size() != self.rank()) {
    return call.wrong("dims", "has %zu values, expected %zu for %s", dims.size(), self.rank(),
                      to_string(self.shape).c_str());
  }
  INGOT_TRY(call.axes("dims", self.rank(), false));
  TensorType type{self.dtype, {}, {}};
  for (const int64_t dim : dims) type.shape.push_back(self.shape[INGOT_TRY(call.axis("dims", dim, self.rank()))]);
  return Types{std::move(type)};
}

Result<Types> transpose(const Call& call) {
  TensorType type{call.self().dtype, call.self().shape, {}};
  const size_t first = INGOT_TRY(call.axis("dim0", type.rank()));
  const size_t second = INGOT_TRY(call.axis("dim1", type.rank()));
  if (type.rank() > 0) std::swap(type.shape[first], type.shape[second]);
  return Types{std::move(type)};
}

Result<Types> t(const Call& call) {
  TensorType type{call.self().dtype, call.self().shape, {}};
  if (type.rank() > 2) {
    return call.wrong("self", "expected rank 2 or less, found %s", to_string(type.shape).c_str());
  }
  std::ranges::reverse(type.shape);
  return Types{std::move(type)};
}

Result<Types> view(const Call& call) {
  const TensorType& self = call.self();
  TensorType type{self.dtype, call.shape("size"), {}};
  const Dim elements = numel(self.shape);
  Dim known = 1;
  size_t free = type.rank();
  for (size_t i = 0; i < type.rank(); ++i) {
    const Dim& size = type.shape[i];
    if (size == Dim(-1)) {
      if (free < type.rank())
        return call.wrong("size", "%s leaves more than one size open", to_string(type.shape).c_str());
      free = i;
    } else if (size.max() < 0) {
      return call.wrong("size", "%s holds a negative size", to_string(type.shape).c_str());
    } else {
      known = known * size;
    }
  }
  const auto mismatch = [&] {
    return call.wrong("size", "%s does not hold the %s elements of %s", to_string(type.shape).c_str(),
                      elements.str().c_str(), to_string(self.shape).c_str());
  };
  if (free < type.rank()) {
    if (known.max() < 1) return call.wrong("size", "%s leaves an open size of nothing", to_string(type.shape).c_str());
    const Dim size = floor_div(elements, known);
    if (differ(size * known, elements)) return mismatch();
    type.shape[free] = size;
  } else if (differ(known, elements)) {
    return mismatch();
  }
  return Types{std::move(type)};
}

Result<Types> expand(const Call& call) {
  const TensorType& self = call.self();
  TensorType type{self.dtype, call.shape("size"), {}};
  if (type.rank() < self.rank()) {
    return call.wrong("size", "%s has fewer dimensions than %s", to_string(type.shape).c_str(),
                      to_string(self.shape).c_str());
  }
  const size_t added = type.rank() - self.rank();
  for (size_t i = 0; i < type.rank(); ++i) {
    Dim& size = type.shape[i];
    if (size == Dim(-1) && i >= added) {
      size = self.shape[i - added];
    } else if (size.max() < 0 ||
               (i >= added && self.shape[i - added] != Dim(1) && differ(self.shape[i - added], size))) {
      return call.wrong("size", "%s does not expand %s", to_string(type.shape).c_str(), to_string(self.shape).c_str());
    }
  }
  return Types{std::move(type)};
}

Result<Types> squeeze(const Call& call) {
  const TensorType& self = call.self();
  const std::vector<bool> axes = INGOT_TRY(call.axes("dim", self.rank(), false));
  TensorType type{self.dtype, {}, {}};
  for (size_t i = 0; i < self.rank(); ++i) {
    if (axes[i] && may_be_one(self.shape[i])) {
      return call.wrong("dim", "dimension %zu of %s may be 1 or not", i, to_string(self.shape).c_str());
    }
    if (!axes[i] || self.shape[i] != Dim(1)) type.shape.push_back(self.shape[i]);
  }
  return Types{std::move(type)};
}

Result<Types> unsqueeze(const Call& call) {
  TensorType type{call.self().dtype, call.self().shape, {}};
  const size_t axis = INGOT_TRY(call.axis("dim", type.rank() + 1));
  type.shape.insert(type.shape.begin() + static_cast<ptrdiff_t>(axis), Dim(1));
  return Types{std::move(type)};
}

// [..., C * r * r, H, W] to [..., C, H * r, W * r].
Result<Types> pixel_shuffle(const Call& call) {
  TensorType type{call.self().dtype, call.self().shape, {}};
  const int64_t factor = call.integer("upscale_factor");
  if (type.rank() < 3) {
    return call.wrong("self", "expected rank 3 or more, found %s", to_string(type.shape).c_str());
  }
  if (factor < 1 || factor > INT16_MAX) {
    return call.wrong("upscale_factor", "%lld is outside [1, 32767]", static_cast<long long>(factor));
  }
  Dim& channels = type.shape[type.rank() - 3];
  if (differ(floor_div(channels, factor * factor) * Dim(factor * factor), channels)) {
    return call.wrong("upscale_factor", "%lld squared does not divide %s channels", static_cast<long long>(factor),
                      channels.str().c_str());
  }
  channels = floor_div(channels, factor * factor);
  for (size_t i = type.rank() - 2; i < type.rank(); ++i) type.shape[i] = type.shape[i] * Dim(factor);
  return Types{std::move(type)};
}

Result<Types> pixel_unshuffle(const Call& call) {
  TensorType type{call.self().dtype, call.self().shape, {}};
  const int64_t factor = call.integer("downscale_factor");
  if (type.rank() < 3) {
    return call.wrong("self", "expected rank 3 or more, found %s", to_string(type.shape).c_str());
  }
  if (factor < 1 || factor > INT16_MAX) {
    return call.wrong("downscale_factor", "%lld is outside [1, 32767]", static_cast<long long>(factor));
  }
  for (size_t i = type.rank() - 2; i < type.rank(); ++i) {
    const Dim size = floor_div(type.shape[i], factor);
    if (differ(size * Dim(factor), type.shape[i])) {
      return call.wrong("downscale_factor", "%lld does not divide %s", static_cast<long long>(factor),
                        type.shape[i].str().c_str());
    }
    type.shape[i] = size;
  }
  type.shape[type.rank() - 3] = type.shape[type.rank() - 3] * Dim(factor * factor);
  return Types{std::move(type)};
}

Result<Types> clone(const Call& call) {
  TensorType type = call.self();
  type.dim_order = INGOT_TRY(dim_order_of_format(call, call.self()));
  return Types{std::move(type)};
}

Result<Types> to_copy(const Call& call) {
  TensorType type = call.self();
  type.dtype = call.dtype_or("dtype", type.dtype);
  type.dim_order = INGOT_TRY(dim_order_of_format(call, call.self()));
  return Types{std::move(type)};
}

Result<Types> alias(const Call& call) {
  return Types{call.self()};
}

Result<Types> to_dim_order(const Call& call) {
  TensorType type = call.self();
  if (call.op().has("dtype")) type.dtype = call.dtype_or("dtype", type.dtype);
  type.dim_order = INGOT_TRY(dim_order_argument(call, type));
  return Types{std::move(type)};
}

constexpr NamedShapeRule kRules[] = {
    {"aten::permute_copy", permute},
    {"aten::transpose_copy.int", transpose},
    {"aten::t_copy", t},
    {"aten::view_copy", view},
    {"aten::expand_copy", expand},
    {"aten::squeeze_copy.dim", squeeze},
    {"aten::squeeze_copy.dims", squeeze},
    {"aten::unsqueeze_copy", unsqueeze},
    {"aten::pixel_shuffle", pixel_shuffle},
    {"aten::pixel_unshuffle", pixel_unshuffle},
    {"aten::clone", clone},
    {"aten::alias_copy", alias},
    {"aten::detach_copy", alias},
    {"aten::lift_fresh_copy", alias},
    {"aten::_conj_physical", alias},
    {"et_copy::_h2d_copy", alias},
    {"et_copy::_d2h_copy", alias},
    {"aten::_to_copy", to_copy},
    {"dim_order_ops::_to_dim_order_copy", to_dim_order},
    {"dim_order_ops::_clone_dim_order", to_dim_order},
};

}  // namespace

std::span<const NamedShapeRule> layout_rules() {
  return kRules;
}

}  // namespace ingot::compiler
