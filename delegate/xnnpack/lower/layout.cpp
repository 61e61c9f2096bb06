#include "delegate/xnnpack/lower/layout.h"

#include <algorithm>
#include <numeric>

namespace ingot::xnnpack::lowering {
namespace {

// The dimensions that matter, outermost first.
Order without_ones(const Sizes& sizes, const Order& order) {
  Order kept;
  for (const uint8_t dim : order) {
    if (sizes[dim] != 1) kept.push_back(dim);
  }
  return kept;
}

// A full order from one without the dimensions of size 1: each of those goes behind its logical predecessor, where
// repeating it is what upsampling wants.
Order with_ones(const Sizes& sizes, const Order& kept) {
  Order full = kept;
  for (size_t dim = 0; dim < sizes.size(); ++dim) {
    if (sizes[dim] != 1) continue;
    const size_t place = dim == 0 ? 0 : position_of(full, dim - 1) + 1;
    full.insert(full.begin() + static_cast<std::ptrdiff_t>(place), static_cast<uint8_t>(dim));
  }
  return simplest(sizes, full);
}

// Dimensions that a reshape turns into each other: their products are equal.
struct Group {
  Order from;
  Order to;
};

std::vector<Group> match(const Sizes& from, const Sizes& to) {
  std::vector<Group> groups;
  size_t i = 0, j = 0;
  const auto take = [](const Sizes& sizes, size_t* at, Order* dims) -> int64_t {
    const size_t dim = (*at)++;
    if (sizes[dim] != 1) dims->push_back(static_cast<uint8_t>(dim));
    return sizes[dim];
  };
  for (;;) {
    while (i < from.size() && from[i] == 1) ++i;
    while (j < to.size() && to[j] == 1) ++j;
    if (i == from.size() || j == to.size()) return groups;
    Group group;
    int64_t a = take(from, &i, &group.from), b = take(to, &j, &group.to);
    while (a != b && (a < b ? i < from.size() : j < to.size())) {
      if (a < b) {
        a *= take(from, &i, &group.from);
      } else {
        b *= take(to, &j, &group.to);
      }
    }
    groups.push_back(std::move(group));
  }
}

}  // namespace

int64_t numel(const Sizes& sizes) {
  return std::accumulate(sizes.begin(), sizes.end(), int64_t{1}, std::multiplies<>());
}

Order identity(size_t rank) {
  Order order(rank);
  std::iota(order.begin(), order.end(), uint8_t{0});
  return order;
}

Order channels_last(size_t rank) {
  return rank < 3 ? identity(rank) : move_last(identity(rank), 1);
}

Sizes physical(const Sizes& sizes, const Order& order) {
  Sizes result;
  for (const uint8_t dim : order) result.push_back(sizes[dim]);
  return result;
}

size_t position_of(const Order& order, size_t dim) {
  return static_cast<size_t>(std::ranges::find(order, static_cast<uint8_t>(dim)) - order.begin());
}

bool same_memory(const Sizes& sizes, const Order& a, const Order& b) {
  return a == b || without_ones(sizes, a) == without_ones(sizes, b);
}

Sizes pad_front(const Sizes& sizes, size_t rank) {
  Sizes padded(rank - sizes.size(), 1);
  padded.insert(padded.end(), sizes.begin(), sizes.end());
  return padded;
}

Order pad_front(const Order& order, size_t rank) {
  const size_t added = rank - order.size();
  Order padded = identity(added);
  for (const uint8_t dim : order) padded.push_back(static_cast<uint8_t>(dim + added));
  return padded;
}

Order drop_front(const Order& order, size_t rank) {
  const size_t dropped = order.size() - rank;
  Order rest;
  for (const uint8_t dim : order) {
    if (dim >= dropped) rest.push_back(static_cast<uint8_t>(dim - dropped));
  }
  return rest;
}

Order move_last(const Order& order, size_t dim) {
  Order moved;
  for (const uint8_t other : order) {
    if (other != dim) moved.push_back(other);
  }
  moved.push_back(static_cast<uint8_t>(dim));
  return moved;
}

std::vector<uint32_t> transposition(const Order& from, const Order& to) {
  std::vector<uint32_t> permutation;
  for (const uint8_t dim : to) permutation.push_back(static_cast<uint32_t>(position_of(from, dim)));
  return permutation;
}

Order simplest(const Sizes& sizes, const Order& order) {
  for (const Order& known : {identity(order.size()), channels_last(order.size())}) {
    if (same_memory(sizes, order, known)) return known;
  }
  return order;
}

ReshapePlan plan_reshape(const Sizes& from, const Sizes& to, const Order& order) {
  const std::vector<Group> groups = match(from, to);
  const Order now = without_ones(from, order);
  // Each group becomes one block, where its first dimension stands.
  std::vector<bool> placed(groups.size(), false);
  Order input, output;
  for (const uint8_t dim : now) {
    const auto group =
        std::ranges::find_if(groups, [dim](const Group& g) { return std::ranges::count(g.from, dim) > 0; });
    const auto index = static_cast<size_t>(group - groups.begin());
    if (placed[index]) continue;
    placed[index] = true;
    input.insert(input.end(), group->from.begin(), group->from.end());
    output.insert(output.end(), group->to.begin(), group->to.end());
  }
  return {input == now ? order : with_ones(from, input), with_ones(to, output)};
}

std::optional<size_t> dim_after_view(const Sizes& from, const Sizes& to, size_t dim) {
  const auto before = [](const Sizes& sizes, size_t end) {
    return numel({sizes.begin(), sizes.begin() + static_cast<std::ptrdiff_t>(end)});
  };
  for (size_t i = 0; i < to.size(); ++i) {
    if (to[i] == from[dim] && before(to, i) == before(from, dim)) return i;
  }
  return std::nullopt;
}

}  // namespace ingot::xnnpack::lowering
