#include "compiler/partition/partition.h"

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "compiler/ir/copy.h"
#include "compiler/ir/rewrite.h"
#include "compiler/partition/constant_parts.h"
#include "compiler/partition/macs.h"
#include "compiler/partition/regions.h"

namespace ingot::compiler {
namespace {

using schema::Family;

bool moves_only(const Node& node) {
  const Family family = node.op().row().family;
  return family == Family::movement || family == Family::creation || family == Family::quantize;
}

// One attempt: what is taken now, why the rest is not, and the regions that are built already.
class Partitioner {
 public:
  Partitioner(Graph& graph, Lowering& lowering)
      : graph_(graph),
        lowering_(lowering),
        reasons_(graph.nodes().size()),
        taken_(graph.nodes().size(), true),
        prepares_(graph.nodes().size(), false) {}

  Result<PartitionReport> run() {
    for (size_t i = 0; i < taken_.size(); ++i) {
      const Node& node = *graph_.nodes()[i];
      position_.emplace(&node, i);
      prepares_[i] = prepares_constant(node);
      if (prepares_[i]) {
        taken_[i] = false;
      } else if (node.delegate_call() != nullptr) {
        leave_out(i, "it is a delegate call already");
      } else if (auto reason = lowering_.refuses(node)) {
        leave_out(i, *std::move(reason));
      }
    }
    std::vector<Region> regions;
    std::vector<LoweredRegion> lowered;
    for (;;) {  // each turn leaves out at least one node more, or is the last
      regions = find();
      lowered.clear();
      if (!build(regions, &lowered)) continue;
      break;
    }
    PartitionReport report = describe(regions);
    replace(regions, lowered);
    return report;
  }

 private:
  void leave_out(size_t i, std::string reason) {
    taken_[i] = false;
    reasons_[i] = std::move(reason);
  }

  // The regions as things stand, without parts that only move data about.
  std::vector<Region> find() {
    for (;;) {
      regions_of_ = regions_of_taken();
      if (!drop_idle_parts()) break;
    }
    size_t count = 0;
    for (const size_t region : regions_of_) {
      if (region != kNoRegion) count = std::max(count, region + 1);
    }
    std::vector<Region> regions(count);
    std::vector<std::unordered_set<const Node*>> prepared(count);
    for (size_t i = 0; i < taken_.size(); ++i) {
      if (!taken_[i]) continue;
      std::vector<const Node*> nodes;
      add_with_constant_parts(*graph_.nodes()[i], &nodes);
      for (const Node* node : nodes) {
        const bool again = prepares_[position_.at(node)] && !prepared[regions_of_[i]].insert(node).second;
        if (!again) regions[regions_of_[i]].nodes.push_back(node);
      }
    }
    for (Region& region : regions) find_border(&region);
    return regions;
  }

  // What prepares constants stands between no two nodes, and is in no region of its own.
  std::vector<size_t> regions_of_taken() const {
    std::vector<bool> open = taken_;
    for (size_t i = 0; i < open.size(); ++i) open[i] = open[i] || prepares_[i];
    std::vector<size_t> regions = find_regions(graph_, open);
    std::unordered_map<size_t, size_t> numbers;
    for (size_t i = 0; i < regions.size(); ++i) {
      regions[i] = taken_[i] ? numbers.emplace(regions[i], numbers.size()).first->second : kNoRegion;
    }
    return regions;
  }

  // Connected parts of a region without a node that computes cost more as part of a call than outside.
  bool drop_idle_parts() {
    const size_t count = taken_.size();
    std::vector<size_t> part(count);  // union-find: towards the smaller position
    for (size_t i = 0; i < count; ++i) part[i] = i;
    const auto root = [&part](size_t i) {
      while (part[i] != i) i = part[i] = part[part[i]];
      return i;
    };
    for (size_t i = 0; i < count; ++i) {
      if (!taken_[i]) continue;
      for (const Value* input : graph_.nodes()[i]->inputs()) {
        if (input->producer == nullptr) continue;
        const size_t from = position_.at(input->producer);
        if (taken_[from] && regions_of_[from] == regions_of_[i]) part[root(i)] = root(from);
      }
    }
    std::vector<bool> computes(count, false);
    for (size_t i = 0; i < count; ++i) {
      if (taken_[i] && !moves_only(*graph_.nodes()[i])) computes[root(i)] = true;
    }
    bool dropped = false;
    for (size_t i = 0; i < count; ++i) {
      if (!taken_[i] || computes[root(i)]) continue;
      leave_out(i, "it only moves data, and nothing beside it that computes is delegated");
      dropped = true;
    }
    return dropped;
  }

  void find_border(Region* region) const {
    const std::unordered_set<const Node*> inside(region->nodes.begin(), region->nodes.end());
    std::unordered_set<const Value*> seen;
    for (const Node* node : region->nodes) {
      for (Value* input : node->inputs()) {
        if (input->is_constant() || (input->producer != nullptr && inside.contains(input->producer))) continue;
        if (seen.insert(input).second) region->inputs.push_back(input);
      }
    }
    const Uses& uses = this->uses();
    for (const Node* node : region->nodes) {
      if (prepares_[position_.at(node)]) continue;  // stays outside too, for those who use it there
      for (Value* output : node->outputs()) {
        bool outside = uses.as_output(output) > 0;
        for (const Node* user : uses.of(output)) outside = outside || !inside.contains(user);
        if (outside) region->outputs.push_back(output);
      }
    }
  }

  const Uses& uses() const {
    if (!uses_) uses_.emplace(graph_);
    return *uses_;
  }

  // False where a region was refused; the node in the way is left out then.
  bool build(const std::vector<Region>& regions, std::vector<LoweredRegion>* lowered) {
    for (const Region& region : regions) {
      auto built = built_.find(region.nodes);
      if (built == built_.end()) {
        auto result = lowering_.lower(region);
        if (!result) {
          const Node* culprit = result.error().node != nullptr ? result.error().node : region.nodes.front();
          leave_out(position_.at(culprit), std::move(result.error().reason));
          return false;
        }
        built = built_.emplace(region.nodes, *std::move(result)).first;
      }
      lowered->push_back(built->second);
    }
    return true;
  }

  PartitionReport describe(const std::vector<Region>& regions) const {
    PartitionReport report;
    report.delegate_calls = static_cast<int>(regions.size());
    for (size_t i = 0; i < taken_.size(); ++i) {
      const Node& node = *graph_.nodes()[i];
      const int64_t work = macs(node);
      report.macs_total += work;
      if (taken_[i]) report.macs_delegated += work;
      if (!is_work(node)) continue;
      ++report.nodes_total;
      if (taken_[i]) {
        ++report.nodes_delegated;
      } else {
        const bool named = !node.source().empty() || node.outputs().empty();
        report.left_out.push_back({named ? node.source() : node.output()->name, node.op().full_name(), reasons_[i]});
      }
    }
    return report;
  }

  void replace(const std::vector<Region>& regions, std::vector<LoweredRegion>& lowered) {
    graph_.reorder(contiguous_order(graph_, regions_of_));
    std::unordered_map<const Value*, Value*> replacements;
    std::vector<Node*> gone;
    for (size_t r = 0; r < regions.size(); ++r) {
      const Region& region = regions[r];
      auto info = std::make_unique<DelegateCallInfo>();
      info->backend_id = lowering_.backend_id();
      info->payload = std::move(lowered[r].payload);
      info->named_data = std::move(lowered[r].named_data);
      info->debug_names = std::move(lowered[r].debug_names);
      info->region = std::make_shared<const Graph>(
          copy_part(graph_.name() + "_call" + std::to_string(r), region.nodes, region.inputs, region.outputs).graph);
      for (const Node* node : region.nodes) {
        info->macs += macs(*node);
        if (is_work(*node)) info->node_names.push_back(node->source());
        if (prepares_[position_.at(node)]) continue;
        gone.push_back(const_cast<Node*>(node));  // the graph is ours to edit
      }
      info->num_nodes = info->node_names.size();
      std::vector<TensorType> types;
      for (const Value* output : region.outputs) types.push_back(output->type);
      const Node* call = graph_.add_delegate_call(std::move(info), region.inputs, types,
                                                  std::string(lowering_.backend_id()), gone_from(region));
      for (size_t i = 0; i < region.outputs.size(); ++i) replacements[region.outputs[i]] = call->output(i);
    }
    graph_.replace_uses(replacements);
    graph_.erase(gone);
    remove_dead(graph_);
  }

  // The first node that the call stands for.
  const Node* gone_from(const Region& region) const {
    return *std::ranges::find_if(region.nodes, [this](const Node* node) { return !prepares_[position_.at(node)]; });
  }

  Graph& graph_;
  Lowering& lowering_;
  std::vector<std::string> reasons_;  // of the nodes that are not taken
  std::vector<bool> taken_;           // by position
  std::vector<bool> prepares_;        // by position: prepares a constant, and goes with those who read it
  std::vector<size_t> regions_of_;    // by position
  std::unordered_map<const Node*, size_t> position_;
  std::map<std::vector<const Node*>, LoweredRegion> built_;  // regions of earlier attempts that stand
  mutable std::optional<Uses> uses_;
};

}  // namespace

bool is_work(const Node& node) {
  return node.op().row().family != Family::quantize && !prepares_constant(node);
}

Result<PartitionReport> partition(Graph& graph, Lowering& lowering) {
  return Partitioner(graph, lowering).run();
}

}  // namespace ingot::compiler
