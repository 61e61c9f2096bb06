// Orders of a tensor's dimensions in memory. Operators speak of logical dimensions (NCHW); XNNPACK computes on physical
// ones (NHWC for images). An Order lists the logical dimensions from outermost to innermost in memory, as ATen's
// dim_order does. Dimensions of size 1 may stand anywhere without moving an element, which is what most functions here
// are about. Pure functions of small vectors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace ingot::xnnpack::lowering {

using Sizes = std::vector<int64_t>;
using Order = std::vector<uint8_t>;

int64_t numel(const Sizes& sizes);
// 0, 1, 2, ...: contiguous.
Order identity(size_t rank);
// 0, 2, 3, ..., 1: channels innermost.
Order channels_last(size_t rank);
// Sizes from outermost to innermost in memory.
Sizes physical(const Sizes& sizes, const Order& order);
// Where the logical dimension stands in memory.
size_t position_of(const Order& order, size_t dim);
// Do the two orders put every element at the same place?
bool same_memory(const Sizes& sizes, const Order& a, const Order& b);
// `sizes` with 1 repeated in front up to this rank, and the order that goes with it.
Sizes pad_front(const Sizes& sizes, size_t rank);
Order pad_front(const Order& order, size_t rank);
// The order of the last `rank` dimensions.
Order drop_front(const Order& order, size_t rank);
// `order` with one dimension moved innermost.
Order move_last(const Order& order, size_t dim);
// The permutation that, applied to memory ordered `from`, gives memory ordered `to`.
std::vector<uint32_t> transposition(const Order& from, const Order& to);
// A well-known order (contiguous, channels last) where the memory allows one, else `order` itself.
Order simplest(const Sizes& sizes, const Order& order);

// How sizes `from`, in memory ordered `order`, become sizes `to` without moving more than needed: the tensor must be in
// order `input`, and its elements then are the result's, in order `output`. Splitting and merging dimensions works in
// any order that keeps the merged dimensions together; `input` has the same memory as `order` where that holds already.
struct ReshapePlan {
  Order input;
  Order output;
};
ReshapePlan plan_reshape(const Sizes& from, const Sizes& to, const Order& order);

// The dimension of `to` that is dimension `dim` of `from` after a reshape: as large, with as much before and behind it.
std::optional<size_t> dim_after_view(const Sizes& from, const Sizes& to, size_t dim);

}  // namespace ingot::xnnpack::lowering
