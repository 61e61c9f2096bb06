#include "compiler/frontend/pt2/program.h"

#include <utility>

#include "compiler/frontend/pt2/json_text.h"
#include "runtime/core/tensor.h"

namespace ingot::compiler::pt2 {
namespace {

constexpr int64_t kSchemaMajor = 8;
constexpr int kMostNesting = 16;  // graphs inside arguments of graphs

Result<ProgramGraph> read_graph(const Json& json, int nesting);

// Calls f on each element; its errors end the walk.
template <typename F>
Result<void> for_each(const Json& list, const char* what, F&& f) {
  if (!list.is_array()) return fail(ErrorCode::invalid_file, "the program's JSON: '%s' is no list", what);
  for (const Json& element : list) INGOT_TRY_VOID(f(element));
  return {};
}

// {"as_tensor": {"name": ...}}, {"as_none": true}
Result<std::string> read_optional_tensor(const Json& json) {
  const Variant variant = INGOT_TRY(variant_of(json, "as_optional_tensors"));
  if (variant.name == "as_none") return std::string();
  return text_field(*variant.value, "name");
}

// {"as_name": ...}, {"as_int": 3}
Result<IntArg> read_symbolic_int(const Json& json) {
  const Variant variant = INGOT_TRY(variant_of(json, "as_sym_int"));
  if (variant.name == "as_name") return IntArg{INGOT_TRY(text_of(*variant.value, "as_name")), 0};
  if (variant.name == "as_int") return IntArg{{}, INGOT_TRY(integer_of(*variant.value, "as_int"))};
  return fail(ErrorCode::invalid_file, "the program's JSON: a symbolic integer is neither a name nor a number");
}

Result<ProgramArg> read_tensors(const Json& json, bool optional) {
  TensorListArg list;
  INGOT_TRY_VOID(for_each(json, "as_tensors", [&](const Json& element) -> Result<void> {
    list.names.push_back(optional ? INGOT_TRY(read_optional_tensor(element)) : INGOT_TRY(text_field(element, "name")));
    return {};
  }));
  return list;
}

Result<ProgramArg> read_ints(const Json& json, bool symbolic) {
  IntListArg list;
  INGOT_TRY_VOID(for_each(json, "as_ints", [&](const Json& element) -> Result<void> {
    list.items.push_back(symbolic ? INGOT_TRY(read_symbolic_int(element))
                                  : IntArg{{}, INGOT_TRY(integer_of(element, "as_ints"))});
    return {};
  }));
  return list;
}

Result<ProgramArg> read_floats(const Json& json) {
  FloatListArg list;
  INGOT_TRY_VOID(for_each(json, "as_floats", [&](const Json& element) -> Result<void> {
    list.items.push_back(INGOT_TRY(real_of(element, "as_floats")));
    return {};
  }));
  return list;
}

Result<ProgramArg> read_bools(const Json& json) {
  BoolListArg list;
  INGOT_TRY_VOID(for_each(json, "as_bools", [&](const Json& element) -> Result<void> {
    list.items.push_back(INGOT_TRY(boolean_of(element, "as_bools")));
    return {};
  }));
  return list;
}

Result<ProgramArg> read_symbolic_float(const Json& json) {
  const Variant variant = INGOT_TRY(variant_of(json, "as_sym_float"));
  if (variant.name == "as_name") return FloatArg{INGOT_TRY(text_of(*variant.value, "as_name")), 0};
  return FloatArg{{}, INGOT_TRY(real_of(*variant.value, "as_float"))};
}

Result<ProgramArg> read_symbolic_bool(const Json& json) {
  const Variant variant = INGOT_TRY(variant_of(json, "as_sym_bool"));
  if (variant.name == "as_name") return BoolArg{INGOT_TRY(text_of(*variant.value, "as_name")), false};
  return BoolArg{{}, INGOT_TRY(boolean_of(*variant.value, "as_bool"))};
}

Result<ProgramArg> read_subgraph(const Json& json, int nesting) {
  if (nesting >= kMostNesting) return fail(ErrorCode::limit_exceeded, "graphs nested deeper than %d", kMostNesting);
  const Json* graph = INGOT_TRY(object_field(json, "graph"));
  return GraphArg{std::make_shared<const ProgramGraph>(INGOT_TRY(read_graph(*graph, nesting + 1)))};
}

Result<ProgramArg> read_argument(const Json& json, int nesting) {
  const auto [name, value] = INGOT_TRY(variant_of(json, "arg"));
  if (name == "as_none") return NoneArg{};
  if (name == "as_tensor") return TensorArg{INGOT_TRY(text_field(*value, "name"))};
  if (name == "as_tensors") return read_tensors(*value, false);
  if (name == "as_optional_tensors") return read_tensors(*value, true);
  if (name == "as_optional_tensor") {
    const std::string tensor = INGOT_TRY(read_optional_tensor(*value));
    return tensor.empty() ? ProgramArg(NoneArg{}) : ProgramArg(TensorArg{tensor});
  }
  if (name == "as_int") return IntArg{{}, INGOT_TRY(integer_of(*value, "as_int"))};
  if (name == "as_ints") return read_ints(*value, false);
  if (name == "as_sym_int") return INGOT_TRY(read_symbolic_int(*value));
  if (name == "as_sym_ints") return read_ints(*value, true);
  if (name == "as_float") return FloatArg{{}, INGOT_TRY(real_of(*value, "as_float"))};
  if (name == "as_floats") return read_floats(*value);
  if (name == "as_sym_float") return read_symbolic_float(*value);
  if (name == "as_bool") return BoolArg{{}, INGOT_TRY(boolean_of(*value, "as_bool"))};
  if (name == "as_bools") return read_bools(*value);
  if (name == "as_sym_bool") return read_symbolic_bool(*value);
  if (name == "as_string") return TextArg{INGOT_TRY(text_of(*value, "as_string"))};
  if (name == "as_scalar_type") return DTypeArg{INGOT_TRY(integer_of(*value, "as_scalar_type"))};
  if (name == "as_memory_format" || name == "as_layout" || name == "as_device") return PlacementArg{};
  if (name == "as_graph") return read_subgraph(*value, nesting);
  return OtherArg{std::string(name)};
}

Result<std::vector<ProgramArg>> read_arguments(const Json& object, const char* field, int nesting) {
  std::vector<ProgramArg> args;
  const Json* list = INGOT_TRY(array_field(object, field));
  INGOT_TRY_VOID(for_each(*list, field, [&](const Json& element) -> Result<void> {
    args.push_back(INGOT_TRY(read_argument(element, nesting)));
    return {};
  }));
  return args;
}

Result<ProgramNode> read_node(const Json& json, int nesting) {
  ProgramNode node;
  node.target = INGOT_TRY(text_field(json, "target"));
  const Json* inputs = INGOT_TRY(array_field(json, "inputs"));
  INGOT_TRY_VOID(for_each(*inputs, "inputs", [&](const Json& element) -> Result<void> {
    const Json* arg = INGOT_TRY(object_field(element, "arg"));
    const Json* name = find_field(element, "name");
    auto argument = INGOT_TRY(read_argument(*arg, nesting));
    std::string text = name == nullptr ? std::string() : INGOT_TRY(text_of(*name, "name"));
    node.inputs.push_back({std::move(text), std::move(argument)});
    return {};
  }));
  node.outputs = INGOT_TRY(read_arguments(json, "outputs", nesting));
  return node;
}

// {"as_int": 3}, {"as_expr": {"expr_str": ..., "hint": ...}}
Result<ProgramDim> read_dim(const Json& json) {
  const Variant variant = INGOT_TRY(variant_of(json, "sizes"));
  if (variant.name == "as_int") return ProgramDim{INGOT_TRY(integer_of(*variant.value, "as_int")), {}};
  return ProgramDim{{}, INGOT_TRY(text_field(*variant.value, "expr_str"))};
}

Result<ProgramTensor> read_tensor(const Json& json) {
  ProgramTensor tensor;
  tensor.dtype = INGOT_TRY(integer_field(json, "dtype"));
  const Json* sizes = INGOT_TRY(array_field(json, "sizes"));
  if (sizes->size() > 64) return fail(ErrorCode::invalid_file, "a tensor of %zu dimensions", sizes->size());
  INGOT_TRY_VOID(for_each(*sizes, "sizes", [&](const Json& element) -> Result<void> {
    tensor.sizes.push_back(INGOT_TRY(read_dim(element)));
    return {};
  }));
  return tensor;
}

Result<ProgramGraph> read_graph(const Json& json, int nesting) {
  ProgramGraph graph;
  graph.inputs = INGOT_TRY(read_arguments(json, "inputs", nesting));
  graph.outputs = INGOT_TRY(read_arguments(json, "outputs", nesting));
  const Json* nodes = INGOT_TRY(array_field(json, "nodes"));
  INGOT_TRY_VOID(for_each(*nodes, "nodes", [&](const Json& element) -> Result<void> {
    graph.nodes.push_back(INGOT_TRY(read_node(element, nesting)));
    return {};
  }));
  const Json* tensors = INGOT_TRY(object_field(json, "tensor_values"));
  for (auto entry = tensors->begin(); entry != tensors->end(); ++entry) {
    graph.tensors.emplace(entry.key(), INGOT_TRY(read_tensor(*entry)));
  }
  return graph;
}

Result<InputSpec> read_input_spec(const Json& json) {
  const auto [name, value] = INGOT_TRY(variant_of(json, "input_specs"));
  if (name == "user_input") return InputSpec{InputSpec::Kind::user, {}, true};
  if (name == "parameter")
    return InputSpec{InputSpec::Kind::parameter, INGOT_TRY(text_field(*value, "parameter_name")), true};
  if (name == "buffer") {
    // Before there were others, all buffers were persistent.
    const Json* persistent = find_field(*value, "persistent");
    return InputSpec{InputSpec::Kind::buffer, INGOT_TRY(text_field(*value, "buffer_name")),
                     persistent == nullptr || INGOT_TRY(boolean_of(*persistent, "persistent"))};
  }
  if (name == "tensor_constant")
    return InputSpec{InputSpec::Kind::constant_tensor, INGOT_TRY(text_field(*value, "tensor_constant_name")), false};
  if (name == "constant_input") return InputSpec{InputSpec::Kind::constant, {}, true};
  return InputSpec{InputSpec::Kind::other, std::string(name), true};
}

Result<OutputSpec> read_output_spec(const Json& json) {
  const auto [name, value] = INGOT_TRY(variant_of(json, "output_specs"));
  if (name == "user_output") return OutputSpec{};
  for (const char* target : {"buffer_name", "parameter_name", "user_input_name"}) {
    if (!name.ends_with("_mutation") || find_field(*value, target) == nullptr) continue;
    return OutputSpec{OutputSpec::Kind::mutation, INGOT_TRY(text_field(*value, target))};
  }
  return OutputSpec{OutputSpec::Kind::other, std::string(name)};
}

Result<void> read_signature(const Json& json, ExportedProgram* program) {
  const Json* inputs = INGOT_TRY(array_field(json, "input_specs"));
  INGOT_TRY_VOID(for_each(*inputs, "input_specs", [&](const Json& element) -> Result<void> {
    program->inputs.push_back(INGOT_TRY(read_input_spec(element)));
    return {};
  }));
  const Json* outputs = INGOT_TRY(array_field(json, "output_specs"));
  return for_each(*outputs, "output_specs", [&](const Json& element) -> Result<void> {
    program->outputs.push_back(INGOT_TRY(read_output_spec(element)));
    return {};
  });
}

Result<std::map<std::string, SymbolRange>> read_ranges(const Json& json) {
  std::map<std::string, SymbolRange> ranges;
  for (auto entry = json.begin(); entry != json.end(); ++entry) {
    SymbolRange range;
    if (const Json* min = find_field(*entry, "min_val")) range.min = INGOT_TRY(integer_of(*min, "min_val"));
    if (const Json* max = find_field(*entry, "max_val")) range.max = INGOT_TRY(integer_of(*max, "max_val"));
    ranges.emplace(entry.key(), range);
  }
  return ranges;
}

Result<void> check_version(const Json& json) {
  const Json* version = INGOT_TRY(object_field(json, "schema_version"));
  const int64_t major = INGOT_TRY(integer_field(*version, "major"));
  if (major == kSchemaMajor) return {};
  return fail(ErrorCode::not_supported, "its schema is of version %lld, expected %lld", static_cast<long long>(major),
              static_cast<long long>(kSchemaMajor));
}

// A tensor of a weights configuration; nothing where it is none.
Result<std::optional<StoredTensor>> read_stored(const Json& json) {
  const Json* meta = find_field(json, "tensor_meta");
  const Json* pickled = find_field(json, "use_pickle");
  if (meta == nullptr || (pickled != nullptr && INGOT_TRY(boolean_of(*pickled, "use_pickle")))) return std::nullopt;
  StoredTensor tensor;
  tensor.storage = INGOT_TRY(text_field(json, "path_name"));
  tensor.dtype = INGOT_TRY(to_dtype(INGOT_TRY(integer_field(*meta, "dtype"))));
  const auto number = [](const Json& element) -> Result<int64_t> {
    const ProgramDim dim = INGOT_TRY(read_dim(element));
    if (!dim.value) return fail(ErrorCode::invalid_file, "a stored tensor of symbolic size");
    return *dim.value;
  };
  for (const auto& [field, list] : {std::pair("sizes", &tensor.sizes), std::pair("strides", &tensor.strides)}) {
    const Json* numbers = INGOT_TRY(array_field(*meta, field));
    if (numbers->size() > kMaxRank) return fail(ErrorCode::invalid_file, "a tensor of %zu dimensions", numbers->size());
    for (const Json& element : *numbers) list->push_back(INGOT_TRY(number(element)));
  }
  tensor.offset = INGOT_TRY(number(*INGOT_TRY(object_field(*meta, "storage_offset"))));
  return tensor;
}

}  // namespace

Result<ExportedProgram> parse_program(std::string_view text) {
  const Json json = INGOT_TRY(parse_json(text));
  INGOT_TRY_VOID(check_version(json));
  ExportedProgram program;
  const Json* module = INGOT_TRY(object_field(json, "graph_module"));
  program.graph = INGOT_TRY(read_graph(*INGOT_TRY(object_field(*module, "graph")), 0));
  INGOT_TRY_VOID(read_signature(*INGOT_TRY(object_field(*module, "signature")), &program));
  if (program.inputs.size() != program.graph.inputs.size() || program.outputs.size() != program.graph.outputs.size())
    return fail(ErrorCode::invalid_file, "its signature names %zu inputs and %zu outputs, its graph has %zu and %zu",
                program.inputs.size(), program.outputs.size(), program.graph.inputs.size(),
                program.graph.outputs.size());
  if (const Json* ranges = find_field(json, "range_constraints")) {
    if (!ranges->is_object()) return fail(ErrorCode::invalid_file, "its range_constraints are no object");
    program.ranges = INGOT_TRY(read_ranges(*ranges));
  }
  return program;
}

Result<std::map<std::string, StoredTensor>> parse_tensor_config(std::string_view text) {
  const Json json = INGOT_TRY(parse_json(text));
  const Json* config = INGOT_TRY(object_field(json, "config"));
  std::map<std::string, StoredTensor> tensors;
  for (auto entry = config->begin(); entry != config->end(); ++entry) {
    Result<std::optional<StoredTensor>> tensor = read_stored(*entry);
    if (!tensor) {
      tensor.error().add_context("tensor '%.80s'", entry.key().c_str());
      return std::unexpected(std::move(tensor.error()));
    }
    if (*tensor) tensors.emplace(entry.key(), std::move(**tensor));
  }
  return tensors;
}

Result<DType> to_dtype(int64_t number) {
  switch (number) {
    case 1:
      return DType::uint8;
    case 2:
      return DType::int8;
    case 3:
      return DType::int16;
    case 4:
      return DType::int32;
    case 5:
      return DType::int64;
    case 6:
      return DType::float16;
    case 7:
      return DType::float32;
    case 8:
      return DType::float64;
    case 12:
      return DType::boolean;
    case 13:
      return DType::bfloat16;
    case 28:
      return DType::uint16;
    case 34:
      return DType::uint32;
    case 35:
      return DType::uint64;
    default:
      return fail(ErrorCode::not_supported, "dtype %lld of torch.export's schema (complex, float8, ...)",
                  static_cast<long long>(number));
  }
}

}  // namespace ingot::compiler::pt2
