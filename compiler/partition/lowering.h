// What a delegate's host side implements. Partitioning asks it about single nodes, hands it regions, and keeps every
// reason it gives. It never knows which delegate it talks to.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/ir/graph.h"
#include "runtime/include/ingot.hpp"

namespace ingot::compiler {

// A region could not be built: the node that is in the way and why.
struct Refusal {
  const Node* node = nullptr;
  std::string reason;
};

// Nodes of one graph that run in one delegate call, in execution order, with the values that cross its border.
struct Region {
  std::vector<const Node*> nodes;
  std::vector<Value*> inputs;   // defined outside (graph inputs and other nodes' results; constants are not inputs)
  std::vector<Value*> outputs;  // defined inside, used outside
};

struct LoweredRegion {
  Bytes payload;
  std::vector<std::pair<std::string, Bytes>> named_data;
  // Source names of nodes: a debug handle h > 0 in the payload means debug_names[h - 1].
  std::vector<std::string> debug_names;
};

class Lowering {
 public:
  virtual ~Lowering() = default;
  virtual std::string_view backend_id() const = 0;
  // Why the delegate cannot run this node, in words for the user; none where it can. Decided by building the node with
  // the delegate's own library, by the same function that lower() uses.
  virtual std::optional<std::string> refuses(const Node& node) = 0;
  // The payload for a region, built and loaded once by the delegate's own library before it is returned.
  virtual std::expected<LoweredRegion, Refusal> lower(const Region& region) = 0;
  // Gives the Runtime what running such payloads in this process takes: the delegate, and threads to run on.
  // Calibration and comparison run graphs so. Both live as long as the Lowering.
  virtual Result<void> equip(Runtime& runtime) = 0;
};

}  // namespace ingot::compiler
