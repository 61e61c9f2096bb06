// Element types of the tensors in a payload, and constants in them. Floats; integers of 8 bits with a scale and a zero
// point for the whole tensor ("affine"), as activations are; integers with a scale for each channel or each group of a
// channel's elements, as weights are; and integers with a scale for each row that is found when the payload runs.
// Constants of 4 bits lie in bytes here, an integer each; those of floats may lie in 16 bits. Pure functions; the
// conversions cost time linear in the elements.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "compiler/ir/graph.h"
#include "delegate/xnnpack/graph/payload_writer.h"
#include "delegate/xnnpack/lower/layout.h"

namespace ingot::xnnpack::lowering {

bool is_float(const ElementType& type);
// 8 bits, one scale, one zero point?
bool is_affine(const ElementType& type);
// The same numbers for the same bits? Types per channel or group differ from all others.
bool same_type(const ElementType& a, const ElementType& b);

// Two's complement (qint8) or, with the zero point moved by 128 likewise, unsigned (quint8). `zero_point` is that of
// the signed integers.
ElementType affine_type(bool is_unsigned, double scale, int64_t zero_point);

struct Interval {
  double low = 0;
  double high = 0;
};
// What integers of an affine type can say.
Interval range_of(const ElementType& affine);
// Can integers of an affine type say the number, give or take an error in floating point?
bool is_exact_in(const ElementType& affine, double number);
// An affine type in which these numbers lie apart by no more than need be: 0 and both ends are exact, or nearly.
// `coarsest` is a lower limit of its scale.
ElementType affine_type_for(bool is_unsigned, Interval numbers, double least_scale);

// Can one Convert node turn elements of one type into the other?
bool converts_directly(const ElementType& from, const ElementType& to);

// Do the bytes of a float constant hold 16-bit floats?
bool are_halves(const ElementType& type, const compiler::Bytes& bytes, const Sizes& sizes);

// The scale as XNNPACK keeps it for groups: a bfloat16, the upper half of a float. None where the float is another.
std::optional<uint16_t> group_scale(float scale);
// Integers of 4 bits as the payload has them: two a byte, the first in the low half, 8 added.
compiler::Bytes packed_in_halves_of_bytes(const compiler::Bytes& integers);

// Elements of a constant, in `order`. Groups lie along the innermost dimension.
struct ConstantElements {
  const Sizes& sizes;
  const Order& order;
  const ElementType& type;
  const compiler::Bytes& bytes;
};
// From anything to float, from float to an affine type (to the nearest, ties to even; saturating).
compiler::Bytes converted_elements(const ConstantElements& from, const ElementType& to);
std::vector<float> float_elements(const ConstantElements& from);

}  // namespace ingot::xnnpack::lowering
