// What is measured: graphs of one operator each, in the shapes that well-known networks have, as text
// (compiler/ir/text.h).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace ingot::tools {

// How the images that a case reads lie in memory.
enum class Layout : uint8_t { contiguous, channels_last };

struct Case {
  std::string name;  // "conv 1x1 96x56x56 -> 24", unique
  // The graph, with "$ORDER" behind the type of each image.
  std::string graph;
  bool is_image = false;  // has an input of rank 4, so that channels-last is something else
  bool int8 = false;

  std::string text(Layout layout) const;
};

const std::vector<Case>& cases();

}  // namespace ingot::tools
