// PAD, PADV2 and MIRROR_PAD.
#include <algorithm>
#include <vector>

#include "compiler/frontend/tflite/operators.h"

namespace ingot::compiler::tflite_import {
namespace {

// What to add at both ends of each axis of the operand, in the order in which these stand there.
struct Pads {
  std::vector<int64_t> before;
  std::vector<int64_t> after;
};

Result<Pads> read_pads(Conversion& c, const Operand& x) {
  const size_t rank = x.value->type.rank();
  const std::vector<int64_t> list = INGOT_TRY(c.constant_integers(1, "the pads"));
  if (list.size() != 2 * rank) return fail(ErrorCode::invalid_file, "%zu pads for %zu axes", list.size(), rank);
  constexpr int64_t kMost = int64_t{1} << 31;
  Pads pads{std::vector<int64_t>(rank, 0), std::vector<int64_t>(rank, 0)};
  for (size_t i = 0; i < rank; ++i) {
    if (list[2 * i] < 0 || list[2 * i] >= kMost || list[2 * i + 1] < 0 || list[2 * i + 1] >= kMost)
      return fail(ErrorCode::invalid_file, "pads of %lld and %lld", static_cast<long long>(list[2 * i]),
                  static_cast<long long>(list[2 * i + 1]));
    pads.before[static_cast<size_t>(x.axis(i))] = list[2 * i];
    pads.after[static_cast<size_t>(x.axis(i))] = list[2 * i + 1];
  }
  return pads;
}

}  // namespace

Result<void> convert_pad(Conversion& c) {
  const Operand x = INGOT_TRY(c.any(0));
  const Pads pads = INGOT_TRY(read_pads(c, x));
  const double value = c.has(2) ? INGOT_TRY(c.constant_real(2, "the value")) : 0;
  const bool real = is_floating(x.value->type.dtype);
  const Argument filler = real ? Argument(value) : Argument(static_cast<int64_t>(value));
  return c.give(INGOT_TRY(c.pad(x.value, pads.before, pads.after, filler)), x.axes);
}

// One axis after the other: its elements looked up, turned round behind both ends.
Result<void> convert_mirror_pad(Conversion& c) {
  const auto options = INGOT_TRY(c.options<wire::MirrorPadOptions>());
  const Operand x = INGOT_TRY(c.any(0));
  const Pads pads = INGOT_TRY(read_pads(c, x));
  // REFLECT leaves the edge itself out.
  const int64_t skipped = options.mode == wire::MirrorPadMode::REFLECT ? 1 : 0;
  Value* y = x.value;
  for (size_t i = 0; i < pads.before.size(); ++i) {
    const int64_t before = pads.before[i], after = pads.after[i];
    if (before == 0 && after == 0) continue;
    const int64_t size = INGOT_TRY(Calls::size(y, i));
    if (std::max(before, after) + skipped > size)
      return fail(ErrorCode::invalid_file, "pads of %lld and %lld beside %lld elements", static_cast<long long>(before),
                  static_cast<long long>(after), static_cast<long long>(size));
    INGOT_TRY_VOID(Calls::check_made_up(size + before + after));
    std::vector<int64_t> sources;
    for (int64_t at = before; at > 0; --at) sources.push_back(at - 1 + skipped);
    for (int64_t at = 0; at < size; ++at) sources.push_back(at);
    for (int64_t at = 0; at < after; ++at) sources.push_back(size - 1 - skipped - at);
    Value* list = c.builder().constant_i64("sources", {static_cast<int64_t>(sources.size())}, sources);
    if (y != x.value) y = INGOT_TRY(c.rounded_as_input(0, y));
    y = INGOT_TRY(c.call("aten::index_select", {y, static_cast<int64_t>(i), list}));
  }
  return c.give(y, x.axes);
}

}  // namespace ingot::compiler::tflite_import
