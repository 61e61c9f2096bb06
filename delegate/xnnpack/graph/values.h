// What XNNPACK values refer to besides the payload: kept as long as a subgraph, or a runtime made of it.
#pragma once

#include <cstdint>
#include <deque>
#include <vector>

namespace ingot::xnnpack {

struct ValueStorage {
  std::deque<std::vector<uint16_t>> group_scales;  // bfloat16, converted from a payload's floats
  std::deque<std::vector<int8_t>> filters;         // expanded; needed until weights have been packed
};

}  // namespace ingot::xnnpack
