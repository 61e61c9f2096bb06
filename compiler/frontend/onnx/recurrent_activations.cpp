// The activation functions that recurrent layers name in their attributes.
#include <algorithm>
#include <cctype>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/frontend/aten/activations.h"
#include "compiler/frontend/onnx/recurrent.h"

namespace ingot::compiler::onnx_import {
namespace {

using Parametrized = Result<Value*> (*)(Calls& c, Value* x, double alpha, double beta);

Result<Value*> affine(Calls& c, Value* x, double alpha, double beta) {
  Value* scaled = INGOT_TRY(c.multiply(x, alpha));
  return c.add(scaled, beta);
}

Result<Value*> scaled_tanh(Calls& c, Value* x, double alpha, double beta) {
  Value* scaled = INGOT_TRY(c.multiply(x, beta));
  Value* result = INGOT_TRY(c.call("aten::tanh", {scaled}));
  return c.multiply(result, alpha);
}

Result<Value*> elu(Calls& c, Value* x, double alpha, double) {
  return c.call("aten::elu", {x, alpha});
}

Result<Value*> leaky_relu(Calls& c, Value* x, double alpha, double) {
  return c.call("aten::leaky_relu", {x, alpha});
}

Result<Value*> thresholded(Calls& c, Value* x, double alpha, double) {
  return thresholded_relu(c, x, alpha);
}

template <const char* op>
Result<Value*> plain(Calls& c, Value* x, double, double) {
  return c.call(op, {x});
}

constexpr char kRelu[] = "aten::relu";
constexpr char kSigmoid[] = "aten::sigmoid";
constexpr char kTanh[] = "aten::tanh";

// Each takes as many parameters as it has. Where the node's lists end before, the default of ONNX's operator of that
// name stands in, as its description of LSTM has it; Affine and ScaledTanh have none.
struct Row {
  std::string_view name;  // in small letters: capitals do not matter
  int parameters;         // alpha; alpha and beta
  std::optional<double> alpha;
  std::optional<double> beta;
  Parametrized function;
};

constexpr Row kRows[] = {
    {"affine", 2, {}, {}, affine},
    {"elu", 1, 1, {}, elu},
    {"hardsigmoid", 2, 0.2f, 0.5, hard_sigmoid},
    {"leakyrelu", 1, 0.01f, {}, leaky_relu},
    {"relu", 0, {}, {}, plain<kRelu>},
    {"scaledtanh", 2, {}, {}, scaled_tanh},
    {"sigmoid", 0, {}, {}, plain<kSigmoid>},
    {"softplus", 0, {}, {}, [](Calls& c, Value* x, double, double) { return softplus(c, x); }},
    {"softsign", 0, {}, {}, [](Calls& c, Value* x, double, double) { return softsign(c, x); }},
    {"tanh", 0, {}, {}, plain<kTanh>},
    {"thresholdedrelu", 1, 1, {}, thresholded},
};

Result<const Row*> find_row(std::string name) {
  std::ranges::transform(name, name.begin(), [](unsigned char letter) { return std::tolower(letter); });
  const auto* row = std::ranges::find(kRows, name, &Row::name);
  if (row != std::end(kRows)) return row;
  return fail(ErrorCode::not_supported, "the activation function '%.40s'", name.c_str());
}

// The next of a list, while it lasts.
Result<double> take(const std::vector<double>& list, size_t* at, const std::optional<double>& otherwise,
                    const std::string& name) {
  if (*at < list.size()) return list[(*at)++];
  if (otherwise) return *otherwise;
  return fail(ErrorCode::not_supported, "%.40s without its alpha and beta, which have no default", name.c_str());
}

}  // namespace

Result<std::vector<Activation>> read_activations(Conversion& c, const std::vector<std::string>& defaults,
                                                 size_t directions) {
  std::vector<std::string> names = INGOT_TRY(c.texts("activations"));
  const std::vector<double> alphas = INGOT_TRY(c.reals("activation_alpha")).value_or(std::vector<double>());
  const std::vector<double> betas = INGOT_TRY(c.reals("activation_beta")).value_or(std::vector<double>());
  if (names.empty()) {
    for (size_t i = 0; i < directions; ++i) names.insert(names.end(), defaults.begin(), defaults.end());
  }
  if (names.size() != defaults.size() * directions)
    return fail(ErrorCode::invalid_file, "%zu activations, expected %zu in each of %zu directions", names.size(),
                defaults.size(), directions);
  std::vector<Activation> activations;
  size_t alpha_at = 0;
  size_t beta_at = 0;
  for (const std::string& name : names) {
    const Row* row = INGOT_TRY(find_row(name));
    const double alpha = row->parameters > 0 ? INGOT_TRY(take(alphas, &alpha_at, row->alpha, name)) : 0;
    const double beta = row->parameters > 1 ? INGOT_TRY(take(betas, &beta_at, row->beta, name)) : 0;
    activations.emplace_back([=](Calls& calls, Value* x) { return row->function(calls, x, alpha, beta); });
  }
  if (alpha_at < alphas.size() || beta_at < betas.size())
    return fail(ErrorCode::invalid_file, "%zu values of activation_alpha and %zu of activation_beta for %s%s",
                alphas.size(), betas.size(), names[0].c_str(), names.size() > 1 ? " and the others" : "");
  return activations;
}

}  // namespace ingot::compiler::onnx_import
