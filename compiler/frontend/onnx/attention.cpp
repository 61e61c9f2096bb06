// ONNX Runtime's operators of transformers (domain com.microsoft), without their caches of past keys and values:
// Attention, MultiHeadAttention, RotaryEmbedding. As products of matrices and a softmax.
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "compiler/frontend/aten/products.h"
#include "compiler/frontend/onnx/operators.h"

namespace ingot::compiler::onnx_import {
namespace {

struct Heads {
  int64_t count;
  double scale;   // of the products of queries and keys; 0: 1 / sqrt(size of a head)
  double hidden;  // added to the scores of keys that a mask hides
  bool causal;
};

Result<Heads> read_heads(Conversion& c) {
  Heads heads{INGOT_TRY(c.integer("num_heads", 0)), INGOT_TRY(c.real("scale", 0)),
              INGOT_TRY(c.real("mask_filter_value", -10000)), INGOT_TRY(c.flag("unidirectional", false))};
  if (heads.count < 1) return fail(ErrorCode::invalid_file, "num_heads is %lld", static_cast<long long>(heads.count));
  return heads;
}

Result<void> refuse_inputs(const Conversion& c, std::initializer_list<size_t> inputs, const char* what) {
  for (const size_t i : inputs) {
    if (c.input(i) != nullptr) return fail(ErrorCode::not_supported, "with %s", what);
  }
  for (size_t i = 1; i < c.num_outputs(); ++i) {
    if (c.wants_output(i)) return fail(ErrorCode::not_supported, "with %s", what);
  }
  return {};
}

// [B, S, heads * size] to [B, heads, S, size].
Result<Value*> split_heads(Conversion& c, Value* x, int64_t heads) {
  const Shape& s = x->type.shape;
  const int64_t width = INGOT_TRY(Conversion::size(x, 2));
  if (width % heads != 0)
    return fail(ErrorCode::invalid_file, "%s for %lld heads", to_string(x->type).c_str(),
                static_cast<long long>(heads));
  return c.permute(INGOT_TRY(c.view(x, {s[0], s[1], Dim(heads), Dim(width / heads)})), {0, 2, 1, 3});
}

Result<Value*> merge_heads(Conversion& c, Value* x) {
  Value* last = INGOT_TRY(c.permute(x, {0, 2, 1, 3}));
  const Shape s = last->type.shape;
  return c.view(last, {s[0], s[1], s[2] * s[3]});
}

// What is added to the scores [B, heads, S, T]: a bias, keys that a mask [B, T] of ones and zeros hides, later keys.
Result<Value*> with_masks(Conversion& c, Value* scores, const Heads& heads, Value* mask, Value* bias) {
  const Shape s = scores->type.shape;
  const DType dtype = scores->type.dtype;
  if (bias != nullptr) scores = INGOT_TRY(c.call("aten::add.Tensor", {scores, bias}));
  if (mask != nullptr) {
    if (mask->type.shape != Shape{s[0], s[3]})
      return fail(ErrorCode::not_supported, "a mask %s (batches by keys is supported)", to_string(mask->type).c_str());
    Value* shown = INGOT_TRY(c.view(INGOT_TRY(c.cast(mask, dtype)), {s[0], Dim(1), Dim(1), s[3]}));
    Value* missing = INGOT_TRY(c.call("aten::sub.Tensor", {c.scalar(dtype, 1), shown}));
    scores = INGOT_TRY(c.call("aten::add.Tensor", {scores, INGOT_TRY(c.multiply(missing, heads.hidden))}));
  }
  if (heads.causal) {
    const int64_t rows = INGOT_TRY(Conversion::size(scores, 2));
    const int64_t columns = INGOT_TRY(Conversion::size(scores, 3));
    INGOT_TRY_VOID(c.check_made_up(rows * columns));
    std::vector<float> later;
    for (int64_t i = 0; i < rows * columns; ++i)
      later.push_back(i % columns > i / columns + columns - rows ? 1.0F : 0.0F);
    Value* flags = INGOT_TRY(c.cast(c.builder().constant_f32("later", {rows, columns}, later), DType::boolean));
    const double lowest = dtype == DType::float16 ? -65504.0 : -std::numeric_limits<float>::max();
    scores = INGOT_TRY(c.call("aten::where.self", {flags, c.scalar(dtype, lowest), scores}));
  }
  if (scores->type.shape == s) return scores;
  return fail(ErrorCode::invalid_file, "a bias larger than its scores %s", to_string(s).c_str());
}

// softmax(query key^T scale + masks) value, each [B, heads, length, size]; merged again.
Result<Value*> attend(Conversion& c, Value* const (&qkv)[3], const Heads& heads, Value* mask, Value* bias) {
  const auto size = static_cast<double>(INGOT_TRY(Conversion::size(qkv[0], 3)));
  Value* query = INGOT_TRY(c.multiply(qkv[0], heads.scale == 0 ? 1 / std::sqrt(size) : heads.scale));
  Value* keys = INGOT_TRY(c.permute(qkv[1], {0, 1, 3, 2}));
  Value* scores = INGOT_TRY(with_masks(c, INGOT_TRY(mat_mul(c, query, keys)), heads, mask, bias));
  Value* weights = INGOT_TRY(c.call("aten::_softmax", {scores, int64_t{3}, false}));
  return merge_heads(c, INGOT_TRY(mat_mul(c, weights, qkv[2])));
}

}  // namespace

// input [B, S, D], weights [D, query + key + value], bias, mask, past, attention_bias, ...
Result<Outputs> convert_attention(Conversion& c) {
  Value* x = INGOT_TRY(c.floats(0));
  const Heads heads = INGOT_TRY(read_heads(c));
  const auto given = INGOT_TRY(c.integers("qkv_hidden_sizes"));
  if (INGOT_TRY(c.flag("do_rotary", false))) return fail(ErrorCode::not_supported, "with rotary embeddings");
  INGOT_TRY_VOID(refuse_inputs(c, {4, 6}, "past keys"));
  c.ignore("past_present_share_buffer");
  const Value* weights = c.input(1);
  if (x->type.rank() != 3 || weights->type.rank() != 2)
    return fail(ErrorCode::invalid_file, "%s by %s", to_string(x->type).c_str(), to_string(weights->type).c_str());
  const int64_t total = INGOT_TRY(Conversion::size(weights, 1));
  const std::vector<int64_t> sizes = given.value_or(std::vector<int64_t>(3, total / 3));
  if (sizes.size() != 3 || sizes[0] != sizes[1] || sizes[0] < 1 || sizes[2] < 1 || sizes[0] > total ||
      sizes[2] > total || sizes[0] + sizes[1] + sizes[2] != total)
    return fail(ErrorCode::invalid_file, "its weights %s are no queries, keys and values",
                to_string(weights->type).c_str());
  Value* projected = INGOT_TRY(mat_mul(c, x, c.input(1)));
  if (c.input(2) != nullptr) projected = INGOT_TRY(c.call("aten::add.Tensor", {projected, c.input(2)}));
  Value* qkv[3];
  int64_t start = 0;
  for (size_t i = 0; i < 3; ++i) {
    Value* part = INGOT_TRY(c.slice(projected, 2, start, start + sizes[i]));
    qkv[i] = INGOT_TRY(split_heads(c, part, heads.count));
    start += sizes[i];
  }
  return attend(c, qkv, heads, c.input(3), c.input(5));
}

// query, key, value, bias, key_padding_mask, attention_bias, past ...
Result<Outputs> convert_multi_head_attention(Conversion& c) {
  const Heads heads = INGOT_TRY(read_heads(c));
  INGOT_TRY_VOID(refuse_inputs(c, {6, 7, 8, 9}, "past keys"));
  if (c.input(1) == nullptr || c.input(2) == nullptr) return fail(ErrorCode::not_supported, "packed keys or values");
  Value* qkv[3];
  Dim start(0);
  for (size_t i = 0; i < 3; ++i) {
    Value* x = INGOT_TRY(c.floats(i));
    const bool split = i > 0 && x->type.rank() == 4;  // keys and values may come in heads already
    if (!split && x->type.rank() != 3) return fail(ErrorCode::not_supported, "on %s", to_string(x->type).c_str());
    if (c.input(3) != nullptr && !split) {
      const Dim end = start + x->type.shape[2];
      if (c.input(3)->type.rank() != 1 || end.max() > c.input(3)->type.shape[0].min())
        return fail(ErrorCode::invalid_file, "a bias %s", to_string(c.input(3)->type).c_str());
      x = INGOT_TRY(c.call("aten::add.Tensor", {x, INGOT_TRY(c.slice(c.input(3), 0, start, end))}));
      start = end;
    }
    if (c.input(3) != nullptr && split) return fail(ErrorCode::not_supported, "a bias for keys in heads");
    qkv[i] = split ? x : INGOT_TRY(split_heads(c, x, heads.count));
  }
  return attend(c, qkv, heads, c.input(4), c.input(5));
}

namespace {

// The cosines or sines [positions, size] of every position of x: [B or 1, S, 1, size].
Result<Value*> at_positions(Conversion& c, Value* cache, Value* positions, const Dim& steps) {
  if (cache->type.rank() != 2) return fail(ErrorCode::invalid_file, "a cache %s", to_string(cache->type).c_str());
  if (numel(positions->type.shape) == Dim(1) && !(steps == Dim(1))) {
    // The first one; the others follow.
    if (!steps.is_static()) return fail(ErrorCode::not_supported, "an open number of positions");
    INGOT_TRY_VOID(c.check_made_up(steps.value()));
    std::vector<int64_t> numbers(static_cast<size_t>(steps.value()));
    std::iota(numbers.begin(), numbers.end(), int64_t{0});
    Value* first = INGOT_TRY(c.view(positions, {Dim(1), Dim(1)}));
    positions =
        INGOT_TRY(c.call("aten::add.Tensor", {first, c.builder().constant_i64("steps", {1, steps.value()}, numbers)}));
  }
  if (positions->type.rank() != 2) positions = INGOT_TRY(c.view(positions, {Dim(1), numel(positions->type.shape)}));
  Value* picked = INGOT_TRY(c.call("aten::index.Tensor", {cache, std::vector<Value*>{positions}}));
  const Shape& s = picked->type.shape;
  return c.view(picked, {s[0], s[1], Dim(1), s[2]});
}

// Pairs (a, b) of x [B, S, heads, size] turned by their angles.
Result<Value*> rotate(Conversion& c, Value* x, Value* cosines, Value* sines, bool interleaved) {
  const Shape s = x->type.shape;
  const int64_t half = INGOT_TRY(Conversion::size(x, 3)) / 2;
  Value* pair[2];
  Value* pairs = interleaved ? INGOT_TRY(c.view(x, {s[0], s[1], s[2], Dim(half), Dim(2)})) : x;
  for (int64_t i = 0; i < 2; ++i) {
    pair[i] = interleaved ? INGOT_TRY(c.call("aten::select_copy.int", {pairs, int64_t{4}, i}))
                          : INGOT_TRY(c.slice(x, 3, i * half, (i + 1) * half));
  }
  const auto times = [&](Value* a, Value* b) { return c.call("aten::mul.Tensor", {a, b}); };
  std::vector<Value*> turned = {
      INGOT_TRY(c.call("aten::sub.Tensor", {INGOT_TRY(times(pair[0], cosines)), INGOT_TRY(times(pair[1], sines))})),
      INGOT_TRY(c.call("aten::add.Tensor", {INGOT_TRY(times(pair[1], cosines)), INGOT_TRY(times(pair[0], sines))})),
  };
  if (!interleaved) return c.call("aten::cat", {turned, int64_t{3}});
  for (Value*& part : turned) part = INGOT_TRY(c.view(part, {s[0], s[1], s[2], Dim(half), Dim(1)}));
  return c.view(INGOT_TRY(c.call("aten::cat", {turned, int64_t{4}})), s);
}

}  // namespace

// input [B, S, heads * size] or [B, heads, S, size], position_ids, cos_cache, sin_cache
Result<Outputs> convert_rotary_embedding(Conversion& c) {
  Value* x = INGOT_TRY(c.floats(0));
  const bool interleaved = INGOT_TRY(c.flag("interleaved", false));
  const int64_t given_heads = INGOT_TRY(c.integer("num_heads", 0));
  const int64_t part = INGOT_TRY(c.integer("rotary_embedding_dim", 0));
  if (INGOT_TRY(c.real("scale", 1)) != 1 || INGOT_TRY(c.flag("is_packed_batching", false)))
    return fail(ErrorCode::not_supported, "with a scale, or packed batches");
  if (c.input(1)->type.dtype != DType::int64)
    return fail(ErrorCode::invalid_file, "positions %s", to_string(c.input(1)->type).c_str());
  const Shape shape = x->type.shape;
  const bool split = shape.size() == 4;
  if (!split && shape.size() != 3) return fail(ErrorCode::invalid_file, "its input is %s", to_string(x->type).c_str());
  const int64_t width = INGOT_TRY(Conversion::size(x, shape.size() - 1));
  const int64_t cached = 2 * INGOT_TRY(Conversion::size(c.input(2), c.input(2)->type.rank() - 1));
  int64_t size = width;
  if (!split) size = given_heads > 0 ? width / given_heads : cached;
  const int64_t turned = part > 0 ? part : size;
  if (size < 1 || width % size != 0 || turned > size || turned != cached)
    return fail(ErrorCode::invalid_file, "heads of %lld of %lld elements, caches of %lld", static_cast<long long>(size),
                static_cast<long long>(width), static_cast<long long>(cached));
  x = split ? INGOT_TRY(c.permute(x, {0, 2, 1, 3}))
            : INGOT_TRY(c.view(x, {shape[0], shape[1], Dim(width / size), Dim(size)}));
  Value* cosines = INGOT_TRY(at_positions(c, c.input(2), c.input(1), x->type.shape[1]));
  Value* sines = INGOT_TRY(at_positions(c, c.input(3), c.input(1), x->type.shape[1]));
  Value* result = INGOT_TRY(rotate(c, INGOT_TRY(c.slice(x, 3, 0, turned)), cosines, sines, interleaved));
  if (turned < size) {
    Value* rest = INGOT_TRY(c.slice(x, 3, turned, size));
    result = INGOT_TRY(c.call("aten::cat", {std::vector<Value*>{result, rest}, int64_t{3}}));
  }
  return split ? c.permute(result, {0, 2, 1, 3}) : c.view(result, shape);
}

}  // namespace ingot::compiler::onnx_import
