// An exported program as its JSON says it: the graph, what its inputs and outputs stand for, and the bounds of its
// symbols. Names are resolved and operators known elsewhere; here only the form is checked. Reads schema version 8 in
// the dialects of PyTorch 2.6 and later. Plain values; parsing takes memory in proportion to the text, which is
// limited.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "compiler/frontend/pt2/stored_tensor.h"
#include "runtime/core/error.h"

namespace ingot::compiler::pt2 {

struct ProgramGraph;

// --- Arguments: one struct a variant of the format's union that means something here.
struct NoneArg {};
struct TensorArg {
  std::string name;
};
struct TensorListArg {
  std::vector<std::string> names;  // empty: none
};
// A whole number, or the name of a symbolic one.
struct IntArg {
  std::string name;
  int64_t value = 0;
};
struct IntListArg {
  std::vector<IntArg> items;
};
struct FloatArg {
  std::string name;  // of a symbolic one
  double value = 0;
};
struct FloatListArg {
  std::vector<double> items;
};
struct BoolArg {
  std::string name;  // of a symbolic one
  bool value = false;
};
struct BoolListArg {
  std::vector<bool> items;
};
struct TextArg {
  std::string value;
};
struct DTypeArg {
  int64_t number = 0;  // to_dtype
};
// A memory format, a layout, a device: where and how a tensor lies, which the compiler decides by itself.
struct PlacementArg {};
struct GraphArg {
  std::shared_ptr<const ProgramGraph> graph;
};
// A variant that cannot be used here.
struct OtherArg {
  std::string variant;
};

using ProgramArg = std::variant<NoneArg, TensorArg, TensorListArg, IntArg, IntListArg, FloatArg, FloatListArg, BoolArg,
                                BoolListArg, TextArg, DTypeArg, PlacementArg, GraphArg, OtherArg>;

struct NamedProgramArg {
  std::string name;  // as in the operator's schema; may be empty
  ProgramArg arg;
};

struct ProgramNode {
  std::string target;  // "torch.ops.aten.add.Tensor"
  std::vector<NamedProgramArg> inputs;
  std::vector<ProgramArg> outputs;
};

// A size: a number, or an expression in SymPy's words ("Symbol('s77', ...)").
struct ProgramDim {
  std::optional<int64_t> value;
  std::string expression;
};

struct ProgramTensor {
  int64_t dtype = 0;  // to_dtype
  std::vector<ProgramDim> sizes;
};

struct ProgramGraph {
  std::vector<ProgramArg> inputs;
  std::vector<ProgramArg> outputs;
  std::vector<ProgramNode> nodes;
  std::map<std::string, ProgramTensor, std::less<>> tensors;
};

// What stands behind an input of the graph.
struct InputSpec {
  enum class Kind : uint8_t { user, parameter, buffer, constant_tensor, constant, other };
  Kind kind = Kind::user;
  std::string target;      // of a parameter, buffer or constant tensor: its name in the archive
  bool persistent = true;  // of a buffer
};

// What becomes of an output of the graph.
struct OutputSpec {
  enum class Kind : uint8_t { user, mutation, other };
  Kind kind = Kind::user;
  std::string target;  // of a mutation: what is changed
};

struct SymbolRange {
  std::optional<int64_t> min;
  std::optional<int64_t> max;
};

struct ExportedProgram {
  ProgramGraph graph;
  std::vector<InputSpec> inputs;    // of graph.inputs
  std::vector<OutputSpec> outputs;  // of graph.outputs
  std::map<std::string, SymbolRange> ranges;
};

Result<ExportedProgram> parse_program(std::string_view json);

// The tensors that a *_weights_config.json or *_constants_config.json lists, by name; StoredTensor::storage is the name
// of the record. Those that are no plain tensors are left out.
Result<std::map<std::string, StoredTensor>> parse_tensor_config(std::string_view json);

// The dtype that the format's number stands for; not_supported where Ingot has none.
Result<DType> to_dtype(int64_t number);

}  // namespace ingot::compiler::pt2
