// TfIdfVectorizer on integers: how often each n-gram of a pool comes in each row.
#include <algorithm>
#include <limits>
#include <string>
#include <vector>

#include "compiler/frontend/onnx/operators.h"

namespace ingot::compiler::onnx_import {
namespace {

struct Ngrams {
  std::vector<std::vector<int64_t>> pools;  // of 1-grams, 2-grams, ..., one after the other
  std::vector<int64_t> columns;             // where each n-gram is counted
  std::vector<double> weights;              // of each, or none
  int64_t shortest;
  int64_t longest;
  int64_t most_skips;
  bool count_once;  // IDF: whether it comes, not how often
};

Result<int64_t> small(Conversion& c, const char* name, int64_t least) {
  const int64_t value = INGOT_TRY(c.integer(name, -1));
  if (value >= least && value <= (1 << 10)) return value;
  return fail(ErrorCode::invalid_file, "attribute '%s' is %lld", name, static_cast<long long>(value));
}

Result<std::vector<int64_t>> needed(Conversion& c, const char* name) {
  auto list = INGOT_TRY(c.integers(name));
  if (!list) return fail(ErrorCode::not_supported, "without '%s'", name);
  return std::move(*list);
}

// The pool is one list; `starts` says where the n-grams of each length begin.
Result<void> cut_pool(const std::vector<int64_t>& pool, const std::vector<int64_t>& starts, Ngrams* ngrams) {
  int64_t total = 0;
  for (size_t i = 0; i < starts.size(); ++i) {
    const int64_t end = i + 1 < starts.size() ? starts[i + 1] : static_cast<int64_t>(pool.size());
    const auto length = static_cast<int64_t>(i) + 1;
    if (starts[i] < 0 || end < starts[i] || std::cmp_greater(end, pool.size()) || (end - starts[i]) % length != 0)
      return fail(ErrorCode::invalid_file, "its ngram_counts do not cut its pool into n-grams");
    ngrams->pools.emplace_back(pool.begin() + starts[i], pool.begin() + end);
    total += (end - starts[i]) / length;
  }
  if (!std::cmp_equal(total, ngrams->columns.size()))
    return fail(ErrorCode::invalid_file, "%lld n-grams, %zu ngram_indexes", static_cast<long long>(total),
                ngrams->columns.size());
  return {};
}

Result<Ngrams> read_ngrams(Conversion& c) {
  Ngrams ngrams;
  const std::string mode = INGOT_TRY(c.text("mode", ""));
  if (mode != "TF" && mode != "IDF" && mode != "TFIDF")
    return fail(ErrorCode::invalid_file, "mode is '%.20s', expected TF, IDF or TFIDF", mode.c_str());
  ngrams.count_once = mode == "IDF";
  ngrams.shortest = INGOT_TRY(small(c, "min_gram_length", 1));
  ngrams.longest = INGOT_TRY(small(c, "max_gram_length", ngrams.shortest));
  ngrams.most_skips = INGOT_TRY(small(c, "max_skip_count", 0));
  ngrams.columns = INGOT_TRY(needed(c, "ngram_indexes"));
  INGOT_TRY_VOID(cut_pool(INGOT_TRY(needed(c, "pool_int64s")), INGOT_TRY(needed(c, "ngram_counts")), &ngrams));
  if (const auto weights = INGOT_TRY(c.reals("weights")); weights && mode != "TF") ngrams.weights = *weights;
  if (!ngrams.weights.empty() && ngrams.weights.size() != ngrams.columns.size())
    return fail(ErrorCode::invalid_file, "%zu weights of %zu n-grams", ngrams.weights.size(), ngrams.columns.size());
  // ONNX numbers weights by n-gram, ONNX Runtime by column.
  if (!ngrams.weights.empty() && !std::ranges::is_sorted(ngrams.columns))
    return fail(ErrorCode::not_supported, "weights of n-grams that are not in the order of their columns");
  return ngrams;
}

// How often each n-gram of `length` comes in the rows x [N, C] with `skip` elements between its own: [N, n-grams].
Result<Value*> count(Conversion& c, Value* x, const std::vector<int64_t>& pool, int64_t length, int64_t skip) {
  const auto grams = static_cast<int64_t>(pool.size()) / length;
  const int64_t places = INGOT_TRY(Conversion::size(x, 1)) - (length - 1) * (skip + 1);
  if (places <= 0) return c.expand(c.scalar(DType::float32, 0), {x->type.shape[0], Dim(grams)});
  Value* all = nullptr;
  for (int64_t j = 0; j < length; ++j) {
    const int64_t start = j * (skip + 1);
    Value* elements = INGOT_TRY(c.slice(x, 1, start, start + places));
    elements = INGOT_TRY(c.view(elements, {x->type.shape[0], Dim(places), Dim(1)}));
    std::vector<int64_t> wanted;
    for (int64_t g = 0; g < grams; ++g) wanted.push_back(pool[static_cast<size_t>(g * length + j)]);
    Value* same = INGOT_TRY(c.call("aten::eq.Tensor", {elements, c.builder().constant_i64("ngrams", {grams}, wanted)}));
    all = all == nullptr ? same : INGOT_TRY(c.call("aten::logical_and", {all, same}));
  }
  return c.call("aten::sum.dim_IntList",
                {INGOT_TRY(c.cast(all, DType::float32)), std::vector<int64_t>{1}, false, DType::float32});
}

// Puts the counts of n-grams [N, n-grams], and zeros, where the model wants them.
Result<Value*> in_columns(Conversion& c, Value* counts, const Ngrams& ngrams) {
  const auto total = static_cast<int64_t>(ngrams.columns.size());
  const int64_t width = ngrams.columns.empty() ? 0 : *std::ranges::max_element(ngrams.columns) + 1;
  INGOT_TRY_VOID(c.check_made_up(width));
  std::vector<int64_t> sources(static_cast<size_t>(width), total);
  for (int64_t i = 0; i < total; ++i) {
    const int64_t column = ngrams.columns[static_cast<size_t>(i)];
    if (column < 0 || sources[static_cast<size_t>(column)] != total)
      return fail(ErrorCode::not_supported, "two n-grams, or none, in column %lld", static_cast<long long>(column));
    sources[static_cast<size_t>(column)] = i;
  }
  counts = INGOT_TRY(c.pad(counts, {0, 0}, {0, 1}, 0.0));
  return c.call("aten::index_select", {counts, int64_t{1}, c.builder().constant_i64("columns", {width}, sources)});
}

}  // namespace

Result<Outputs> convert_tf_idf_vectorizer(Conversion& c) {
  Value* x = c.input(0);
  const Ngrams ngrams = INGOT_TRY(read_ngrams(c));
  const bool one_row = x->type.rank() == 1;
  if ((x->type.dtype != DType::int64 && x->type.dtype != DType::int32) || (!one_row && x->type.rank() != 2))
    return fail(ErrorCode::invalid_file, "its input is %s", to_string(x->type).c_str());
  x = INGOT_TRY(c.cast(x, DType::int64));
  if (one_row) x = INGOT_TRY(c.view(x, {Dim(1), x->type.shape[0]}));
  std::vector<Value*> parts;
  for (size_t i = 0; i < ngrams.pools.size(); ++i) {
    const auto length = static_cast<int64_t>(i) + 1;
    const auto grams = static_cast<int64_t>(ngrams.pools[i].size()) / length;
    if (grams == 0) continue;
    Value* sum = INGOT_TRY(c.expand(c.scalar(DType::float32, 0), {x->type.shape[0], Dim(grams)}));
    const bool counts = length >= ngrams.shortest && length <= ngrams.longest;
    const int64_t skips = length == 1 ? 0 : ngrams.most_skips;
    for (int64_t skip = 0; counts && skip <= skips; ++skip)
      sum = INGOT_TRY(c.call("aten::add.Tensor", {sum, INGOT_TRY(count(c, x, ngrams.pools[i], length, skip))}));
    parts.push_back(sum);
  }
  if (parts.empty()) return fail(ErrorCode::invalid_file, "its pool is empty");
  Value* counts = parts.size() == 1 ? parts[0] : INGOT_TRY(c.call("aten::cat", {parts, int64_t{1}}));
  if (ngrams.count_once) {
    Value* there = INGOT_TRY(c.call("aten::gt.Tensor", {counts, c.scalar(DType::float32, 0)}));
    counts = INGOT_TRY(c.cast(there, DType::float32));
  }
  if (!ngrams.weights.empty()) {
    const std::vector<float> weights(ngrams.weights.begin(), ngrams.weights.end());
    Value* factors = c.builder().constant_f32("weights", {static_cast<int64_t>(weights.size())}, weights);
    counts = INGOT_TRY(c.call("aten::mul.Tensor", {counts, factors}));
  }
  Value* result = INGOT_TRY(in_columns(c, counts, ngrams));
  return one_row ? c.view(result, {result->type.shape[1]}) : Result<Value*>(result);
}

}  // namespace ingot::compiler::onnx_import
