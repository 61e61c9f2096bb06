#include "compiler/frontend/pt2/import.h"

#include <algorithm>
#include <exception>
#include <limits>
#include <new>
#include <optional>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "compiler/frontend/pt2/archive.h"
#include "compiler/frontend/pt2/arguments.h"
#include "compiler/frontend/pt2/operators.h"
#include "compiler/frontend/pt2/program.h"
#include "compiler/frontend/pt2/scope.h"
#include "compiler/frontend/pt2/state.h"
#include "compiler/ir/constants.h"
#include "compiler/ir/mapped_file.h"

namespace ingot::compiler {
namespace pt2 {
namespace {

constexpr std::string_view kOperatorPrefix = "torch.ops.";

std::unexpected<Error> with_context(Error error, const std::string& context) {
  error.add_context("%.150s", context.c_str());
  return std::unexpected(std::move(error));
}

// "torch.ops.aten.add.Tensor" is "aten::add.Tensor", "torch.ops.aten.relu.default" "aten::relu".
std::string full_op_name(std::string_view target) {
  std::string name(target);
  if (!target.starts_with(kOperatorPrefix)) return name;
  name.erase(0, kOperatorPrefix.size());
  if (name.ends_with(".default")) name.resize(name.size() - std::string_view(".default").size());
  if (const size_t dot = name.find('.'); dot != std::string::npos) name.replace(dot, 1, "::");
  return name;
}

// "aten::relu" for "aten::relu_"; empty where the operator does not work in place.
std::string out_of_place(const std::string& name) {
  const size_t dot = std::min(name.find('.'), name.size());
  if (dot < 2 || name[dot - 1] != '_' || name[dot - 2] == '_') return {};
  return name.substr(0, dot - 1) + name.substr(dot);
}

const std::string* name_of(const ProgramArg& arg) {
  if (const auto* tensor = std::get_if<TensorArg>(&arg)) return &tensor->name;
  if (const auto* number = std::get_if<IntArg>(&arg)) return number->name.empty() ? nullptr : &number->name;
  if (const auto* number = std::get_if<FloatArg>(&arg)) return number->name.empty() ? nullptr : &number->name;
  if (const auto* number = std::get_if<BoolArg>(&arg)) return number->name.empty() ? nullptr : &number->name;
  return nullptr;
}

// Calls f on every name that the argument holds.
template <typename F>
void for_each_name(const ProgramArg& arg, F&& f) {
  if (const std::string* name = name_of(arg)) f(*name);
  if (const auto* list = std::get_if<TensorListArg>(&arg)) {
    for (const std::string& name : list->names) {
      if (!name.empty()) f(name);
    }
  }
  if (const auto* list = std::get_if<IntListArg>(&arg)) {
    for (const IntArg& item : list->items) {
      if (!item.name.empty()) f(item.name);
    }
  }
}

// What the node is called in reports: its first result.
std::string label_of(const ProgramNode& node) {
  std::string label;
  for (const ProgramArg& output : node.outputs) {
    for_each_name(output, [&](const std::string& name) {
      if (label.empty()) label = name;
    });
  }
  return label.empty() ? node.target : label;
}

// Every name that a graph reads.
std::unordered_set<std::string_view> names_read(const ProgramGraph& graph) {
  std::unordered_set<std::string_view> names;
  const auto add = [&](const std::string& name) { names.insert(name); };
  for (const ProgramNode& node : graph.nodes) {
    for (const NamedProgramArg& input : node.inputs) for_each_name(input.arg, add);
  }
  for (const ProgramArg& output : graph.outputs) for_each_name(output, add);
  return names;
}

// One import: the state that grows from node to node.
class Importer {
 public:
  Importer(Archive archive, ExportedProgram program, ImportReport& report)
      : archive_(std::move(archive)), program_(std::move(program)), report_(report), builder_(graph_) {}

  Result<Graph> run(const Pt2ImportOptions& options);

 private:
  // A graph on its way: the program's, or one inside a node's arguments.
  struct Frame {
    const ProgramGraph& graph;
    Scope scope;
    std::unordered_set<std::string_view> read;
  };

  Result<std::vector<OpenInput>> open_inputs(const Pt2ImportOptions& options);
  Result<void> add_inputs(const Pt2ImportOptions& options, Frame& frame);
  Result<void> add_constant(const InputSpec& spec, const std::string& name, Frame& frame);
  Result<void> add_nodes(Frame& frame);
  Result<void> add_node(const ProgramNode& node, Frame& frame);
  Result<void> convert(const ProgramNode& node, Frame& frame);
  Result<void> convert_operator(const ProgramNode& node, const std::string& name, Frame& frame);
  Result<bool> convert_number(const ProgramNode& node, const std::string& name, Frame& frame);
  Result<void> inline_graph(const ProgramNode& node, size_t first_operand, size_t graph, Frame& frame);
  Result<void> convert_condition(const ProgramNode& node, Frame& frame);
  Result<SymbolicNumber> size_of_tensor(const ProgramNode& node, const std::string& name, Frame& frame);
  Result<SymbolicNumber> item(const ProgramNode& node, Frame& frame);
  Result<void> bind_results(const ProgramNode& node, const std::vector<Tensor>& results, Frame& frame,
                            bool check_sizes = true);
  Result<void> check_result(const std::string& name, const Value* value, const Frame& frame) const;
  Result<void> add_outputs(Frame& frame);
  Result<Value*> output_value(const ProgramArg& arg, Frame& frame);
  void report_unsupported(const ProgramNode& node, std::string reason, Frame& frame);

  Archive archive_;
  ExportedProgram program_;
  ImportReport& report_;
  Graph graph_;
  Builder builder_;
  Symbols symbols_;
  Numbers numbers_;
  State state_;
};

Result<Graph> Importer::run(const Pt2ImportOptions& options) {
  Frame frame{program_.graph, Scope(builder_), names_read(program_.graph)};
  for (const OutputSpec& spec : program_.outputs) {
    if (spec.kind == OutputSpec::Kind::other)
      return fail(ErrorCode::not_supported, "an output of kind '%.40s'", spec.target.c_str());
  }
  INGOT_TRY_VOID(add_inputs(options, frame));
  INGOT_TRY_VOID(add_nodes(frame));
  if (!report_.unsupported.empty()) return unsupported_error(report_);
  INGOT_TRY_VOID(add_outputs(frame));
  INGOT_TRY_VOID(state_.check(graph_));
  graph_.drop_unused_constants();
  return std::move(graph_);
}

// --- Inputs.

// The tensors that the caller feeds, their sizes fixed as far as the options fix them.
Result<std::vector<OpenInput>> Importer::open_inputs(const Pt2ImportOptions& options) {
  std::vector<OpenInput> inputs;
  for (size_t i = 0; i < program_.inputs.size(); ++i) {
    if (program_.inputs[i].kind != InputSpec::Kind::user) continue;
    const auto* arg = std::get_if<TensorArg>(&program_.graph.inputs[i]);
    if (arg == nullptr) continue;
    const auto found = program_.graph.tensors.find(arg->name);
    if (found == program_.graph.tensors.end())
      return fail(ErrorCode::invalid_file, "input '%.80s' has no type", arg->name.c_str());
    Result<DType> dtype = to_dtype(found->second.dtype);
    if (!dtype) return with_context(std::move(dtype.error()), "input '" + arg->name + "'");
    OpenInput input{arg->name, *dtype, std::vector<OpenDim>()};
    for (const ProgramDim& dim : found->second.sizes) {
      input.dims->push_back({dim.value, dim.value ? std::string() : readable(dim.expression)});
    }
    inputs.push_back(std::move(input));
  }
  INGOT_TRY_VOID(fix_sizes(options.input_shapes, &inputs));
  // Symbols that stand alone are what the user has fixed; sizes that depend on them follow.
  for (OpenInput& input : inputs) {
    const ProgramTensor& tensor = program_.graph.tensors.find(input.name)->second;
    for (size_t i = 0; i < tensor.sizes.size(); ++i) {
      const std::string symbol = symbol_name(tensor.sizes[i].expression);
      std::optional<Dim>& size = (*input.dims)[i].size;
      if (symbol.empty()) continue;
      const SymbolRange& range = program_.ranges[symbol];
      // What the model bounds and the user does not fix stays open.
      const bool bounded = range.max && *range.max <= std::numeric_limits<int32_t>::max();
      if (!size && bounded) size = Dim::symbol(symbol, std::max<int64_t>(range.min.value_or(1), 1), *range.max);
      if (!size) continue;
      if ((range.min && size->min() < *range.min && *size != Dim(1)) || (range.max && size->max() > *range.max))
        return fail(ErrorCode::invalid_argument,
                    "input '%.60s': a size of %s for %.20s, which the model takes from %lld to %s", input.name.c_str(),
                    size->str().c_str(), symbol.c_str(), static_cast<long long>(range.min.value_or(0)),
                    range.max ? std::to_string(*range.max).c_str() : "any");
      symbols_.insert_or_assign(symbol, *size);
    }
  }
  for (OpenInput& input : inputs) {
    const ProgramTensor& tensor = program_.graph.tensors.find(input.name)->second;
    for (size_t i = 0; i < tensor.sizes.size(); ++i) {
      if (tensor.sizes[i].value || !symbol_name(tensor.sizes[i].expression).empty()) continue;
      const Result<Dim> derived = evaluate(tensor.sizes[i].expression, symbols_);
      std::optional<Dim>& size = (*input.dims)[i].size;
      if (!derived) continue;
      if (size && !(*size == *derived))
        return fail(ErrorCode::invalid_argument, "input '%.60s': a size of %s along axis %zu, expected %s",
                    input.name.c_str(), size->str().c_str(), i, derived->str().c_str());
      size = *derived;
    }
  }
  INGOT_TRY_VOID(check_all_sizes_known(inputs));
  return inputs;
}

// A parameter, buffer or constant, if anybody reads it.
Result<void> Importer::add_constant(const InputSpec& spec, const std::string& name, Frame& frame) {
  if (!frame.read.contains(name)) return {};
  const bool in_weights =
      spec.kind == InputSpec::Kind::parameter || (spec.kind == InputSpec::Kind::buffer && spec.persistent);
  auto [type, data] = INGOT_TRY((in_weights ? archive_.weights : archive_.constants).read(spec.target));
  Value* value = graph_.add_constant(spec.target, std::move(type), std::move(data));
  INGOT_TRY_VOID(check_result(name, value, frame));
  frame.scope.bind(name, frame.scope.fresh(value));
  state_.add(value, spec.target);
  return {};
}

Result<void> Importer::add_inputs(const Pt2ImportOptions& options, Frame& frame) {
  const std::vector<OpenInput> inputs = INGOT_TRY(open_inputs(options));
  size_t next = 0;
  for (size_t i = 0; i < program_.inputs.size(); ++i) {
    const InputSpec& spec = program_.inputs[i];
    const ProgramArg& arg = program_.graph.inputs[i];
    const auto* tensor = std::get_if<TensorArg>(&arg);
    if (spec.kind == InputSpec::Kind::constant) continue;
    if (spec.kind == InputSpec::Kind::other)
      return fail(ErrorCode::not_supported, "an input of kind '%.40s'", spec.target.c_str());
    if (tensor == nullptr) {
      // A number that was fixed when the model was exported is part of the graph already.
      if (spec.kind == InputSpec::Kind::user && name_of(arg) == nullptr && !std::holds_alternative<OtherArg>(arg))
        continue;
      return fail(ErrorCode::not_supported, "input %zu of the graph is no tensor", i);
    }
    if (spec.kind != InputSpec::Kind::user) {
      INGOT_TRY_VOID(add_constant(spec, tensor->name, frame));
      continue;
    }
    const OpenInput& input = inputs[next++];
    TensorType type = INGOT_TRY(type_of(input));
    frame.scope.bind(tensor->name, frame.scope.fresh(graph_.add_input(input.name, std::move(type))));
  }
  return {};
}

// --- Nodes.

void Importer::report_unsupported(const ProgramNode& node, std::string reason, Frame& frame) {
  report_.unsupported.push_back({label_of(node), full_op_name(node.target), std::move(reason)});
  for (const ProgramArg& output : node.outputs) {
    for_each_name(output, [&](const std::string& name) { frame.scope.bind_unavailable(name); });
  }
}

Result<void> Importer::add_nodes(Frame& frame) {
  for (const ProgramNode& node : frame.graph.nodes) {
    Result<void> added = add_node(node, frame);
    if (!added)
      return with_context(std::move(added.error()),
                          "node '" + label_of(node) + "' (" + full_op_name(node.target) + ")");
  }
  return {};
}

Result<void> Importer::add_node(const ProgramNode& node, Frame& frame) {
  // Behind a node that is not supported nothing can be converted, but its users are not to blame.
  bool reachable = true;
  for (const NamedProgramArg& input : node.inputs) {
    for_each_name(input.arg,
                  [&](const std::string& name) { reachable = reachable && !frame.scope.is_unavailable(name); });
  }
  if (!reachable) {
    for (const ProgramArg& output : node.outputs) {
      for_each_name(output, [&](const std::string& name) { frame.scope.bind_unavailable(name); });
    }
    return {};
  }
  builder_.set_source(label_of(node));
  Result<void> converted = convert(node, frame);
  if (converted || converted.error().code() != ErrorCode::not_supported) return converted;
  report_unsupported(node, converted.error().message(), frame);
  return {};
}

Result<void> Importer::convert(const ProgramNode& node, Frame& frame) {
  const std::string name = full_op_name(node.target);
  if (is_assertion(name)) return {};
  if (INGOT_TRY(convert_number(node, name, frame))) return {};
  // torch.no_grad() and its like: a graph in its own brackets, which means nothing here.
  if (name == "higher_order::wrap_with_set_grad_enabled") return inline_graph(node, 2, 1, frame);
  if (name == "higher_order::cond") return convert_condition(node, frame);
  return convert_operator(node, name, frame);
}

// Sizes of tensors and arithmetic on them. False where the node is of another kind.
Result<bool> Importer::convert_number(const ProgramNode& node, const std::string& name, Frame& frame) {
  std::optional<SymbolicNumber> result;
  if (name == "aten::sym_size.int" || name == "aten::sym_numel") {
    result = INGOT_TRY(size_of_tensor(node, name, frame));
  } else if (name == "aten::item" || name == "aten::_local_scalar_dense") {
    result = INGOT_TRY(item(node, frame));
  } else if (is_symbolic_function(node.target)) {
    const ArgumentReader reader(frame.scope, numbers_, builder_);
    std::vector<SymbolicNumber> args;
    for (const NamedProgramArg& input : node.inputs) args.push_back(INGOT_TRY(reader.number(input.arg)));
    result = INGOT_TRY(call_symbolic(node.target, args));
  }
  if (!result) return false;
  if (node.outputs.size() != 1) return fail(ErrorCode::invalid_file, "%zu results, expected one", node.outputs.size());
  if (const std::string* output = name_of(node.outputs[0])) frame.scope.bind(*output, *result);
  return true;
}

Result<SymbolicNumber> Importer::size_of_tensor(const ProgramNode& node, const std::string& name, Frame& frame) {
  const bool one_axis = name == "aten::sym_size.int";
  const auto* arg = node.inputs.empty() ? nullptr : std::get_if<TensorArg>(&node.inputs[0].arg);
  if (arg == nullptr || node.inputs.size() != (one_axis ? 2u : 1u))
    return fail(ErrorCode::invalid_file, "other arguments than a tensor%s", one_axis ? " and an axis" : "");
  const Value* value = INGOT_TRY(frame.scope.tensor(arg->name)).value;
  if (!one_axis) return numel(value->type.shape);
  const auto* axis = std::get_if<IntArg>(&node.inputs[1].arg);
  if (axis == nullptr) return fail(ErrorCode::invalid_file, "an axis that is no number");
  return value->type.shape[INGOT_TRY(Calls::axis(axis->value, value->type.rank()))];
}

// The number that a constant holds.
Result<SymbolicNumber> Importer::item(const ProgramNode& node, Frame& frame) {
  const auto* arg = node.inputs.empty() ? nullptr : std::get_if<TensorArg>(&node.inputs[0].arg);
  if (arg == nullptr) return fail(ErrorCode::invalid_file, "other arguments than a tensor");
  const Value* value = INGOT_TRY(frame.scope.tensor(arg->name)).value;
  if (!value->is_constant() || numel(value->type.shape) != Dim(1))
    return fail(ErrorCode::not_supported, "it makes a number of what the model computes when it runs");
  if (value->type.dtype == DType::int64) return Dim(value->data.as<int64_t>()[0]);
  const double number = load_numbers(*value)[0];
  if (is_floating(value->type.dtype)) return number;
  return value->type.dtype == DType::boolean ? SymbolicNumber(number != 0) : Dim(static_cast<int64_t>(number));
}

// The graph among the node's arguments in place of the node, its inputs the operands from `first_operand` on, which may
// also be listed.
Result<void> Importer::inline_graph(const ProgramNode& node, size_t first_operand, size_t graph, Frame& frame) {
  const auto* inner = graph < node.inputs.size() ? std::get_if<GraphArg>(&node.inputs[graph].arg) : nullptr;
  if (inner == nullptr) return fail(ErrorCode::invalid_file, "no graph among its arguments");
  std::vector<std::string> operands;
  for (size_t i = first_operand; i < node.inputs.size(); ++i) {
    const size_t before = operands.size();
    for_each_name(node.inputs[i].arg, [&](const std::string& name) { operands.push_back(name); });
    if (operands.size() == before && !std::holds_alternative<TensorListArg>(node.inputs[i].arg))
      return fail(ErrorCode::not_supported, "an operand that is no tensor");
  }
  Frame inside{*inner->graph, Scope(builder_), names_read(*inner->graph)};
  if (operands.size() != inside.graph.inputs.size())
    return fail(ErrorCode::invalid_file, "%zu operands for a graph of %zu inputs", operands.size(),
                inside.graph.inputs.size());
  for (size_t i = 0; i < operands.size(); ++i) {
    const std::string* name = name_of(inside.graph.inputs[i]);
    if (name == nullptr) return fail(ErrorCode::not_supported, "an operand that is no tensor");
    if (std::holds_alternative<TensorArg>(inside.graph.inputs[i])) {
      Value* value = INGOT_TRY(frame.scope.tensor(operands[i])).value;
      inside.scope.bind(*name, inside.scope.fresh(value, "what was made outside its graph"));
    } else {
      inside.scope.bind(*name, INGOT_TRY(frame.scope.number(operands[i])));
    }
  }
  const size_t unsupported = report_.unsupported.size();
  INGOT_TRY_VOID(add_nodes(inside));
  std::vector<Tensor> results;
  const bool complete = report_.unsupported.size() == unsupported;
  if (!complete) {
    for (const ProgramArg& output : node.outputs) {
      for_each_name(output, [&](const std::string& name) { frame.scope.bind_unavailable(name); });
    }
    return {};
  }
  for (const ProgramArg& output : inside.graph.outputs) {
    const auto* tensor = std::get_if<TensorArg>(&output);
    if (tensor == nullptr) return fail(ErrorCode::not_supported, "a result that is no tensor");
    results.push_back(frame.scope.fresh(INGOT_TRY(inside.scope.tensor(tensor->name)).value));
  }
  return bind_results(node, results, frame);
}

// Of a condition that is known when the program is compiled.
Result<void> Importer::convert_condition(const ProgramNode& node, Frame& frame) {
  const auto* flag = node.inputs.empty() ? nullptr : std::get_if<BoolArg>(&node.inputs[0].arg);
  if (flag == nullptr)
    return fail(ErrorCode::not_supported, "its condition shows only when the model runs (control flow)");
  const SymbolicNumber known = INGOT_TRY(ArgumentReader(frame.scope, numbers_, builder_).number(*flag));
  const auto* holds = std::get_if<bool>(&known);
  if (holds == nullptr) return fail(ErrorCode::invalid_file, "a condition that is no bool");
  return inline_graph(node, 3, *holds ? 1 : 2, frame);
}

Result<void> Importer::convert_operator(const ProgramNode& node, const std::string& name, Frame& frame) {
  const std::string changing = out_of_place(name);
  const KnownOperator known = find_operator(changing.empty() ? name : changing);
  if (known.schema == nullptr) return fail(ErrorCode::not_supported, "the importer does not know this operator");

  std::vector<bool> wanted;
  for (const ProgramArg& output : node.outputs) {
    for_each_name(output, [&](const std::string& result) { wanted.push_back(frame.read.contains(result)); });
  }
  std::vector<Argument> args =
      INGOT_TRY(ArgumentReader(frame.scope, numbers_, builder_).read(*known.schema, node.inputs));
  Conversion conversion(*known.schema, std::move(args), std::move(wanted), numbers_, builder_);
  const Outputs outputs = INGOT_TRY(known.convert(conversion));

  // What the results have to do with the first tensor.
  const auto* first = node.inputs.empty() ? nullptr : std::get_if<TensorArg>(&node.inputs[0].arg);
  std::vector<Tensor> results;
  if (!changing.empty()) {
    if (first == nullptr || outputs.values.empty()) return fail(ErrorCode::invalid_file, "it changes no tensor");
    const Tensor before = INGOT_TRY(frame.scope.tensor(first->name));
    Value* after = INGOT_TRY(conversion.cast(outputs.values[0], before.value->type.dtype));
    if (!(after->type.shape == before.value->type.shape))
      return fail(ErrorCode::not_supported, "it changes %s in place into %s", to_string(before.value->type).c_str(),
                  to_string(after->type).c_str());
    // detach_, an activation that changes nothing.
    if (after == before.value) return bind_results(node, {before}, frame);
    state_.change(frame.scope.origin(before), "node '" + label_of(node) + "'");
    return bind_results(node, {INGOT_TRY(frame.scope.change(before, after))}, frame);
  }
  for (Value* value : outputs.values) {
    if (first == nullptr || known.aliasing == Aliasing::none || value == nullptr) {
      results.push_back(frame.scope.fresh(value));
      continue;
    }
    const Tensor base = INGOT_TRY(frame.scope.tensor(first->name));
    const bool same = known.aliasing == Aliasing::same && value == base.value;
    // Another dtype needs other elements.
    const bool copy = value->type.dtype != base.value->type.dtype;
    results.push_back(same   ? base
                      : copy ? frame.scope.fresh(value)
                             : frame.scope.view_of(base, value, known.aliasing == Aliasing::view));
  }
  // PyTorch 2.6 writes an axis too many for the states that lstm gives.
  return bind_results(node, results, frame, known.convert != convert_lstm);
}

Result<void> Importer::bind_results(const ProgramNode& node, const std::vector<Tensor>& results, Frame& frame,
                                    bool check_sizes) {
  size_t next = 0;
  const auto bind = [&](const std::string& name) -> Result<void> {
    if (next == results.size()) return fail(ErrorCode::invalid_file, "it names more results than the operator has");
    const Tensor& result = results[next++];
    if (result.value == nullptr) {
      if (frame.read.contains(name)) return fail(ErrorCode::not_supported, "its result %zu is not available", next - 1);
      return {};
    }
    if (check_sizes) INGOT_TRY_VOID(check_result(name, result.value, frame));
    frame.scope.bind(name, result);
    return {};
  };
  for (const ProgramArg& output : node.outputs) {
    if (const auto* tensor = std::get_if<TensorArg>(&output)) {
      INGOT_TRY_VOID(bind(tensor->name));
    } else if (const auto* list = std::get_if<TensorListArg>(&output)) {
      for (const std::string& name : list->names) INGOT_TRY_VOID(bind(name));
    } else {
      ++next;  // none
    }
  }
  return {};
}

// The archive says which dtype and sizes each tensor has: where we come to others, we have not understood the operator.
Result<void> Importer::check_result(const std::string& name, const Value* value, const Frame& frame) const {
  const auto found = frame.graph.tensors.find(name);
  if (found == frame.graph.tensors.end())
    return fail(ErrorCode::invalid_file, "tensor '%.80s' has no type", name.c_str());
  const ProgramTensor& said = found->second;
  bool fits = INGOT_TRY(to_dtype(said.dtype)) == value->type.dtype && said.sizes.size() == value->type.rank();
  for (size_t i = 0; fits && i < said.sizes.size(); ++i) {
    const Dim& dim = value->type.shape[i];
    if (said.sizes[i].value) fits = *said.sizes[i].value >= dim.min() && *said.sizes[i].value <= dim.max();
  }
  if (fits) return {};
  std::string sizes;
  for (const ProgramDim& dim : said.sizes) {
    sizes += (sizes.empty() ? "" : ", ") + (dim.value ? std::to_string(*dim.value) : readable(dim.expression));
  }
  const Result<DType> dtype = to_dtype(said.dtype);
  return fail(ErrorCode::not_supported, "'%.60s' comes out as %s, the archive says %s[%.80s]", name.c_str(),
              to_string(value->type).c_str(), dtype ? to_string(*dtype) : "?", sizes.c_str());
}

// --- Outputs.

// A number that the model gives becomes a tensor of rank 0.
Result<Value*> Importer::output_value(const ProgramArg& arg, Frame& frame) {
  if (const auto* tensor = std::get_if<TensorArg>(&arg)) return INGOT_TRY(frame.scope.tensor(tensor->name)).value;
  const SymbolicNumber number = INGOT_TRY(ArgumentReader(frame.scope, numbers_, builder_).number(arg));
  if (const auto* flag = std::get_if<bool>(&number)) return builder_.scalar("output", DType::boolean, *flag ? 1 : 0);
  if (const auto* real = std::get_if<double>(&number)) return builder_.scalar("output", DType::float32, *real);
  const Dim& dim = std::get<Dim>(number);
  if (dim.is_static()) return builder_.constant_i64("output", {}, {dim.value()});
  return fail(ErrorCode::not_supported, "an output that is the size %s", dim.str().c_str());
}

Result<void> Importer::add_outputs(Frame& frame) {
  for (size_t i = 0; i < program_.graph.outputs.size(); ++i) {
    const ProgramArg& arg = program_.graph.outputs[i];
    if (i < program_.outputs.size() && program_.outputs[i].kind == OutputSpec::Kind::mutation) {
      state_.change(program_.outputs[i].target, "the program");
      continue;
    }
    if (std::holds_alternative<NoneArg>(arg)) continue;
    Result<Value*> value = output_value(arg, frame);
    const std::string* name = name_of(arg);
    const std::string label = name != nullptr ? *name : "output" + std::to_string(graph_.outputs().size());
    if (!value) return with_context(std::move(value.error()), "output '" + label + "'");
    graph_.outputs().push_back(*value);
    graph_.output_names.push_back(label);
  }
  if (graph_.outputs().empty()) return fail(ErrorCode::invalid_file, "its graph has no output");
  return {};
}

Result<Graph> import_bytes(Bytes file, const Pt2ImportOptions& options, ImportReport& report) {
  Archive archive = INGOT_TRY(open_archive(std::move(file)));
  const std::string_view json(reinterpret_cast<const char*>(archive.program.span().data()), archive.program.size());
  ExportedProgram program = INGOT_TRY(parse_program(json));
  archive.program = Bytes();
  return Importer(std::move(archive), std::move(program), report).run(options);
}

// nlohmann-json and the standard library may throw; nothing leaves from here.
Result<Graph> guarded_import(Bytes file, const Pt2ImportOptions& options, ImportReport& report) {
  try {
    report = {};
    Result<Graph> graph = import_bytes(std::move(file), options, report);
    make_printable(&report);
    return graph;
  } catch (const std::bad_alloc&) {
    return fail(ErrorCode::out_of_memory, "out of memory");
  } catch (const std::exception& exception) {
    return fail(ErrorCode::internal, "%s", exception.what());
  }
}

}  // namespace
}  // namespace pt2

Result<Graph> import_pt2(std::span<const std::byte> bytes, const Pt2ImportOptions& options, ImportReport& report) {
  return pt2::guarded_import(Bytes::copy_of(bytes), options, report);
}

Result<Graph> import_pt2(const std::string& path, const Pt2ImportOptions& options, ImportReport& report) {
  Result<Graph> graph = pt2::guarded_import(INGOT_TRY(map_file(path)), options, report);
  if (!graph) return pt2::with_context(std::move(graph.error()), path);
  return graph;
}

}  // namespace ingot::compiler
