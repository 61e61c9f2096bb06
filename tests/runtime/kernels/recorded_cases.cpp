// Every kernel against what PyTorch answers (tests/data/aten_ops*.zip, quantized_ops.zip): a test an operator of the
// table. Each case runs as recorded, with operands and results in channels-last layout, and into outputs that must be
// resized.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <deque>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/core/half.h"
#include "schema/executorch_operators.h"
#include "schema/operators.h"
#include "tests/runtime/kernels/kernel_call.h"
#include "tests/support/compare.h"
#include "tests/support/recorded_calls.h"

namespace ingot::testing {
namespace {

using Json = nlohmann::json;

// Operators without a row, which write to their first argument.
bool is_in_place(std::string_view name) {
  return std::ranges::find(schema::kInPlace, name) != std::end(schema::kInPlace);
}

std::string full_name(const schema::Operator& op) {
  return std::string(op.name) + (op.overload.empty() ? "" : ".") + std::string(op.overload);
}

const schema::Operator* find_operator(const std::string& name) {
  for (const schema::Operator& op : schema::kOperators) {
    if (full_name(op) == name) return &op;
  }
  return nullptr;
}

// The names of the functional schema's arguments.
std::vector<std::string> argument_names(std::string_view schema) {
  std::vector<std::string> names;
  while (!schema.empty()) {
    const size_t comma = std::min(schema.find(", "), schema.size());
    std::string argument(schema.substr(0, comma));
    schema.remove_prefix(std::min(comma + 2, schema.size()));
    if (argument == "*") continue;
    argument = argument.substr(0, argument.find('='));
    names.push_back(argument.substr(argument.rfind(' ') + 1));
  }
  return names;
}

// `out` overloads take no dtype, layout, device and pin_memory where the functional form describes its result by them.
bool is_in_out_schema(const std::vector<std::string>& names, const std::string& name) {
  const auto has = [&](const char* other) { return std::ranges::find(names, other) != names.end(); };
  if (name == "dtype" && has("dim_order")) return false;
  if (!has("layout")) return true;
  return name != "dtype" && name != "layout" && name != "device" && name != "pin_memory";
}

// Channels last, where there are images; the dimensions backwards for ranks 2 and 3.
std::vector<uint8_t> layout(bool channels_last, size_t rank) {
  static const std::vector<uint8_t> kOrders[] = {{}, {}, {1, 0}, {2, 1, 0}, {0, 2, 3, 1}, {0, 2, 3, 4, 1}};
  return channels_last && rank < std::size(kOrders) ? kOrders[rank] : std::vector<uint8_t>{};
}

struct Variant {
  const char* name;
  bool inputs_channels_last;
  bool outputs_channels_last;
  bool resized_outputs;
};
constexpr Variant kVariants[] = {
    {"as recorded", false, false, false},          {"channels-last inputs", true, false, false},
    {"channels-last outputs", false, true, false}, {"channels-last", true, true, false},
    {"resized outputs", false, false, true},
};

// The argument, as the letter of the signature wants it.
void add_argument(RecordedCalls& calls, KernelCall& call, const Json& argument, char letter, bool channels_last,
                  std::deque<OwnedTensor>& tensors) {
  const auto tensor = [&](const std::string& file) -> Tensor& {
    const Array& array = calls.array(file);
    return tensors.emplace_back(array, layout(channels_last, array.sizes.size())).tensor;
  };
  if (argument.is_null()) {
    call.none();
  } else if (argument.contains("tensor")) {
    call.tensor(tensor(argument["tensor"]));
  } else if (argument.contains("tensor_list")) {
    std::vector<Tensor*> list;
    for (const Json& item : argument["tensor_list"]) list.push_back(item.is_null() ? nullptr : &tensor(item));
    call.tensors(list);
  } else if (argument.contains("int") && letter == 'f') {
    call.real(argument["int"].get<double>());
  } else if (argument.contains("int")) {
    call.integer(argument["int"].get<int64_t>());
  } else if (argument.contains("double")) {
    call.real(recorded_number(argument["double"]));
  } else if (argument.contains("bool")) {
    call.boolean(argument["bool"].get<bool>());
  } else if (argument.contains("int_list")) {
    call.ints(argument["int_list"].get<std::vector<int64_t>>());
  } else if (argument.contains("double_list")) {
    std::vector<double> list;
    for (const Json& item : argument["double_list"]) list.push_back(recorded_number(item));
    call.doubles(list);
  } else if (argument.contains("bool_list")) {
    call.bools(argument["bool_list"].get<std::vector<bool>>());
  } else if (argument.contains("dtype")) {
    call.integer(static_cast<int64_t>(recorded_dtype(argument["dtype"])));
  } else if (argument.contains("string")) {
    call.string(argument["string"]);
  } else {
    throw std::invalid_argument("an argument of unknown kind: " + argument.dump());
  }
}

double element(const Array& array, size_t i) {
  switch (array.dtype) {
    case DType::float32:
      return array.as<float>()[i];
    case DType::float64:
      return array.as<double>()[i];
    case DType::float16:
      return to_float(array.as<Float16>()[i]);
    case DType::bfloat16:
      return to_float(array.as<BFloat16>()[i]);
    default:
      return 0;
  }
}

// How far an answer may be from the recorded one.
struct Tolerance {
  double relative;  // to the element itself
  double absolute;  // to the largest element
  double slack = 0;
  int steps = 0;  // of 8-bit integers
};

// A unit of a dtype's rounding, with some room for the functions of a mathematical library; 0 for what is exact.
double step_of(DType dtype) {
  switch (dtype) {
    case DType::bfloat16:
      return 0x1p-7;
    case DType::float16:
      return 0x1p-10;
    case DType::float32:
      return 1e-5;
    case DType::float64:
      return 1e-13;
    default:
      return 0;
  }
}

// Elementwise results are rounded once. Others are sums, whose error follows the largest value, and intermediate
// results of PyTorch's may have been rounded too. Operands of a coarser dtype decide where the result is stored as a
// finer one.
Tolerance tolerance_of(RecordedCalls& calls, const schema::Operator* op, const Json& recorded) {
  using schema::Family;
  double step = 0;
  for (const Json& file : recorded["outputs"]) step = std::max(step, step_of(calls.array(file).dtype));
  if (recorded.value("kernel_only", false)) {
    for (const Json& arg : recorded["args"]) {
      if (!arg.is_object() || !arg.contains("tensor")) continue;
      const DType dtype = calls.array(arg["tensor"]).dtype;
      step = std::max(step, step_of(is_floating(dtype) ? dtype : DType::float32));
    }
  }
  const bool elementwise = op == nullptr || op->family <= Family::binary_bool || op->family == Family::movement ||
                           op->family == Family::creation;
  Tolerance tolerance{step, std::min(step, 1e-6), step == 0x1p-10 ? 6e-8 : 0};
  if (!elementwise) tolerance = {2 * step, step > 1e-4 ? step : std::min(step, 1e-6), step > 1e-4 ? 1e-4 : step};
  // Where the error function comes close to -1 its distance from there has few digits.
  if (recorded["op"] == "aten::gelu") tolerance.slack += 4 * std::min(step, 1e-6);
  // The product with alpha, up to about 16 in random calls, is rounded before it is added.
  const bool has_alpha = op != nullptr && op->args.find("Scalar alpha") != std::string_view::npos && elementwise;
  if (has_alpha && step > 1e-4 && recorded["args"][2] != Json{{"int", 1}}) tolerance.slack = 16 * step;
  // In float16 and bfloat16 PyTorch rounds the quotient before its logarithm.
  if (recorded["op"] == "aten::logit" && step > 1e-4) tolerance.slack = 2 * step;
  // Our operators on 8-bit integers are recorded as what real numbers would give, rounded: a step is for the kernels'
  // rounding on their way.
  if (op != nullptr && op->name.starts_with("ingot::quantized_") && op->name != "ingot::quantized_table") {
    tolerance.steps = 1;
  }
  // PyTorch rounds the mean, 1000 here, to float before it is subtracted.
  if (recorded["name"] == "native_layer_norm/offset") tolerance.slack = 1e-4;
  return tolerance;
}

int byte_at(const Array& array, size_t i) {
  return array.dtype == DType::int8 ? static_cast<int>(array.as<int8_t>()[i]) : array.as<uint8_t>()[i];
}

::testing::AssertionResult agrees(const Array& expected, const Array& actual, const Tolerance& tolerance) {
  if (expected.dtype != actual.dtype || expected.sizes != actual.sizes) {
    return ::testing::AssertionFailure() << "dtype or sizes differ";
  }
  if (!is_floating(expected.dtype)) {
    if (expected.data == actual.data) return ::testing::AssertionSuccess();
    for (size_t i = 0; i < expected.data.size() && tolerance.steps > 0; ++i) {
      if (std::abs(byte_at(expected, i) - byte_at(actual, i)) > tolerance.steps) break;
      if (i + 1 == expected.data.size()) return ::testing::AssertionSuccess();
    }
    const auto at = std::ranges::mismatch(expected.data, actual.data).in1 - expected.data.begin();
    return ::testing::AssertionFailure() << "element " << static_cast<size_t>(at) / size_of(expected.dtype)
                                         << " differs";
  }
  double largest = 0;
  const size_t count = expected.data.size() / size_of(expected.dtype);
  for (size_t i = 0; i < count; ++i) {
    const double x = std::abs(element(expected, i));
    if (std::isfinite(x)) largest = std::max(largest, x);
  }
  const double absolute = tolerance.absolute * std::min(largest, 1e6) + tolerance.slack;
  for (size_t i = 0; i < count; ++i) {
    const double e = element(expected, i), a = element(actual, i);
    if (e == a || (e != e && a != a) || std::abs(e - a) <= tolerance.relative * std::abs(e) + absolute) continue;
    return ::testing::AssertionFailure() << "element " << i << ": expected " << e << ", found " << a;
  }
  return ::testing::AssertionSuccess();
}

// An operator with its kernel and the names of its functional arguments; one that works in place has neither a row nor
// these.
struct Callee {
  const schema::Operator* op;
  const Kernel* kernel;
  std::vector<std::string> names;
};

// The call's arguments, at first without its outputs.
const char* add_arguments(RecordedCalls& calls, const Callee& callee, const Json& recorded, const Variant& variant,
                          KernelCall& call, std::deque<OwnedTensor>& tensors) {
  const char* letter = callee.kernel->signature;
  for (size_t i = 0; i < recorded["args"].size(); ++i) {
    if (!callee.names.empty() && !is_in_out_schema(callee.names, callee.names[i])) continue;
    add_argument(calls, call, recorded["args"][i], *letter, variant.inputs_channels_last, tensors);
    letter += letter[0] == '\0' ? 0 : letter[1] == '?' ? 2 : 1;
  }
  return letter;
}

void run_case(RecordedCalls& calls, const Callee& callee, const Json& recorded, const Variant& variant) {
  SCOPED_TRACE(recorded["name"].get<std::string>() + ", " + variant.name);
  std::deque<OwnedTensor> tensors;
  KernelCall call;
  const bool in_place = callee.names.empty();
  ASSERT_TRUE(in_place || callee.names.size() == recorded["args"].size());
  const char* letter = add_arguments(calls, callee, recorded, variant, call, tensors);
  std::vector<Tensor*> outputs;
  if (in_place) outputs.push_back(&tensors.front().tensor);
  for (size_t i = outputs.size(); i < recorded["outputs"].size(); ++i) {
    const Array& expected = calls.array(recorded["outputs"][i]);
    std::vector<int32_t> sizes = expected.sizes;
    if (variant.resized_outputs) {
      for (int32_t& size : sizes) size += 1;
    }
    OwnedTensor& out = tensors.emplace_back(expected.dtype, sizes, layout(variant.outputs_channels_last, sizes.size()));
    if (variant.resized_outputs) out.make_resizable();
    outputs.push_back(&out.tensor);
  }
  if (*letter == 'N') {
    call.tensors(outputs);
  } else if (!in_place) {
    for (Tensor* out : outputs) call.tensor(*out);
  }
  const Result<void> result = call.run(callee.kernel->name);
  // Some kernels take contiguous tensors only, and say so.
  const bool other_layout = variant.inputs_channels_last || variant.outputs_channels_last;
  if (!result && other_layout && result.error().code() == ErrorCode::not_supported) return;
  ASSERT_TRUE(result) << result.error().message() << "\n" << recorded.dump();
  const Tolerance tolerance = tolerance_of(calls, callee.op, recorded);
  for (size_t i = 0; i < outputs.size(); ++i) {
    if (recorded.value("any_content", false)) {
      EXPECT_EQ(to_array(*outputs[i]).sizes, calls.array(recorded["outputs"][i]).sizes);
      continue;
    }
    EXPECT_TRUE(agrees(calls.array(recorded["outputs"][i]), to_array(*outputs[i]), tolerance)) << "output " << i << "\n"
                                                                                               << recorded.dump();
  }
}

bool has_channels_last_form(RecordedCalls& calls, const Json& recorded) {
  // This one reads memory as it lies.
  if (recorded["op"] == "aten::as_strided_copy") return false;
  std::vector<std::string> files = recorded["outputs"];
  for (const Json& argument : recorded["args"]) {
    if (argument.is_object() && argument.contains("tensor")) files.push_back(argument["tensor"]);
  }
  return std::ranges::any_of(files, [&](const std::string& file) { return calls.array(file).sizes.size() >= 2; });
}

const std::vector<std::shared_ptr<RecordedCalls>>& archives() {
  static const std::vector<std::shared_ptr<RecordedCalls>> all = all_recorded_calls();
  return all;
}

class RecordedCases : public ::testing::TestWithParam<std::string> {};

TEST_P(RecordedCases, AgreeWithPyTorch) {
  Callee callee{};
  if (const schema::Operator* op = find_operator(GetParam())) {
    callee = {op, find_kernel(op->out), argument_names(op->args)};
  } else {
    callee.kernel = find_kernel(GetParam());
  }
  ASSERT_NE(callee.kernel, nullptr) << "no portable kernel for " << GetParam();
  for (const auto& calls : archives()) {
    for (const Json& recorded : calls->cases()) {
      if (recorded["op"] != GetParam()) continue;
      for (const Variant& variant : kVariants) {
        const bool other_layout = variant.inputs_channels_last || variant.outputs_channels_last;
        if (other_layout && !has_channels_last_form(*calls, recorded)) continue;
        with_each_loop_level([&] { run_case(*calls, callee, recorded, variant); });
      }
    }
  }
}

// The recording also holds operators that the table does not have; those are nobody's to compute.
std::vector<std::string> recorded_operators() {
  std::set<std::string> names;
  for (const auto& calls : archives()) {
    for (const Json& recorded : calls->cases()) {
      const std::string name = recorded["op"];
      if (find_operator(name) != nullptr || is_in_place(name)) names.insert(name);
    }
  }
  return {names.begin(), names.end()};
}

INSTANTIATE_TEST_SUITE_P(Operators, RecordedCases, ::testing::ValuesIn(recorded_operators()), [](const auto& info) {
  std::string name = info.param;
  std::ranges::replace_if(name, [](char c) { return !std::isalnum(static_cast<unsigned char>(c)); }, '_');
  return name;
});

}  // namespace
}  // namespace ingot::testing
