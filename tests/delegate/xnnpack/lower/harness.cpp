#include "tests/delegate/xnnpack/lower/harness.h"

#include <cmath>
#include <cstring>
#include <deque>
#include <functional>
#include <memory>
#include <random>
#include <unordered_map>

#include "compiler/ir/evaluate.h"
#include "compiler/ir/text.h"
#include "delegate/xnnpack/graph/define.h"
#include "delegate/xnnpack/lower/xnnpack_lowering.h"
#include "delegate/xnnpack/run/xnnpack_delegate.h"

namespace ingot::testing {
namespace {

using compiler::Bytes;
using compiler::Graph;
using compiler::Node;
using compiler::TensorType;
using IrValue = compiler::Value;
using Data = std::unordered_map<const IrValue*, Bytes>;

// A call's named data.
class Named final : public NamedData {
 public:
  explicit Named(const compiler::DelegateCallInfo& info) : info_(info) {}
  Result<std::span<const std::byte>> find(std::string_view key) const override {
    for (const auto& [name, bytes] : info_.named_data) {
      if (name == key) return bytes.span();
    }
    return fail(ErrorCode::not_found, "no such data");
  }

 private:
  const compiler::DelegateCallInfo& info_;
};

// Tensors with what they refer to.
class Tensors {
 public:
  Tensor* add(const TensorType& type, std::byte* data) {
    Item& item = items_.emplace_back();
    for (const compiler::Dim& dim : type.shape) item.sizes.push_back(static_cast<int32_t>(dim.value()));
    item.order = type.dim_order;
    for (size_t i = item.order.size(); i < type.rank(); ++i) item.order.push_back(static_cast<uint8_t>(i));
    item.strides.resize(type.rank());
    item.tensor = Tensor(type.dtype, type.rank(), item.sizes.data(), item.order.data(), item.strides.data(), data,
                         type.max_nbytes());
    return &item.tensor;
  }

 private:
  struct Item {
    std::vector<int32_t> sizes;
    std::vector<uint8_t> order;
    std::vector<int64_t> strides;
    Tensor tensor;
  };
  std::deque<Item> items_;
};

Result<void> run_call(const Node& node, Data& data) {
  const compiler::DelegateCallInfo& info = *node.delegate_call();
  XnnpackDelegate delegate;
  Named named(info);
  DelegateInit init;
  init.payload = info.payload.span();
  init.named_data = &named;
  init.num_args = node.tensors(0).size() + node.outputs().size();
  const std::unique_ptr<DelegateHandle> handle(INGOT_TRY(delegate.init(init)));
  Tensors tensors;
  std::vector<Tensor*> args;
  for (const IrValue* input : node.tensors(0)) {
    args.push_back(tensors.add(input->type, const_cast<std::byte*>(data.at(input).span().data())));
  }
  for (const IrValue* output : node.outputs()) {
    std::byte* writable = nullptr;
    data[output] = Bytes::allocate(output->type.max_nbytes(), &writable);
    args.push_back(tensors.add(output->type, writable));
  }
  INGOT_TRY_VOID(handle->execute(args));
  return handle->execute(args);  // a second time: nothing may depend on the first
}

Result<void> run_kernel(const Node& node, Data& data) {
  Graph scratch;
  std::vector<compiler::Argument> args(node.args().begin(), node.args().end());
  const auto constant = [&](IrValue* value) -> IrValue* {
    if (value == nullptr) return nullptr;
    return scratch.add_constant("c", value->type, value->is_constant() ? value->data : data.at(value));
  };
  for (compiler::Argument& arg : args) {
    if (IrValue** value = std::get_if<IrValue*>(&arg)) *value = constant(*value);
    if (auto* list = std::get_if<std::vector<IrValue*>>(&arg)) {
      for (IrValue*& value : *list) value = constant(value);
    }
  }
  std::vector<TensorType> types;
  for (const IrValue* output : node.outputs()) types.push_back(output->type);
  const std::vector<Bytes> results = INGOT_TRY(compiler::evaluate(node.op(), args, types));
  for (size_t i = 0; i < results.size(); ++i) data[node.output(i)] = results[i];
  return {};
}

std::vector<Bytes> random_inputs(const Graph& graph, Range range) {
  std::mt19937 random(7);
  std::uniform_real_distribution<float> between(range.low, range.high);
  std::vector<Bytes> inputs;
  for (const IrValue* input : graph.inputs()) {
    std::byte* writable = nullptr;
    inputs.push_back(Bytes::allocate(input->type.max_nbytes(), &writable));
    if (input->type.dtype != DType::float32) {
      std::memset(writable, 0, input->type.max_nbytes());
      continue;
    }
    auto* elements = reinterpret_cast<float*>(writable);
    for (size_t i = 0; i < input->type.max_nbytes() / sizeof(float); ++i) elements[i] = between(random);
  }
  return inputs;
}

Result<void> run_both(std::string_view text, Range range, Outcome* outcome) {
  Graph graph = INGOT_TRY(compiler::parse(text));
  const std::vector<Bytes> inputs = random_inputs(graph, range);
  outcome->expected = INGOT_TRY(run(graph, inputs));
  xnnpack::XnnpackLowering lowering;
  outcome->report = INGOT_TRY(partition(graph, lowering));
  for (const auto& node : graph.nodes()) {
    if (node->delegate_call() == nullptr) continue;
    const auto payload = INGOT_TRY(xnnpack::Payload::parse(node->delegate_call()->payload.span()));
    for (size_t i = 0; i < payload.num_nodes(); ++i) {
      ++outcome->nodes[xnnpack::to_string(payload.node(i).xnode_union_type())];
      if (payload.node(i).output_min_max() != nullptr) ++outcome->clamped;
    }
    outcome->payloads.push_back(node->delegate_call()->payload);
    outcome->debug_names.push_back(node->delegate_call()->debug_names);
  }
  outcome->actual = INGOT_TRY(run(graph, inputs));
  return {};
}

}  // namespace

Result<std::vector<std::vector<float>>> run(const Graph& graph, const std::vector<Bytes>& inputs) {
  Data data;
  for (size_t i = 0; i < inputs.size(); ++i) data[graph.inputs()[i]] = inputs[i];
  for (const auto& node : graph.nodes()) {
    INGOT_TRY_VOID(node->delegate_call() != nullptr ? run_call(*node, data) : run_kernel(*node, data));
  }
  std::vector<std::vector<float>> outputs;
  for (const IrValue* output : graph.outputs()) {
    const Bytes& bytes = output->is_constant() ? output->data : data.at(output);
    if (output->type.dtype != DType::float32) {
      outputs.emplace_back();
      continue;
    }
    const auto elements = bytes.as<float>();
    outputs.emplace_back(elements.begin(), elements.end());
  }
  return outputs;
}

Outcome run_both(std::string_view text, Range range) {
  Outcome outcome;
  if (const auto result = run_both(text, range, &outcome); !result) outcome.error = result.error().message();
  return outcome;
}

namespace {

// Everything is delegated in one call, and each output is within `tolerance` of what was expected, where that may
// depend on the largest number of the output.
::testing::AssertionResult agrees(const Outcome& outcome, const std::function<double(double largest)>& tolerance) {
  if (!outcome.error.empty()) return ::testing::AssertionFailure() << outcome.error;
  for (const auto& left : outcome.report.left_out) {
    return ::testing::AssertionFailure() << left.op << " was left out: " << left.reason;
  }
  if (outcome.report.delegate_calls != 1) {
    return ::testing::AssertionFailure() << outcome.report.delegate_calls << " delegate calls";
  }
  for (size_t i = 0; i < outcome.expected.size(); ++i) {
    const auto& expected = outcome.expected[i];
    const auto& actual = outcome.actual[i];
    if (expected.size() != actual.size()) return ::testing::AssertionFailure() << "output " << i << ": other size";
    double largest = 0;
    for (const float x : expected) largest = std::max<double>(largest, std::abs(x));
    for (size_t j = 0; j < expected.size(); ++j) {
      const double difference = std::abs(static_cast<double>(expected[j]) - actual[j]);
      if (!(difference <= tolerance(largest)) && expected[j] != actual[j]) {
        return ::testing::AssertionFailure()
               << "output " << i << "[" << j << "] is " << actual[j] << ", expected " << expected[j];
      }
    }
  }
  return ::testing::AssertionSuccess();
}

}  // namespace

::testing::AssertionResult agrees(const Outcome& outcome, double tolerance) {
  return agrees(outcome, [=](double largest) { return tolerance * std::max(largest, 1e-3); });
}

::testing::AssertionResult agrees_within(const Outcome& outcome, double step) {
  return agrees(outcome, [=](double) { return step * 1.001; });
}

std::string rounded(std::string_view from, std::string_view to, const Affine& affine) {
  const std::string rest = std::to_string(affine.scale) + ", " + std::to_string(affine.zero_point) +
                           (affine.is_unsigned ? ", 0, 255, uint8)\n" : ", -128, 127, int8)\n");
  const std::string a(from), b(to);
  return "%" + b + "_q = quantized_decomposed::quantize_per_tensor(%" + a + ", " + rest + "%" + b +
         " = quantized_decomposed::dequantize_per_tensor(%" + b + "_q, " + rest;
}

std::string quantized_graph(std::string_view input, const Affine& in, std::string_view body, const Affine& out) {
  return "graph f(%p: float32" + std::string(input) + ") {\n" + rounded("p", "x", in) + std::string(body) + "\n" +
         rounded("y", "z", out) + "return %z }";
}

::testing::AssertionResult agrees(std::string_view text, Range range, double tolerance) {
  return agrees(run_both(text, range), tolerance);
}

std::string refusal_of(std::string_view text) {
  const auto graph = compiler::parse(text);
  if (!graph) return std::string("does not parse: ") + graph.error().message();
  xnnpack::XnnpackLowering lowering;
  std::string reason;
  for (const auto& node : graph->nodes()) {
    if (auto refused = lowering.refuses(*node)) reason = *refused;
  }
  return reason;
}

}  // namespace ingot::testing
