// Blocks of pixels moved into channels or into the batch, and back.
#include <algorithm>
#include <vector>

#include "compiler/frontend/tflite/operators.h"

namespace ingot::compiler::tflite_import {
namespace {

constexpr int64_t kMostBlock = 1 << 15;

// Splits, permutes, merges: x seen as `split`, its axes in `order`, then as `merged`.
Result<Value*> rearranged(Conversion& c, Value* x, const Shape& split, const std::vector<int64_t>& order,
                          const Shape& merged) {
  Value* parts = INGOT_TRY(c.view(x, split));
  Value* moved = INGOT_TRY(c.permute(parts, order));
  return c.view(moved, merged);
}

std::unexpected<Error> no_fit(const Shape& shape, int64_t block) {
  return fail(ErrorCode::invalid_file, "blocks of %lld do not fit %s", static_cast<long long>(block),
              to_string(shape).c_str());
}

// The operands of SPACE_TO_BATCH_ND and BATCH_TO_SPACE_ND: the axes from 1 on, as many as there are blocks.
struct Blocks {
  std::vector<int64_t> sizes;  // of x, as filed
  std::vector<int64_t> blocks;
  std::vector<int64_t> before;  // pads or crops
  std::vector<int64_t> after;
};

Result<Blocks> read_blocks(Conversion& c) {
  const Shape shape = INGOT_TRY(c.shape(0));
  Blocks b{{}, INGOT_TRY(c.constant_integers(1, "the blocks")), {}, {}};
  const std::vector<int64_t> pairs = INGOT_TRY(c.constant_integers(2, "pads or crops"));
  if (!is_static(shape) || shape.size() < b.blocks.size() + 1 || pairs.size() != 2 * b.blocks.size())
    return fail(ErrorCode::invalid_file, "%zu blocks and %zu pads or crops for %s", b.blocks.size(), pairs.size(),
                to_string(shape).c_str());
  b.sizes = static_sizes(shape);
  for (size_t i = 0; i < b.blocks.size(); ++i) {
    if (b.blocks[i] < 1 || b.blocks[i] > kMostBlock) return no_fit(shape, b.blocks[i]);
    for (const int64_t pad : {pairs[2 * i], pairs[2 * i + 1]}) {
      if (pad < 0 || pad >= int64_t{1} << 31)
        return fail(ErrorCode::invalid_file, "a pad or crop of %lld", static_cast<long long>(pad));
    }
    b.before.push_back(pairs[2 * i]);
    b.after.push_back(pairs[2 * i + 1]);
  }
  return b;
}

}  // namespace

// Behind each other in the new channels: the block's rows, its columns, the old channels.
Result<void> convert_space_to_depth(Conversion& c) {
  const int64_t block = INGOT_TRY(c.options<wire::SpaceToDepthOptions>()).block_size;
  Value* x = INGOT_TRY(c.images(0));
  const Shape& s = x->type.shape;
  const int64_t height = INGOT_TRY(Calls::size(x, 2)), width = INGOT_TRY(Calls::size(x, 3));
  if (block < 1 || block > kMostBlock || height % block != 0 || width % block != 0) return no_fit(s, block);
  const Shape split = {s[0], s[1], Dim(height / block), Dim(block), Dim(width / block), Dim(block)};
  const Shape merged = {s[0], Dim(block * block) * s[1], Dim(height / block), Dim(width / block)};
  return c.give(INGOT_TRY(rearranged(c, x, split, {0, 3, 5, 1, 2, 4}, merged)), Axes::images);
}

Result<void> convert_depth_to_space(Conversion& c) {
  const int64_t block = INGOT_TRY(c.options<wire::DepthToSpaceOptions>()).block_size;
  Value* x = INGOT_TRY(c.images(0));
  const Shape& s = x->type.shape;
  const int64_t channels = INGOT_TRY(Calls::size(x, 1));
  if (block < 1 || block > kMostBlock || channels % (block * block) != 0) return no_fit(s, block);
  const Dim depth(channels / (block * block));
  const Shape split = {s[0], Dim(block), Dim(block), depth, s[2], s[3]};
  const Shape merged = {s[0], depth, s[2] * Dim(block), s[3] * Dim(block)};
  return c.give(INGOT_TRY(rearranged(c, x, split, {0, 3, 4, 1, 5, 2}, merged)), Axes::images);
}

// The place in the block becomes the outer part of the batch.
Result<void> convert_space_to_batch(Conversion& c) {
  const Blocks b = INGOT_TRY(read_blocks(c));
  const size_t spatial = b.blocks.size(), rank = b.sizes.size();
  std::vector<int64_t> before(rank, 0), after(rank, 0);
  std::copy(b.before.begin(), b.before.end(), before.begin() + 1);
  std::copy(b.after.begin(), b.after.end(), after.begin() + 1);
  Value* x = INGOT_TRY(c.filed(0));
  const Argument zero = is_floating(x->type.dtype) ? Argument(0.0) : Argument(int64_t{0});
  x = INGOT_TRY(c.padded(0, x, before, after, zero));
  Shape split = {x->type.shape[0]}, merged = {x->type.shape[0]};
  std::vector<int64_t> order;
  for (size_t i = 0; i < spatial; ++i) {
    const int64_t size = x->type.shape[i + 1].value();
    if (size % b.blocks[i] != 0) return no_fit(x->type.shape, b.blocks[i]);
    split.insert(split.end(), {Dim(size / b.blocks[i]), Dim(b.blocks[i])});
    merged[0] = merged[0] * Dim(b.blocks[i]);
    merged.emplace_back(size / b.blocks[i]);
    order.push_back(static_cast<int64_t>(2 * i + 2));
  }
  order.push_back(0);
  for (size_t i = 0; i < spatial; ++i) order.push_back(static_cast<int64_t>(2 * i + 1));
  for (size_t i = spatial + 1; i < rank; ++i) {
    order.push_back(static_cast<int64_t>(split.size()));
    split.push_back(x->type.shape[i]);
    merged.push_back(x->type.shape[i]);
  }
  return c.give(INGOT_TRY(rearranged(c, x, split, order, merged)));
}

Result<void> convert_batch_to_space(Conversion& c) {
  const Blocks b = INGOT_TRY(read_blocks(c));
  const size_t spatial = b.blocks.size(), rank = b.sizes.size();
  Value* x = INGOT_TRY(c.filed(0));
  int64_t batch = b.sizes[0];
  Shape split, merged;
  for (const int64_t block : b.blocks) {
    if (batch % block != 0) return no_fit(x->type.shape, block);
    batch /= block;
    split.emplace_back(block);
  }
  split.emplace_back(batch);
  merged.emplace_back(batch);
  std::vector<int64_t> order = {static_cast<int64_t>(spatial)};
  for (size_t i = 0; i < spatial; ++i) {
    order.push_back(static_cast<int64_t>(split.size()));
    order.push_back(static_cast<int64_t>(i));
    split.emplace_back(b.sizes[i + 1]);
    merged.emplace_back(b.sizes[i + 1] * b.blocks[i]);
  }
  for (size_t i = spatial + 1; i < rank; ++i) {
    order.push_back(static_cast<int64_t>(split.size()));
    split.emplace_back(b.sizes[i]);
    merged.emplace_back(b.sizes[i]);
  }
  Value* y = INGOT_TRY(rearranged(c, x, split, order, merged));
  for (size_t i = 0; i < spatial; ++i) {
    const int64_t size = b.sizes[i + 1] * b.blocks[i], end = size - b.after[i];
    if (b.before[i] > end)
      return fail(ErrorCode::invalid_file, "crops of %lld and %lld off %lld pixels",
                  static_cast<long long>(b.before[i]), static_cast<long long>(b.after[i]),
                  static_cast<long long>(size));
    y = INGOT_TRY(c.slice(y, i + 1, b.before[i], end));
  }
  return c.give(y);
}

}  // namespace ingot::compiler::tflite_import
