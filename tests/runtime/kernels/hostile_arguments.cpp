// Arguments as a broken or hostile file may hold them. Each call starts from one that works; then every argument in
// turn takes values that no sound program has. A kernel may answer or refuse, but must not touch memory that is not its
// own, divide by zero or overflow: the sanitizer builds see that.
#include <gtest/gtest.h>

#include <cstdint>
#include <deque>
#include <limits>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "tests/runtime/kernels/kernel_call.h"

namespace ingot::testing {
namespace {

struct TensorArgument {
  DType dtype;
  std::vector<int32_t> sizes;
  double value = 1;  // of every element
  bool resizable = false;
};

using Argument = std::variant<std::monostate, int64_t, double, bool, std::vector<int64_t>, std::vector<double>,
                              TensorArgument, std::vector<TensorArgument>>;

struct Call {
  const char* name;
  std::vector<Argument> arguments;
};

constexpr DType kF32 = DType::float32;
constexpr DType kI64 = DType::int64;

TensorArgument f32(std::vector<int32_t> sizes, double value = 1) {
  return {kF32, std::move(sizes), value};
}
TensorArgument i64(std::vector<int32_t> sizes, double value = 1) {
  return {kI64, std::move(sizes), value};
}
TensorArgument q8(std::vector<int32_t> sizes) {
  return {DType::int8, std::move(sizes), 3};
}

std::vector<int64_t> list(std::initializer_list<int64_t> x) {
  return x;
}

std::vector<Call> sound_calls() {
  const int64_t int8 = static_cast<int64_t>(DType::int8);
  const TensorArgument image = f32({1, 4, 6, 6});
  return {
      {"aten::mm.out", {f32({3, 4}), f32({4, 5}), f32({3, 5})}},
      {"aten::bmm.out", {f32({2, 3, 4}), f32({2, 4, 5}), f32({2, 3, 5})}},
      {"aten::addmm.out", {f32({5}), f32({3, 4}), f32({4, 5}), int64_t{1}, 2.0, f32({3, 5})}},
      {"aten::convolution.out",
       {image, f32({6, 2, 3, 3}), f32({6}), list({1, 1}), list({1, 1}), list({1, 1}), false, list({0, 0}), int64_t{2},
        f32({1, 6, 6, 6})}},
      {"aten::convolution.out",
       {image, f32({4, 1, 3, 3}), f32({4}), list({2, 2}), list({1, 1}), list({1, 1}), false, list({0, 0}), int64_t{4},
        f32({1, 4, 3, 3})}},
      {"aten::convolution.out",
       {image, f32({4, 3, 3, 3}), std::monostate{}, list({2, 2}), list({1, 1}), list({1, 1}), true, list({1, 1}),
        int64_t{2}, f32({1, 6, 12, 12})}},
      {"aten::convolution.out",
       {f32({2, 4, 9}), f32({6, 4, 3}), f32({6}), list({1}), list({0}), list({2}), false, list({0}), int64_t{1},
        f32({2, 6, 5})}},
      {"aten::max_pool2d_with_indices.out",
       {image, list({3, 3}), list({2, 2}), list({1, 1}), list({1, 1}), false, f32({1, 4, 3, 3}), i64({1, 4, 3, 3})}},
      {"aten::avg_pool2d.out",
       {image, list({3, 3}), list({2, 2}), list({1, 1}), true, false, int64_t{2}, f32({1, 4, 4, 4})}},
      {"aten::_adaptive_avg_pool2d.out", {image, list({2, 3}), f32({1, 4, 2, 3})}},
      {"aten::_native_batch_norm_legit_no_training.out",
       {image, f32({4}), f32({4}), f32({4}), f32({4}), 0.1, 1e-5, image, f32({0}), f32({0})}},
      {"aten::native_layer_norm.out",
       {f32({2, 3, 4}), list({3, 4}), f32({3, 4}), f32({3, 4}), 1e-5, f32({2, 3, 4}), f32({2, 1, 1}), f32({2, 1, 1})}},
      {"aten::native_group_norm.out",
       {image, f32({4}), f32({4}), int64_t{1}, int64_t{4}, int64_t{36}, int64_t{2}, 1e-5, image, f32({1, 2}),
        f32({1, 2})}},
      {"aten::_softmax.out", {f32({2, 3, 4}), int64_t{1}, false, f32({2, 3, 4})}},
      {"aten::_log_softmax.out", {f32({2, 3, 4}), int64_t{-1}, false, f32({2, 3, 4})}},
      {"aten::upsample_nearest2d.vec_out", {image, list({9, 12}), std::monostate{}, f32({1, 4, 9, 12})}},
      {"aten::upsample_nearest2d.vec_out", {image, std::monostate{}, std::vector<double>{1.5, 2}, f32({1, 4, 9, 12})}},
      {"aten::upsample_bilinear2d.vec_out", {image, list({9, 12}), true, std::monostate{}, f32({1, 4, 9, 12})}},
      {"aten::upsample_bilinear2d.vec_out",
       {image, std::monostate{}, false, std::vector<double>{1.5, 2}, f32({1, 4, 9, 12})}},
      {"aten::grid_sampler_2d.out", {image, f32({1, 3, 3, 2}, 0.3), int64_t{0}, int64_t{0}, false, f32({1, 4, 3, 3})}},
      {"aten::grid_sampler_2d.out", {image, f32({1, 3, 3, 2}, 1e30), int64_t{2}, int64_t{2}, false, f32({1, 4, 3, 3})}},
      {"aten::index_select.out", {f32({3, 4}), int64_t{1}, i64({2}), f32({3, 2})}},
      {"aten::index.Tensor_out",
       {f32({3, 4, 2}), std::vector<TensorArgument>{i64({2, 1}), i64({5}, -1)}, f32({2, 5, 2})}},
      {"aten::index.Tensor_out", {f32({2, 2}), std::vector<TensorArgument>{{DType::boolean, {2, 2}}}, f32({4})}},
      {"aten::index_put.out", {f32({3, 4}), std::vector<TensorArgument>{i64({2})}, f32({4}), true, f32({3, 4})}},
      {"aten::gather.out", {f32({3, 4}), int64_t{0}, i64({2, 4}), false, f32({2, 4})}},
      {"aten::embedding.out", {f32({3, 4}), i64({2, 2}), int64_t{-1}, false, false, f32({2, 2, 4})}},
      {"aten::scatter.src_out", {f32({3, 4}), int64_t{0}, i64({2, 4}), f32({2, 4}), f32({3, 4})}},
      {"aten::scatter.value_out", {f32({3, 4}), int64_t{0}, i64({2, 4}), 1.5, f32({3, 4})}},
      {"aten::scatter_add.out", {f32({3, 4}), int64_t{0}, i64({2, 4}), f32({2, 4}), f32({3, 4})}},
      {"aten::topk.values", {f32({3, 4}), int64_t{2}, int64_t{-1}, true, true, f32({3, 2}), i64({3, 2})}},
      {"aten::_native_batch_norm_legit.out",
       {image, f32({4}), f32({4}), f32({4}), f32({4}), false, 0.1, 1e-5, image, f32({0}), f32({0})}},
      {"aten::_native_batch_norm_legit.no_stats_out",
       {image, f32({4}), f32({4}), true, 0.1, 1e-5, image, f32({4}), f32({4})}},
      {"aten::_cdist_forward.out", {f32({2, 3, 4}), f32({2, 5, 4}), 2.0, int64_t{0}, f32({2, 3, 5})}},
      {"aten::_pdist_forward.out", {f32({4, 3}), 1.0, f32({6})}},
      {"aten::_upsample_bilinear2d_aa.out", {image, list({3, 9}), false, 0.5, 1.5, f32({1, 4, 3, 9})}},
      {"aten::as_strided_copy.out", {f32({3, 4}), list({2, 3}), list({1, 4}), int64_t{1}, f32({2, 3})}},
      {"aten::unfold_copy.out", {f32({3, 6}), int64_t{1}, int64_t{2}, int64_t{2}, f32({3, 3, 2})}},
      {"aten::narrow_copy.out", {f32({3, 6}), int64_t{1}, int64_t{2}, int64_t{3}, f32({3, 3})}},
      {"aten::nonzero.out", {f32({2, 3}), i64({6, 2})}},
      {"aten::masked_select.out", {f32({2, 3}), TensorArgument{DType::boolean, {2, 3}, 1}, f32({6})}},
      {"aten::masked_scatter.out", {f32({2, 3}), TensorArgument{DType::boolean, {3}, 1}, f32({6}), f32({2, 3})}},
      {"aten::repeat_interleave.Tensor_out", {i64({3}, 2), int64_t{6}, i64({6})}},
      {"aten::copy_", {f32({2, 3}), f32({3}), false}},
      {"aten::index_put_", {f32({3, 4}), std::vector<TensorArgument>{i64({2})}, f32({4}), true}},
      {"aten::fill.Tensor_out", {f32({2, 3}), f32({}), f32({2, 3})}},
      {"aten::empty.out", {list({2, 3}), int64_t{0}, f32({2, 3})}},
      {"dim_order_ops::_empty_dim_order.out", {list({2, 3}), list({0, 1}), f32({2, 3})}},
      {"aten::ones.out", {list({2, 3}), f32({2, 3})}},
      {"aten::arange.out", {int64_t{4}, i64({4})}},
      {"aten::native_dropout.out", {f32({2, 3}), 0.5, false, f32({2, 3}), TensorArgument{DType::boolean, {2, 3}}}},
      {"aten::var_mean.correction_out", {f32({2, 3}), list({1}), int64_t{1}, true, f32({2, 1}), f32({2, 1})}},
      {"aten::max.unary_out", {f32({2, 3}), f32({})}},
      {"quantized_decomposed::quantize_per_tensor.Tensor_out",
       {f32({3, 4}), f32({1}, 0.1), i64({1}, 3), int64_t{-128}, int64_t{127}, int8, q8({3, 4})}},
      {"quantized_decomposed::dequantize_per_tensor.Tensor_out",
       {q8({3, 4}), f32({1}, 0.1), i64({1}, 3), int64_t{-128}, int64_t{127}, int8, std::monostate{}, f32({3, 4})}},
      {"quantized_decomposed::quantize_per_token.out",
       {f32({3, 4}), f32({3, 1}, 0.1), i64({3, 1}), int64_t{-128}, int64_t{127}, int8, q8({3, 4})}},
      {"quantized_decomposed::dequantize_per_token.out",
       {q8({3, 4}), f32({3, 1}, 0.1), i64({3, 1}), int64_t{-128}, int64_t{127}, int8, static_cast<int64_t>(kF32),
        f32({3, 4})}},
      {"quantized_decomposed::choose_qparams_per_token_asymmetric.out",
       {f32({3, 4}), int8, TensorArgument{DType::float64, {3, 1}}, i64({3, 1})}},
      {"quantized_decomposed::choose_qparams.Tensor_out",
       {f32({3, 4}), int64_t{-128}, int64_t{127}, 1e-6, int8, TensorArgument{DType::float64, {1}}, i64({1})}},
      {"quantized_decomposed::add.out",
       {q8({3, 4}), 0.1, int64_t{3}, int64_t{-128}, int64_t{127}, q8({3, 4}), 0.2, int64_t{4}, int64_t{-128},
        int64_t{127}, 0.3, int64_t{5}, int64_t{-128}, int64_t{127}, q8({3, 4})}},
      {"quantized_decomposed::mixed_mm.out", {f32({3, 4}), q8({4, 5}), f32({4}), f32({4}), f32({3, 5})}},
      {"quantized_decomposed::mixed_linear.out",
       {f32({3, 4}), q8({5, 4}), f32({5, 2}), f32({5, 2}), static_cast<int64_t>(kF32), f32({3, 5})}},
      {"quantized_decomposed::embedding_byte.out",
       {q8({3, 4}), f32({3}), f32({3}), int64_t{-128}, int64_t{127}, i64({2}), f32({2, 4})}},
      {"quantized_decomposed::embedding_4bit.dtype_out",
       {TensorArgument{DType::uint8, {3, 4}}, f32({3, 2}), f32({3, 2}), int64_t{-8}, int64_t{7}, i64({2}),
        static_cast<int64_t>(kF32), f32({2, 8})}},
      {"ingot::quantized_convolution.out",
       {q8({1, 4, 6, 6}), q8({6, 2, 3, 3}), TensorArgument{DType::int32, {6}}, list({1, 1}), list({1, 1}), list({1, 1}),
        false, list({0, 0}), int64_t{2}, 0.1, int64_t{3}, f32({6}, 0.1), int64_t{0}, 0.5, int64_t{-4}, int64_t{-128},
        int64_t{127}, q8({1, 6, 6, 6})}},
      {"ingot::quantized_convolution.out",
       {q8({1, 4, 6, 6}), q8({4, 1, 3, 3}), TensorArgument{DType::int32, {4}}, list({2, 2}), list({1, 1}), list({1, 1}),
        false, list({0, 0}), int64_t{4}, 0.1, int64_t{3}, f32({1}, 0.1), int64_t{0}, 0.5, int64_t{-4}, int64_t{-128},
        int64_t{127}, q8({1, 4, 3, 3})}},
      {"ingot::quantized_convolution.out",
       {q8({1, 4, 6, 6}), q8({4, 3, 3, 3}), std::monostate{}, list({2, 2}), list({1, 1}), list({1, 1}), true,
        list({1, 1}), int64_t{2}, 0.1, int64_t{3}, f32({1}, 0.1), int64_t{0}, 0.5, int64_t{-4}, int64_t{-128},
        int64_t{127}, q8({1, 6, 12, 12})}},
      {"ingot::quantized_linear.out",
       {q8({3, 4}), q8({5, 4}), TensorArgument{DType::int32, {5}}, 0.1, int64_t{3}, f32({5}, 0.1), int64_t{0}, 0.5,
        int64_t{-4}, int64_t{-128}, int64_t{127}, q8({3, 5})}},
      {"ingot::quantized_bmm.out",
       {q8({2, 3, 4}), 0.1, int64_t{3}, q8({2, 4, 5}), 0.1, int64_t{1}, 0.5, int64_t{-4}, int64_t{-128}, int64_t{127},
        q8({2, 3, 5})}},
      {"ingot::quantized_add.out",
       {q8({3, 4}), 0.1, int64_t{3}, q8({4}), 0.1, int64_t{1}, 0.5, int64_t{-4}, int64_t{-128}, int64_t{127},
        q8({3, 4})}},
      {"ingot::quantized_mul.out",
       {q8({3, 1}), 0.1, int64_t{3}, q8({4}), 0.1, int64_t{1}, 0.5, int64_t{-4}, int64_t{-128}, int64_t{127},
        q8({3, 4})}},
      {"ingot::quantized_table.out", {q8({3, 4}), q8({256}), q8({3, 4})}},
      {"ingot::quantized_avg_pool2d.out",
       {q8({1, 4, 6, 6}), list({3, 3}), list({2, 2}), list({1, 1}), true, false, int64_t{2}, 0.1, int64_t{3}, 0.5,
        int64_t{-4}, int64_t{-128}, int64_t{127}, q8({1, 4, 4, 4})}},
      {"ingot::quantized_mean.out",
       {q8({1, 4, 6, 6}), list({2, 3}), true, 0.1, int64_t{3}, 0.5, int64_t{-4}, int64_t{-128}, int64_t{127},
        q8({1, 4, 1, 1})}},
      {"ingot::quantized_softmax.out",
       {q8({2, 3, 4}), int64_t{1}, 0.1, 0.004, int64_t{-128}, int64_t{-128}, int64_t{127}, q8({2, 3, 4})}},
      {"ingot::quantized_layer_norm.out",
       {q8({2, 3, 4}), list({3, 4}), f32({3, 4}), f32({3, 4}), 1e-5, 0.1, int64_t{3}, 0.5, int64_t{-4}, int64_t{-128},
        int64_t{127}, q8({2, 3, 4})}},
      {"ingot::quantized_group_norm.out",
       {q8({1, 4, 6, 6}), f32({4}), f32({4}), int64_t{1}, int64_t{4}, int64_t{36}, int64_t{2}, 1e-5, 0.1, int64_t{3},
        0.5, int64_t{-4}, int64_t{-128}, int64_t{127}, q8({1, 4, 6, 6})}},
      {"ingot::quantized_upsample_bilinear2d.out",
       {q8({1, 4, 6, 6}), list({9, 12}), true, std::monostate{}, q8({1, 4, 9, 12})}},
      {"quantized_decomposed::quantize_per_tensor.out",
       {f32({3, 4}), 0.1, int64_t{3}, int64_t{-128}, int64_t{127}, int8, TensorArgument{DType::int8, {3, 4}}}},
      {"quantized_decomposed::dequantize_per_tensor.out",
       {TensorArgument{DType::int8, {3, 4}}, 0.1, int64_t{3}, int64_t{-128}, int64_t{127}, int8, std::monostate{},
        f32({3, 4})}},
      {"quantized_decomposed::quantize_per_channel.out",
       {f32({3, 4}), f32({3}), i64({3}), int64_t{0}, int64_t{-128}, int64_t{127}, int8,
        TensorArgument{DType::int8, {3, 4}}}},
      {"quantized_decomposed::dequantize_per_channel.out",
       {TensorArgument{DType::int8, {3, 4}}, f32({3}), i64({3}), int64_t{0}, int64_t{-128}, int64_t{127}, int8,
        std::monostate{}, f32({3, 4})}},
  };
}

OwnedTensor& make_tensor(const TensorArgument& argument, std::deque<OwnedTensor>& tensors) {
  size_t count = 1;
  for (const int32_t size : argument.sizes) count *= static_cast<size_t>(size);
  OwnedTensor& made = [&]() -> OwnedTensor& {
    if (argument.dtype == DType::float16 || argument.dtype == DType::bfloat16) {
      return tensors.emplace_back(argument.dtype, argument.sizes);
    }
    return tensors.emplace_back(array_of(argument.dtype, argument.sizes, std::vector<double>(count, argument.value)));
  }();
  if (argument.resizable) made.make_resizable();
  return made;
}

Result<void> run(const Call& call) {
  std::deque<OwnedTensor> tensors;
  KernelCall made;
  for (const Argument& argument : call.arguments) {
    if (const auto* x = std::get_if<int64_t>(&argument)) {
      made.integer(*x);
    } else if (const auto* x = std::get_if<double>(&argument)) {
      made.real(*x);
    } else if (const auto* x = std::get_if<bool>(&argument)) {
      made.boolean(*x);
    } else if (const auto* x = std::get_if<std::vector<int64_t>>(&argument)) {
      made.ints(*x);
    } else if (const auto* x = std::get_if<std::vector<double>>(&argument)) {
      made.doubles(*x);
    } else if (const auto* x = std::get_if<TensorArgument>(&argument)) {
      made.tensor(make_tensor(*x, tensors).tensor);
    } else if (const auto* x = std::get_if<std::vector<TensorArgument>>(&argument)) {
      std::vector<Tensor*> list;
      for (const TensorArgument& item : *x) list.push_back(&make_tensor(item, tensors).tensor);
      made.tensors(list);
    } else {
      made.none();
    }
  }
  return made.run(call.name);
}

constexpr int64_t kIntegers[] = {std::numeric_limits<int64_t>::min(),
                                 std::numeric_limits<int32_t>::min(),
                                 -5,
                                 -1,
                                 0,
                                 1,
                                 3,
                                 1000,
                                 std::numeric_limits<int32_t>::max(),
                                 int64_t{1} << 32,
                                 std::numeric_limits<int64_t>::max()};
constexpr double kReals[] = {
    0, -1, 1e-320, 1e300, std::numeric_limits<double>::infinity(), std::numeric_limits<double>::quiet_NaN()};

std::vector<TensorArgument> hostile_tensors(const TensorArgument& sound) {
  std::vector<TensorArgument> made;
  const auto add = [&](auto&& change) { change(made.emplace_back(sound)); };
  for (const DType dtype :
       {DType::float16, DType::float32, DType::float64, DType::int8, DType::int32, DType::int64, DType::boolean}) {
    add([&](TensorArgument& t) { t.dtype = dtype; });
  }
  add([](TensorArgument& t) { t.sizes.clear(); });
  add([](TensorArgument& t) { t.sizes.push_back(2); });
  add([](TensorArgument& t) { t.sizes.insert(t.sizes.begin(), 1); });
  add([](TensorArgument& t) { t.sizes.assign(16, 1); });
  add([](TensorArgument& t) { t.resizable = true; });
  if (!sound.sizes.empty()) add([](TensorArgument& t) { t.sizes.pop_back(); });
  for (size_t dim = 0; dim < sound.sizes.size(); ++dim) {
    for (const int32_t size : {0, 1, sound.sizes[dim] + 1, 2 * sound.sizes[dim]}) {
      add([&](TensorArgument& t) { t.sizes[dim] = size; });
    }
  }
  for (const double value : {-100.0, -1.0, 0.0, 100.0}) {
    add([&](TensorArgument& t) { t.value = value; });
  }
  return made;
}

std::vector<Argument> hostile_forms(const Argument& sound) {
  std::vector<Argument> made;
  if (std::holds_alternative<int64_t>(sound)) {
    made.assign(std::begin(kIntegers), std::end(kIntegers));
  } else if (std::holds_alternative<double>(sound)) {
    made.assign(std::begin(kReals), std::end(kReals));
  } else if (const auto* x = std::get_if<bool>(&sound)) {
    made.emplace_back(!*x);
  } else if (const auto* x = std::get_if<std::vector<int64_t>>(&sound)) {
    made.emplace_back(std::vector<int64_t>{});
    made.emplace_back(std::vector<int64_t>(1, 1));
    made.emplace_back(std::vector<int64_t>(17, 1));
    for (const int64_t value : kIntegers) {
      made.emplace_back(std::vector<int64_t>(x->size(), value));
      for (size_t i = 0; i < x->size(); ++i) std::get<std::vector<int64_t>>(made.emplace_back(*x))[i] = value;
    }
  } else if (const auto* x = std::get_if<std::vector<double>>(&sound)) {
    made.emplace_back(std::vector<double>{});
    for (const double value : kReals) made.emplace_back(std::vector<double>(x->size(), value));
  } else if (const auto* x = std::get_if<TensorArgument>(&sound)) {
    for (TensorArgument& t : hostile_tensors(*x)) made.emplace_back(std::move(t));
  } else if (const auto* x = std::get_if<std::vector<TensorArgument>>(&sound)) {
    made.emplace_back(std::vector<TensorArgument>{});
    made.emplace_back(std::vector<TensorArgument>(20, x->front()));
    for (size_t i = 0; i < x->size(); ++i) {
      for (TensorArgument& t : hostile_tensors((*x)[i])) {
        std::get<std::vector<TensorArgument>>(made.emplace_back(*x))[i] = std::move(t);
      }
    }
  }
  return made;
}

TEST(HostileArguments, AreAnsweredOrRefused) {
  for (const Call& sound : sound_calls()) {
    SCOPED_TRACE(sound.name);
    const Result<void> works = run(sound);
    ASSERT_TRUE(works) << works.error().message();
    size_t refused = 0;
    for (size_t i = 0; i < sound.arguments.size(); ++i) {
      for (Argument& hostile : hostile_forms(sound.arguments[i])) {
        Call call = sound;
        call.arguments[i] = std::move(hostile);
        const Result<void> result = run(call);
        if (result) continue;
        ++refused;
        EXPECT_STRNE(result.error().message(), "");
        EXPECT_NE(result.error().code(), ErrorCode::internal) << result.error().message();
      }
    }
    EXPECT_GT(refused, 0u);
  }
}

// What a refusal says: the argument, what was expected, what was found.
struct Refusal {
  const char* name;
  std::vector<Argument> arguments;
  const char* says;
};

TEST(HostileArguments, AreNamedInTheError) {
  const TensorArgument image = f32({1, 4, 6, 6});
  const auto convolution = [&](std::vector<int64_t> stride, std::vector<int64_t> dilation, int64_t groups,
                               std::vector<int32_t> weight) -> std::vector<Argument> {
    return {image, f32(std::move(weight)), std::monostate{}, std::move(stride), list({0, 0}), std::move(dilation),
            false, list({0, 0}),           groups,           f32({1, 6, 4, 4})};
  };
  const auto max_pool = [&](std::vector<int64_t> kernel, std::vector<int64_t> padding) -> std::vector<Argument> {
    return {image, std::move(kernel), list({1, 1}), std::move(padding), list({1, 1}), false, image, i64({1, 4, 6, 6})};
  };
  const Refusal refusals[] = {
      {"aten::convolution.out", convolution({0, 1}, {1, 1}, 1, {6, 4, 3, 3}),
       "spatial axis 0: stride: expected at least 1, found 0"},
      {"aten::convolution.out", convolution({1, 1}, {1, -2}, 1, {6, 4, 3, 3}),
       "spatial axis 1: dilation: expected at least 1, found -2"},
      {"aten::convolution.out", convolution({1, 1}, {1, 1}, 0, {6, 4, 3, 3}),
       "groups: expected a divisor of weight's size 6, found 0"},
      {"aten::convolution.out", convolution({1, 1}, {1, 1}, 4, {6, 4, 3, 3}),
       "groups: expected a divisor of weight's size 6, found 4"},
      {"aten::convolution.out", convolution({1, 1}, {1, 1}, 2, {6, 4, 3, 3}),
       "input: expected 8 channels (and at least 1), found 4"},
      {"aten::convolution.out", convolution({1, 1}, {1, 4}, 1, {6, 4, 3, 3}),
       "spatial axis 1: the kernel reaches over 9 elements, the padded input has only 6"},
      {"aten::convolution.out", convolution({1, 1}, {1, 1}, 1, {6, 4, 0, 3}),
       "spatial axis 0: expected an input and a kernel of at least 1 element, found 6 and 0"},
      {"aten::max_pool2d_with_indices.out", max_pool({0, 3}, {0, 0}), "kernel_size: expected at least 1, found 0"},
      {"aten::max_pool2d_with_indices.out", max_pool({3, 3}, {2, 0}),
       "padding: expected at most half of the kernel's reach 3, found 2"},
      {"aten::mm.out", {f32({3, 4}), f32({3, 5}), f32({3, 5})}, "self has 4 columns, mat2 3 rows: expected as many"},
      {"aten::gather.out",
       {f32({3, 4}), int64_t{0}, i64({2, 4}, 3), false, f32({2, 4})},
       "index 3 is out of range for a dimension of size 3"},
      {"aten::embedding.out",
       {f32({3, 4}), i64({2}, -1), int64_t{-1}, false, false, f32({2, 4})},
       "index -1 is out of range for a dimension of size 3"},
      {"aten::topk.values",
       {f32({3}), int64_t{4}, int64_t{0}, true, true, f32({3}), i64({3})},
       "k: expected 0 to 3, found 4"},
      {"aten::_softmax.out", {f32({3}), int64_t{1}, false, f32({3})}, "axis: expected -1 to 0, found 1"},
  };
  for (const Refusal& refusal : refusals) {
    const Result<void> result = run({refusal.name, refusal.arguments});
    ASSERT_FALSE(result) << refusal.says;
    EXPECT_STREQ(result.error().message(), refusal.says);
  }
}

}  // namespace
}  // namespace ingot::testing
