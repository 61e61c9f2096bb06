// What XNNPACK values refer to besides the payload: kept as long as a subgraph, or a runtime made of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <unordered_map>
#include <vector>

namespace ingot::xnnpack {

struct ValueStorage {
  std::deque<std::vector<uint16_t>> group_scales;   // bfloat16, converted from a payload's floats
  std::deque<std::vector<std::byte>> until_packed;  // constants, needed until weights have been packed
  std::deque<std::vector<std::byte>> constants;     // constants, needed to the end
  // Of filters that are defined as sums of two, by XNNPACK's ids: what is to be added to which.
  std::unordered_map<uint32_t, uint32_t> rests;
};

}  // namespace ingot::xnnpack
