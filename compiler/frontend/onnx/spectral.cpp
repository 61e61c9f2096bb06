// Fourier transforms as products with constant matrices: DFT and STFT; and the weights of a mel spectrum.
#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>
#include <vector>

#include "compiler/frontend/onnx/operators.h"
#include "compiler/frontend/onnx/tensor_data.h"

namespace ingot::compiler::onnx_import {
namespace {

struct Transform {
  int64_t length;   // elements that go in
  int64_t parts;    // 1: reals go in, 2: pairs of real and imaginary part
  int64_t results;  // pairs that come out
  bool inverse;
};

// The [length * parts, results * 2] matrix of a transform. Angles are reduced before they are taken, in doubles.
Result<Value*> transform_matrix(Conversion& c, const Transform& t, DType dtype) {
  INGOT_TRY_VOID(c.check_made_up(t.length));
  INGOT_TRY_VOID(c.check_made_up(t.length * t.parts * t.results * 2));
  const double scale = t.inverse ? 1.0 / static_cast<double>(t.length) : 1.0;
  std::vector<double> matrix;
  for (int64_t i = 0; i < t.length; ++i) {
    for (int64_t part = 0; part < t.parts; ++part) {
      for (int64_t k = 0; k < t.results; ++k) {
        const double turns = static_cast<double>(i * k % t.length) / static_cast<double>(t.length);
        const double angle = (t.inverse ? 2 : -2) * std::numbers::pi * turns;
        // (a + ib) (cos + i sin)
        matrix.push_back(scale * (part == 0 ? std::cos(angle) : -std::sin(angle)));
        matrix.push_back(scale * (part == 0 ? std::sin(angle) : std::cos(angle)));
      }
    }
  }
  const TensorType type{DType::float64, {Dim(t.length * t.parts), Dim(t.results * 2)}, {}};
  return c.cast(c.builder().constant("transform", type, Bytes::copy_of(std::as_bytes(std::span(matrix)))), dtype);
}

// x [..., length, parts] to [..., results, 2].
Result<Value*> transform_last(Conversion& c, Value* x, const Transform& t) {
  Shape shape = x->type.shape;
  const Dim rows = numel(Shape(shape.begin(), shape.end() - 2));
  Value* matrix = INGOT_TRY(transform_matrix(c, t, x->type.dtype));
  Value* product = INGOT_TRY(c.call("aten::mm", {INGOT_TRY(c.view(x, {rows, Dim(t.length * t.parts)})), matrix}));
  shape[shape.size() - 2] = Dim(t.results);
  shape.back() = Dim(2);
  return c.view(product, shape);
}

// One number of an input that must be a constant.
Result<int64_t> constant_count(Conversion& c, size_t input, const char* what, int64_t least) {
  const int64_t count = INGOT_TRY(c.constant_integer(input, what));
  if (count < least || count >= (int64_t{1} << 31))
    return fail(ErrorCode::invalid_file, "%s is %lld", what, static_cast<long long>(count));
  return count;
}

Result<int64_t> parts_of(const Value* x) {
  const int64_t parts = INGOT_TRY(Conversion::size(x, x->type.rank() - 1));
  if (parts == 1 || parts == 2) return parts;
  return fail(ErrorCode::invalid_file, "its input is %s; the last axis holds a real and perhaps an imaginary part",
              to_string(x->type).c_str());
}

// x with an axis cut or filled up with zeros to a length.
Result<Value*> fitted(Conversion& c, Value* x, size_t axis, int64_t length) {
  const int64_t size = INGOT_TRY(Conversion::size(x, axis));
  if (size >= length) return c.slice(x, axis, 0, length);
  std::vector<int64_t> after(x->type.rank(), 0);
  after[axis] = length - size;
  return c.pad(x, std::vector<int64_t>(x->type.rank(), 0), after, 0.0);
}

}  // namespace

Result<Outputs> convert_dft(Conversion& c) {
  Value* x = INGOT_TRY(c.floats(0));
  const size_t rank = x->type.rank();
  const bool inverse = INGOT_TRY(c.flag("inverse", false));
  const bool one_sided = INGOT_TRY(c.flag("onesided", false));
  if (rank < 2) return fail(ErrorCode::invalid_file, "its input is %s", to_string(x->type).c_str());
  int64_t given = 1;
  if (c.opset() < 20) {
    given = INGOT_TRY(c.integer("axis", 1));
    if (c.input(2) != nullptr) return fail(ErrorCode::invalid_file, "its axis is an attribute before opset 20");
  } else {
    given = c.input(2) == nullptr ? -2 : INGOT_TRY(c.constant_integer(2, "the axis"));
  }
  const size_t axis = INGOT_TRY(Conversion::axis(given, rank));
  if (axis + 1 == rank) return fail(ErrorCode::invalid_file, "it transforms real and imaginary parts");
  if (inverse && one_sided) return fail(ErrorCode::not_supported, "onesided and inverse");
  Transform t{INGOT_TRY(Conversion::size(x, axis)), INGOT_TRY(parts_of(x)), 0, inverse};
  if (c.input(1) != nullptr) t.length = INGOT_TRY(constant_count(c, 1, "dft_length", 1));
  if (t.length < 1) return fail(ErrorCode::invalid_file, "its input %s is empty", to_string(x->type).c_str());
  if (one_sided && t.parts == 2) return fail(ErrorCode::invalid_file, "onesided for complex numbers");
  t.results = one_sided ? t.length / 2 + 1 : t.length;
  x = INGOT_TRY(fitted(c, x, axis, t.length));

  std::vector<int64_t> order(rank);
  std::iota(order.begin(), order.end(), int64_t{0});
  order.erase(order.begin() + static_cast<std::ptrdiff_t>(axis));
  order.insert(order.end() - 1, static_cast<int64_t>(axis));
  std::vector<int64_t> back(rank);
  for (size_t i = 0; i < rank; ++i) back[static_cast<size_t>(order[i])] = static_cast<int64_t>(i);
  Value* result = INGOT_TRY(transform_last(c, INGOT_TRY(c.permute(x, order)), t));
  return c.permute(result, back);
}

// signal, frame_step, window, frame_length
Result<Outputs> convert_stft(Conversion& c) {
  Value* x = INGOT_TRY(c.floats(0));
  const bool one_sided = INGOT_TRY(c.flag("onesided", true));
  if (x->type.rank() == 2) x = INGOT_TRY(c.view(x, {x->type.shape[0], x->type.shape[1], Dim(1)}));
  if (x->type.rank() != 3) return fail(ErrorCode::invalid_file, "its input is %s", to_string(x->type).c_str());
  const int64_t size = INGOT_TRY(Conversion::size(x, 1));
  const int64_t step = INGOT_TRY(constant_count(c, 1, "frame_step", 1));
  Value* window = c.input(2);
  Transform t{size, INGOT_TRY(parts_of(x)), 0, false};
  if (window != nullptr) {
    if (window->type.rank() != 1 || window->type.dtype != x->type.dtype)
      return fail(ErrorCode::invalid_file, "a window %s for %s", to_string(window->type).c_str(),
                  to_string(x->type).c_str());
    t.length = INGOT_TRY(Conversion::size(window, 0));
  }
  if (c.input(3) != nullptr) {
    const int64_t length = INGOT_TRY(constant_count(c, 3, "frame_length", 1));
    if (window != nullptr && length != t.length)
      return fail(ErrorCode::invalid_file, "frames of %lld elements, a window of %lld", static_cast<long long>(length),
                  static_cast<long long>(t.length));
    t.length = length;
  }
  if (t.length < 1 || t.length > size)
    return fail(ErrorCode::invalid_file, "frames of %lld elements in a signal of %lld",
                static_cast<long long>(t.length), static_cast<long long>(size));
  if (one_sided && t.parts == 2) return fail(ErrorCode::invalid_file, "onesided for complex numbers");
  t.results = one_sided ? t.length / 2 + 1 : t.length;
  Value* frames = INGOT_TRY(c.call("aten::unfold_copy", {x, int64_t{1}, t.length, step}));
  frames = INGOT_TRY(c.permute(frames, {0, 1, 3, 2}));
  if (window != nullptr) {
    window = INGOT_TRY(c.view(window, {Dim(t.length), Dim(1)}));
    frames = INGOT_TRY(c.call("aten::mul.Tensor", {frames, window}));
  }
  return transform_last(c, frames, t);
}

// Triangles over the bins of a spectrum, evenly spaced and overlapping by half on the mel scale: [bins, bands].
Result<Outputs> convert_mel_weight_matrix(Conversion& c) {
  const int64_t bands = INGOT_TRY(constant_count(c, 0, "num_mel_bins", 1));
  const int64_t length = INGOT_TRY(constant_count(c, 1, "dft_length", 1));
  const int64_t rate = INGOT_TRY(constant_count(c, 2, "sample_rate", 1));
  const std::vector<double> lower = INGOT_TRY(c.constant_reals(3, "lower_edge_hertz"));
  const std::vector<double> upper = INGOT_TRY(c.constant_reals(4, "upper_edge_hertz"));
  const DType dtype = INGOT_TRY(to_dtype(INGOT_TRY(c.integer("output_datatype", onnx::TensorProto::FLOAT))));
  if (lower.size() != 1 || upper.size() != 1) return fail(ErrorCode::invalid_file, "its edges are no scalars");
  const int64_t bins = length / 2 + 1;
  INGOT_TRY_VOID(c.check_made_up(bands));
  INGOT_TRY_VOID(c.check_made_up(bins * bands));
  const auto to_mel = [](double hertz) { return 2595 * std::log10(1 + hertz / 700); };
  const double first = to_mel(lower[0]);
  const double spacing = (to_mel(upper[0]) - first) / static_cast<double>(bands + 2);
  std::vector<int64_t> at;  // the bin of every corner
  for (int64_t i = 0; i < bands + 2; ++i) {
    const double hertz = 700 * (std::pow(10, (first + spacing * static_cast<double>(i)) / 2595) - 1);
    const double bin = std::floor(static_cast<double>(length + 1) * hertz / static_cast<double>(rate));
    if (!(bin >= 0 && bin < static_cast<double>(bins)))
      return fail(ErrorCode::invalid_file, "a frequency of %g with a sample rate of %lld", hertz,
                  static_cast<long long>(rate));
    at.push_back(static_cast<int64_t>(bin));
  }
  std::vector<float> weights(static_cast<size_t>(bins * bands), 0.0F);
  for (int64_t band = 0; band < bands; ++band) {
    const auto [low, middle, high] =
        std::tuple(at[static_cast<size_t>(band)], at[static_cast<size_t>(band) + 1], at[static_cast<size_t>(band) + 2]);
    const auto set = [&](int64_t bin, int64_t part, int64_t whole) {
      weights[static_cast<size_t>(bin * bands + band)] = static_cast<float>(part) / static_cast<float>(whole);
    };
    if (low == middle) set(middle, 1, 1);
    for (int64_t bin = low; bin <= middle && low < middle; ++bin) set(bin, bin - low, middle - low);
    for (int64_t bin = middle; bin < high; ++bin) set(bin, high - bin, high - middle);
  }
  return c.cast(c.builder().constant_f32("mel", {bins, bands}, weights), dtype);
}

}  // namespace ingot::compiler::onnx_import
