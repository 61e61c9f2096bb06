// Every portable kernel against what PyTorch answers (tests/data/aten_ops.zip): a test an operator of the table. Each
// case runs as recorded, with operands and results in channels-last layout, and into outputs that must be resized.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <deque>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/core/half.h"
#include "schema/operators.h"
#include "tests/runtime/kernels/kernel_call.h"
#include "tests/support/compare.h"
#include "tests/support/zip.h"

namespace ingot::testing {
namespace {

using Json = nlohmann::json;

class Recording {
 public:
  static Recording& get() {
    static Recording recording;
    return recording;
  }
  const Array& array(const std::string& name) {
    auto it = arrays_.find(name);
    if (it == arrays_.end()) it = arrays_.emplace(name, archive_.read_npy(name).value()).first;
    return it->second;
  }
  const Json& cases() const { return cases_; }

 private:
  Recording() : archive_(ZipArchive::open(INGOT_SOURCE_DIR "/tests/data/aten_ops.zip").value()) {
    cases_ = Json::parse(archive_.read_text("cases.json").value());
  }
  ZipArchive archive_;
  Json cases_;
  std::map<std::string, Array> arrays_;
};

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
  if (std::ranges::find(names, "layout") == names.end()) return true;
  return name != "dtype" && name != "layout" && name != "device" && name != "pin_memory";
}

DType dtype_named(const std::string& name) {
  for (int number = 0; number < 32; ++number) {
    if (name == to_string(static_cast<DType>(number))) return static_cast<DType>(number);
  }
  throw std::invalid_argument("no dtype " + name);
}

double number(const Json& x) {
  if (x.is_number()) return x.get<double>();
  const std::string text = x.get<std::string>();
  if (text == "nan") return std::numeric_limits<double>::quiet_NaN();
  return (text == "inf" ? 1 : -1) * std::numeric_limits<double>::infinity();
}

std::vector<uint8_t> layout(bool channels_last, size_t rank) {
  return channels_last && rank == 4 ? std::vector<uint8_t>{0, 2, 3, 1} : std::vector<uint8_t>{};
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
void add_argument(KernelCall& call, const Json& argument, char letter, bool channels_last,
                  std::deque<OwnedTensor>& tensors) {
  const auto tensor = [&](const std::string& file) -> Tensor& {
    const Array& array = Recording::get().array(file);
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
    call.real(number(argument["double"]));
  } else if (argument.contains("bool")) {
    call.boolean(argument["bool"].get<bool>());
  } else if (argument.contains("int_list")) {
    call.ints(argument["int_list"].get<std::vector<int64_t>>());
  } else if (argument.contains("double_list")) {
    std::vector<double> list;
    for (const Json& item : argument["double_list"]) list.push_back(number(item));
    call.doubles(list);
  } else if (argument.contains("bool_list")) {
    call.bools(argument["bool_list"].get<std::vector<bool>>());
  } else if (argument.contains("dtype")) {
    call.integer(static_cast<int64_t>(dtype_named(argument["dtype"])));
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
    default:
      return 0;
  }
}

// What PyTorch's own answer is off by, where that is more than the tolerance below: it rounds the mean, 1000 here, to
// float before it is subtracted.
double reference_error(const std::string& name) {
  return name == "native_layer_norm/offset" ? 1e-4 : 0;
}

// Floating-point results may differ by rounding: by some steps of the element itself, plus the error of long sums,
// which follows the largest value. All else is exact.
::testing::AssertionResult agrees(const Array& expected, const Array& actual, double slack) {
  if (expected.dtype != actual.dtype || expected.sizes != actual.sizes) {
    return ::testing::AssertionFailure() << "dtype or sizes differ";
  }
  if (!is_floating(expected.dtype)) {
    if (expected.data == actual.data) return ::testing::AssertionSuccess();
    const auto at = std::ranges::mismatch(expected.data, actual.data).in1 - expected.data.begin();
    return ::testing::AssertionFailure() << "element " << static_cast<size_t>(at) / size_of(expected.dtype)
                                         << " differs";
  }
  const double step = expected.dtype == DType::float16 ? 0x1p-10 : expected.dtype == DType::float32 ? 1e-5 : 1e-13;
  double largest = 0;
  const size_t count = expected.data.size() / size_of(expected.dtype);
  for (size_t i = 0; i < count; ++i) {
    const double x = std::abs(element(expected, i));
    if (std::isfinite(x)) largest = std::max(largest, x);
  }
  // A denormal result of float16 has an absolute step; the recorded magnitudes stay well above it otherwise.
  const double absolute =
      std::min(step, 1e-6) * std::min(largest, 1e6) + slack + (expected.dtype == DType::float16 ? 6e-8 : 0);
  for (size_t i = 0; i < count; ++i) {
    const double e = element(expected, i), a = element(actual, i);
    if (e == a || (e != e && a != a) || std::abs(e - a) <= step * std::abs(e) + absolute) continue;
    return ::testing::AssertionFailure() << "element " << i << ": expected " << e << ", found " << a;
  }
  return ::testing::AssertionSuccess();
}

void run_case(const schema::Operator& op, const Kernel& kernel, const Json& recorded, const Variant& variant) {
  SCOPED_TRACE(recorded["name"].get<std::string>() + ", " + variant.name);
  const std::vector<std::string> names = argument_names(op.args);
  ASSERT_EQ(names.size(), recorded["args"].size());
  std::deque<OwnedTensor> tensors;
  KernelCall call;
  const char* letter = kernel.signature;
  for (size_t i = 0; i < names.size(); ++i) {
    if (!is_in_out_schema(names, names[i])) continue;
    add_argument(call, recorded["args"][i], *letter, variant.inputs_channels_last, tensors);
    letter += letter[0] == '\0' ? 0 : letter[1] == '?' ? 2 : 1;
  }
  std::vector<Tensor*> outputs;
  for (const Json& file : recorded["outputs"]) {
    const Array& expected = Recording::get().array(file);
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
  } else {
    for (Tensor* out : outputs) call.tensor(*out);
  }
  const Result<void> result = call.run(op.out);
  ASSERT_TRUE(result) << result.error().message();
  for (size_t i = 0; i < outputs.size(); ++i) {
    EXPECT_TRUE(agrees(Recording::get().array(recorded["outputs"][i]), to_array(*outputs[i]),
                       reference_error(recorded["name"])))
        << "output " << i;
  }
}

bool has_channels_last_form(const Json& recorded) {
  std::vector<std::string> files = recorded["outputs"];
  for (const Json& argument : recorded["args"]) {
    if (argument.is_object() && argument.contains("tensor")) files.push_back(argument["tensor"]);
  }
  return std::ranges::any_of(files,
                             [](const std::string& file) { return Recording::get().array(file).sizes.size() == 4; });
}

class RecordedCases : public ::testing::TestWithParam<std::string> {};

TEST_P(RecordedCases, AgreeWithPyTorch) {
  const schema::Operator* op = find_operator(GetParam());
  ASSERT_NE(op, nullptr);
  const Kernel* kernel = find_kernel(op->out);
  ASSERT_NE(kernel, nullptr) << "no portable kernel " << op->out;
  for (const Json& recorded : Recording::get().cases()) {
    if (recorded["op"] != GetParam()) continue;
    for (const Variant& variant : kVariants) {
      const bool needs_rank_4 = variant.inputs_channels_last || variant.outputs_channels_last;
      if (!needs_rank_4 || has_channels_last_form(recorded)) run_case(*op, *kernel, recorded, variant);
    }
  }
}

// The recording also holds operators that the table does not have; those are nobody's to compute.
std::vector<std::string> recorded_operators() {
  std::set<std::string> names;
  for (const Json& recorded : Recording::get().cases()) {
    if (find_operator(recorded["op"]) != nullptr) names.insert(recorded["op"]);
  }
  return {names.begin(), names.end()};
}

INSTANTIATE_TEST_SUITE_P(Operators, RecordedCases, ::testing::ValuesIn(recorded_operators()), [](const auto& info) {
  std::string name = info.param;
  std::ranges::replace_if(name, [](char c) { return !std::isalnum(static_cast<unsigned char>(c)); }, '_');
  return name;
});

// Every operator of the table has its kernel.
TEST(PortableKernels, AreComplete) {
  for (const schema::Operator& op : schema::kOperators) {
    EXPECT_NE(find_kernel(op.out), nullptr) << "no portable kernel " << op.out;
  }
}

}  // namespace
}  // namespace ingot::testing
