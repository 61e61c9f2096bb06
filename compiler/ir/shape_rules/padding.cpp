// Padding with a constant, by reflection and by repeating the border.
#include <cstdint>

#include "compiler/ir/shape_rules/shape_rule.h"

namespace ingot::compiler {
namespace {

// `pad` holds (before, after) of the last dimension, then of the one before it, and so on.
Result<TensorType> padded(const Call& call, const char* arg, const Shape& pad, int64_t smallest) {
  TensorType type = call.self();
  if (pad.size() % 2 != 0 || pad.size() > 2 * type.rank()) {
    return call.wrong(arg, "has %zu values, expected pairs for at most %zu dimensions", pad.size(), type.rank());
  }
  for (size_t i = 0; i < pad.size() / 2; ++i) {
    Dim& size = type.shape[type.rank() - 1 - i];
    const Dim before = size;
    size = size + pad[2 * i] + pad[2 * i + 1];
    if (size.max() < smallest) {
      return call.wrong(arg, "turns size %s into %s", before.str().c_str(), size.str().c_str());
    }
  }
  return type;
}

Result<Types> constant_pad(const Call& call) {
  return Types{INGOT_TRY(padded(call, "pad", call.shape("pad"), 0))};
}

// Padding of the last `Dims` dimensions of a tensor that has one or two more.
template <size_t Dims>
Result<TensorType> edge_pad(const Call& call) {
  const TensorType& self = call.self();
  const Shape pad = call.shape("padding");
  if (self.rank() != Dims + 1 && self.rank() != Dims + 2) {
    return call.wrong("self", "expected rank %zu or %zu, found %s", Dims + 1, Dims + 2, to_string(self.shape).c_str());
  }
  if (pad.size() != 2 * Dims) return call.wrong("padding", "expected %zu values, found %zu", 2 * Dims, pad.size());
  for (size_t i = self.rank() - Dims; i < self.rank(); ++i) {
    if (self.shape[i].max() < 1) {
      return call.wrong("self", "dimension %zu of %s is empty", i, to_string(self.shape).c_str());
    }
  }
  return padded(call, "padding", pad, 1);
}

template <size_t Dims>
Result<Types> replication_pad(const Call& call) {
  return Types{INGOT_TRY(edge_pad<Dims>(call))};
}

template <size_t Dims>
Result<Types> reflection_pad(const Call& call) {
  TensorType type = INGOT_TRY(edge_pad<Dims>(call));
  const Shape pad = call.shape("padding");
  for (size_t i = 0; i < pad.size(); ++i) {
    const Dim& size = call.self().shape[type.rank() - 1 - i / 2];
    if ((pad[i] - size).min() >= 0) {
      return call.wrong("padding", "%s is not smaller than the dimension that it reflects, %s", pad[i].str().c_str(),
                        size.str().c_str());
    }
  }
  return Types{std::move(type)};
}

constexpr NamedShapeRule kRules[] = {
    {"aten::constant_pad_nd", constant_pad},         {"aten::reflection_pad1d", reflection_pad<1>},
    {"aten::reflection_pad2d", reflection_pad<2>},   {"aten::reflection_pad3d", reflection_pad<3>},
    {"aten::replication_pad1d", replication_pad<1>}, {"aten::replication_pad2d", replication_pad<2>},
    {"aten::replication_pad3d", replication_pad<3>},
};

}  // namespace

std::span<const NamedShapeRule> padding_rules() {
  return kRules;
}

}  // namespace ingot::compiler
