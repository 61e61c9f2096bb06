#include "compiler/emit/method.h"

#include <map>
#include <string>

#include "compiler/emit/sizes.h"
#include "compiler/emit/values.h"
#include "compiler/ir/out_args.h"
#include "schema/named_data.h"

namespace ingot::compiler {

namespace {

using flatbuffers::Offset;

class MethodEmitter {
 public:
  MethodEmitter(flatbuffers::FlatBufferBuilder& builder, Segments& segments, const MethodToEmit& method)
      : builder_(builder),
        segments_(segments),
        method_(method),
        values_(builder, segments, *method.plan),
        sizes_(*method.graph, values_, [this](std::string_view name, const std::vector<int32_t>& args) {
          add_kernel_call(name, args, pte::CreateFrameList(builder_));
        }) {}

  Result<Offset<pte::ExecutionPlan>> run();

 private:
  Result<void> add_input_minima();
  Result<void> emit_kernel_call(const Node& node);
  Result<void> emit_delegate_call(const Node& node);
  // The value index of an argument.
  Result<int32_t> argument(const Node& node, size_t i);
  Result<int32_t> size_argument(const Node& node, size_t i, const Dim& dim);
  void add_kernel_call(std::string_view out_name, const std::vector<int32_t>& args, Offset<pte::FrameList> frames);
  Result<int32_t> int_list(const Node& node, size_t i, const Shape& dims);
  int32_t tensor_list(const Node& node, size_t i, const std::vector<Value*>& tensors);
  int32_t operator_index(std::string_view out_name);
  void add_instruction(pte::InstructionArguments type, Offset<void> arguments, Offset<pte::FrameList> frames);
  Offset<pte::FrameList> frames(const Node& node);

  flatbuffers::FlatBufferBuilder& builder_;
  Segments& segments_;
  const MethodToEmit& method_;
  ValueTable values_;
  SizeEmitter sizes_;
  std::vector<Offset<pte::Operator>> operators_;
  std::map<std::string, int32_t, std::less<>> operator_index_;
  std::vector<Offset<pte::BackendDelegate>> delegates_;
  std::vector<Offset<pte::Instruction>> instructions_;
  std::vector<Offset<pte::FrameList>> stacktrace_;
};

int32_t MethodEmitter::operator_index(std::string_view out_name) {
  if (const auto found = operator_index_.find(out_name); found != operator_index_.end()) return found->second;
  const size_t dot = out_name.find('.', out_name.find("::"));
  const auto name = builder_.CreateString(std::string(out_name.substr(0, dot)));
  const auto overload =
      builder_.CreateString(std::string(dot == std::string_view::npos ? "" : out_name.substr(dot + 1)));
  operators_.push_back(pte::CreateOperator(builder_, name, overload));
  const auto index = static_cast<int32_t>(operators_.size() - 1);
  operator_index_.emplace(out_name, index);
  return index;
}

Result<int32_t> MethodEmitter::size_argument(const Node& node, size_t i, const Dim& dim) {
  auto value = sizes_.value_of(dim);
  if (!value) {
    value.error().add_context("node '%s' (%s): argument '%s'", node.source().c_str(), node.op().full_name().c_str(),
                              node.op().args()[i].name.c_str());
  }
  return value;
}

Result<int32_t> MethodEmitter::int_list(const Node& node, size_t i, const Shape& dims) {
  std::vector<int32_t> items;
  for (const Dim& dim : dims) items.push_back(INGOT_TRY(size_argument(node, i, dim)));
  return values_.int_list(items);
}

int32_t MethodEmitter::tensor_list(const Node& node, size_t i, const std::vector<Value*>& tensors) {
  std::vector<int32_t> items;
  for (const Value* tensor : tensors) items.push_back(tensor == nullptr ? -1 : values_.tensor(tensor));
  return node.op().args()[i].optional_elements ? values_.optional_tensor_list(items) : values_.tensor_list(items);
}

Result<int32_t> MethodEmitter::argument(const Node& node, size_t i) {
  struct Visitor {
    MethodEmitter& self;
    const Node& node;
    size_t i;
    Result<int32_t> operator()(std::monostate) { return self.values_.none(); }
    Result<int32_t> operator()(Value* tensor) { return self.values_.tensor(tensor); }
    Result<int32_t> operator()(const std::vector<Value*>& list) { return self.tensor_list(node, i, list); }
    Result<int32_t> operator()(int64_t value) { return self.values_.integer(value); }
    Result<int32_t> operator()(double value) { return self.values_.real(value); }
    Result<int32_t> operator()(bool value) { return self.values_.boolean(value); }
    Result<int32_t> operator()(const std::string& value) { return self.values_.string(value); }
    Result<int32_t> operator()(DType dtype) { return self.values_.integer(static_cast<int64_t>(dtype)); }
    Result<int32_t> operator()(const Dim& dim) { return self.size_argument(node, i, dim); }
    Result<int32_t> operator()(const std::vector<int64_t>& list) { return self.int_list(node, i, to_shape(list)); }
    Result<int32_t> operator()(const Shape& list) { return self.int_list(node, i, list); }
    Result<int32_t> operator()(const std::vector<double>& list) { return self.values_.double_list(list); }
    Result<int32_t> operator()(const std::vector<bool>& list) { return self.values_.bool_list(list); }
  };
  return std::visit(Visitor{*this, node, i}, node.arg(i));
}

Result<void> MethodEmitter::emit_kernel_call(const Node& node) {
  const OpSchema& op = node.op();
  if (op.row().out.empty()) {
    return fail(ErrorCode::not_supported, "node '%s': operator %s has no kernel to call", node.source().c_str(),
                op.full_name().c_str());
  }
  std::vector<int32_t> args;
  for (size_t i = 0; i < op.args().size(); ++i) {
    if (kept_in_out_overload(op, i)) args.push_back(INGOT_TRY(argument(node, i)));
  }
  // The outputs stand twice: as arguments of the `out` overload and as what it returns, several as one list.
  std::vector<int32_t> outs;
  for (const Value* output : node.outputs()) outs.push_back(values_.tensor(output));
  if (op.returns()[0].list) outs.assign(1, values_.tensor_list(outs));
  args.insert(args.end(), outs.begin(), outs.end());
  args.push_back(outs.size() == 1 ? outs[0] : values_.tensor_list(outs));

  add_kernel_call(op.row().out, args, frames(node));
  return {};
}

void MethodEmitter::add_kernel_call(std::string_view out_name, const std::vector<int32_t>& args,
                                    Offset<pte::FrameList> frames) {
  const int32_t op_index = operator_index(out_name);
  const auto args_offset = builder_.CreateVector(args);
  const auto call = pte::CreateKernelCall(builder_, op_index, args_offset);
  add_instruction(pte::InstructionArguments::KernelCall, call.Union(), frames);
}

Result<void> MethodEmitter::emit_delegate_call(const Node& node) {
  const DelegateCallInfo& call = *node.delegate_call();
  for (const auto& [key, bytes] : call.named_data) INGOT_TRY_VOID(segments_.add_named(key, bytes));
  const auto id = builder_.CreateString(call.backend_id);
  const auto data = pte::CreateBackendDelegateDataReference(builder_, pte::DataLocation::SEGMENT,
                                                            segments_.add_payload(call.payload));
  const auto specs = builder_.CreateVector(std::vector<Offset<pte::CompileSpec>>());
  delegates_.push_back(pte::CreateBackendDelegate(builder_, id, data, specs));

  std::vector<int32_t> args;
  for (const Value* input : node.inputs()) args.push_back(values_.tensor(input));
  for (const Value* output : node.outputs()) args.push_back(values_.tensor(output));
  const auto args_offset = builder_.CreateVector(args);
  const auto index = static_cast<int32_t>(delegates_.size() - 1);
  const auto instruction = pte::CreateDelegateCall(builder_, index, args_offset);
  add_instruction(pte::InstructionArguments::DelegateCall, instruction.Union(), frames(node));
  return {};
}

// Where the instruction comes from in the source model: its node, or every node of a delegate call, whose `lineno` is
// the debug handle that the payload's nodes carry.
Offset<pte::FrameList> MethodEmitter::frames(const Node& node) {
  std::vector<Offset<pte::Frame>> list;
  const auto add = [&](const std::string& source, int32_t line) {
    const auto name = builder_.CreateString(source);
    list.push_back(pte::CreateFrame(builder_, 0, line, name));
  };
  if (const DelegateCallInfo* call = node.delegate_call()) {
    for (size_t i = 0; i < call->debug_names.size(); ++i) add(call->debug_names[i], static_cast<int32_t>(i + 1));
  } else {
    add(node.source(), 0);
  }
  return pte::CreateFrameList(builder_, builder_.CreateVector(list));
}

void MethodEmitter::add_instruction(pte::InstructionArguments type, Offset<void> arguments,
                                    Offset<pte::FrameList> frames) {
  instructions_.push_back(pte::CreateInstruction(builder_, type, arguments));
  stacktrace_.push_back(frames);
}

// The least sizes of the inputs, for which the format's tensors have no place: their own sizes are the largest.
Result<void> MethodEmitter::add_input_minima() {
  const Graph& graph = *method_.graph;
  std::vector<int32_t> minima;
  bool any_open = false;
  for (const Value* input : graph.inputs()) {
    for (const Dim& dim : input->type.shape) {
      any_open = any_open || !dim.is_static();
      minima.push_back(static_cast<int32_t>(dim.min()));
    }
  }
  if (!any_open) return {};
  return segments_.add_named(std::string(schema::kInputMinima) + graph.name(),
                             Bytes::copy_of(std::as_bytes(std::span(minima))));
}

Result<Offset<pte::ExecutionPlan>> MethodEmitter::run() {
  const Graph& graph = *method_.graph;
  INGOT_TRY_VOID(add_input_minima());
  std::vector<int32_t> inputs;
  for (const Value* input : graph.inputs()) inputs.push_back(values_.tensor(input));
  for (const auto& node : graph.nodes()) {
    INGOT_TRY_VOID(node->delegate_call() != nullptr ? emit_delegate_call(*node) : emit_kernel_call(*node));
  }
  std::vector<int32_t> outputs;
  for (const Value* output : graph.outputs()) outputs.push_back(values_.tensor(output));

  const auto inputs_offset = builder_.CreateVector(inputs);
  const auto outputs_offset = builder_.CreateVector(outputs);
  const auto instructions_offset = builder_.CreateVector(instructions_);
  const auto stacktrace_offset = builder_.CreateVector(stacktrace_);
  const auto chain = pte::CreateChain(builder_, inputs_offset, outputs_offset, instructions_offset, stacktrace_offset);
  const auto name = builder_.CreateString(graph.name());
  const auto values = builder_.CreateVector(values_.entries());
  const auto chains = builder_.CreateVector(std::vector{chain});
  const auto operators = builder_.CreateVector(operators_);
  const auto delegates = builder_.CreateVector(delegates_);
  const auto arenas = builder_.CreateVector(std::vector<int64_t>{0, static_cast<int64_t>(method_.plan->arena_bytes)});
  return pte::CreateExecutionPlan(builder_, name, 0, values, inputs_offset, outputs_offset, chains, operators,
                                  delegates, arenas);
}

}  // namespace

Result<Offset<pte::ExecutionPlan>> emit_method(flatbuffers::FlatBufferBuilder& builder, Segments& segments,
                                               const MethodToEmit& method) {
  return MethodEmitter(builder, segments, method).run();
}

}  // namespace ingot::compiler
