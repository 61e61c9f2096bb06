// The compiler's one representation of a model: a Graph of Nodes over Values, in Core ATen operators.
//
// A Graph is in static single assignment form: a Value is an input, a constant, or an output of exactly one Node, and
// the Nodes are kept in an order in which every Value is defined before it is used. A Graph owns its Values and Nodes;
// pointers to them stay valid until they are erased. Passes edit a Graph in place (compiler/ir/rewrite.h) and the rules
// of compiler/ir/verify.h hold before and after each.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

#include "compiler/ir/dim.h"
#include "compiler/ir/op_schema.h"
#include "runtime/core/dtype.h"
#include "runtime/core/error.h"

namespace ingot::compiler {

class Node;
class Graph;

// Immutable bytes with a shared owner: weights stay where the model file was mapped until something changes them.
class Bytes {
 public:
  Bytes() = default;
  Bytes(std::shared_ptr<const void> owner, std::span<const std::byte> data) : owner_(std::move(owner)), data_(data) {}
  // Owns a copy.
  static Bytes copy_of(std::span<const std::byte> data);
  // `size` writable bytes, through the pointer handed out, before they are shared.
  static Bytes allocate(size_t size, std::byte** writable);

  std::span<const std::byte> span() const { return data_; }
  size_t size() const { return data_.size(); }
  template <typename T>
  std::span<const T> as() const {
    return {reinterpret_cast<const T*>(data_.data()), data_.size() / sizeof(T)};
  }

 private:
  std::shared_ptr<const void> owner_;
  std::span<const std::byte> data_;
};

struct TensorType {
  DType dtype = DType::float32;
  Shape shape;
  // Outermost to innermost; empty for contiguous.
  std::vector<uint8_t> dim_order;

  size_t rank() const { return shape.size(); }
  // At the largest sizes.
  size_t max_nbytes() const;
  friend bool operator==(const TensorType&, const TensorType&) = default;
};

// "float32[1, 3, 224, 224]", with " order [0, 2, 3, 1]" where it is not contiguous.
std::string to_string(const TensorType& type);

struct Value {
  enum class Kind : uint8_t {
    input,     // given by the caller
    constant,  // data holds its bytes, contiguous in dim_order
    result,    // producer->outputs()[output_index]
  };

  Kind kind = Kind::result;
  std::string name;  // unique in the Graph
  TensorType type;
  Bytes data;                // of a constant
  Node* producer = nullptr;  // of a result
  size_t output_index = 0;   // of a result

  bool is_constant() const { return kind == Kind::constant; }
};

// One argument of a Node, by the type its schema gives it. None is std::monostate. A symbolic integer is a Dim.
using Argument = std::variant<std::monostate, Value*, std::vector<Value*>,  // Tensor, Tensor[] (null: absent element)
                              int64_t, double, bool, std::string, DType, Dim, std::vector<int64_t>, Shape,
                              std::vector<double>, std::vector<bool>>;

// What a delegate call carries (made by compiler/partition).
struct DelegateCallInfo {
  std::string backend_id;  // "XnnpackBackend"
  Bytes payload;
  std::vector<std::pair<std::string, Bytes>> named_data;  // bytes that the payload names
  std::vector<std::string> node_names;                    // what it computes, for reports
  std::vector<std::string> debug_names;                   // source name of debug handle i + 1
  int64_t macs = 0;
  size_t num_nodes = 0;
  std::shared_ptr<const Graph> region;  // the nodes it replaced
};

class Node {
 public:
  const OpSchema& op() const { return *op_; }
  // True for a call of this functional operator, e.g. is("aten::add.Tensor").
  bool is(std::string_view full_name) const { return op_->full_name() == full_name; }
  // The name that the source model gives the node, through all passes.
  const std::string& source() const { return source_; }
  void set_source(std::string source) { source_ = std::move(source); }

  std::span<const Argument> args() const { return args_; }
  const Argument& arg(size_t i) const { return args_[i]; }
  // The argument that the schema calls `name` (which must exist).
  const Argument& arg(std::string_view name) const { return args_[op_->index_of(name)]; }
  void set_arg(size_t i, Argument arg) { args_[i] = std::move(arg); }

  // Typed access; the argument must hold that type. tensor() gives null for none. ints() reads static Dims too.
  Value* tensor(size_t i) const;
  Value* tensor(std::string_view name) const { return tensor(op_->index_of(name)); }
  const std::vector<Value*>& tensors(size_t i) const { return std::get<std::vector<Value*>>(args_[i]); }
  int64_t integer(size_t i) const;
  int64_t integer(std::string_view name) const { return integer(op_->index_of(name)); }
  bool boolean(size_t i) const { return std::get<bool>(args_[i]); }
  bool boolean(std::string_view name) const { return boolean(op_->index_of(name)); }
  double real(size_t i) const;  // of a float, int or bool
  double real(std::string_view name) const { return real(op_->index_of(name)); }
  std::vector<int64_t> ints(size_t i) const;
  std::vector<int64_t> ints(std::string_view name) const { return ints(op_->index_of(name)); }
  bool is_none(size_t i) const { return std::holds_alternative<std::monostate>(args_[i]); }
  bool is_none(std::string_view name) const { return is_none(op_->index_of(name)); }

  // All Values that the arguments name, in order, absent ones left out.
  std::vector<Value*> inputs() const;
  std::span<Value* const> outputs() const { return outputs_; }
  Value* output(size_t i = 0) const { return outputs_[i]; }

  const DelegateCallInfo* delegate_call() const { return delegate_call_.get(); }
  DelegateCallInfo* delegate_call() { return delegate_call_.get(); }

 private:
  friend class Graph;
  const OpSchema* op_ = nullptr;
  std::vector<Argument> args_;
  std::vector<Value*> outputs_;
  std::string source_;
  std::unique_ptr<DelegateCallInfo> delegate_call_;
};

class Graph {
 public:
  explicit Graph(std::string name = "forward") : name_(std::move(name)) {}
  Graph(Graph&&) = default;
  Graph& operator=(Graph&&) = default;

  const std::string& name() const { return name_; }
  void set_name(std::string name) { name_ = std::move(name); }

  Value* add_input(std::string_view name, TensorType type);
  Value* add_constant(std::string_view name, TensorType type, Bytes data);
  // The outputs of the method, in order; a Value may stand several times.
  std::vector<Value*>& outputs() { return outputs_; }
  const std::vector<Value*>& outputs() const { return outputs_; }
  const std::vector<Value*>& inputs() const { return inputs_; }
  // Names of outputs as the source model gives them; may be empty.
  std::vector<std::string> output_names;

  // Appends a node (or inserts it before `before`) with outputs of the given types. Arguments must already fit the
  // schema; use Builder to have them filled in, checked and shapes inferred.
  Node* add_node(const OpSchema& op, std::vector<Argument> args, const std::vector<TensorType>& output_types,
                 std::string source, const Node* before = nullptr);
  Node* add_delegate_call(std::unique_ptr<DelegateCallInfo> info, const std::vector<Value*>& inputs,
                          const std::vector<TensorType>& output_types, std::string source, const Node* before);

  // In execution order.
  const std::vector<std::unique_ptr<Node>>& nodes() const { return nodes_; }
  // Every Value, in order of creation (constants and inputs included).
  const std::vector<std::unique_ptr<Value>>& values() const { return values_; }

  // Erases these nodes and their outputs, which nothing may use any more.
  void erase(const std::vector<Node*>& nodes);
  // Uses the new Value wherever the old one was used, in nodes and outputs; chains in the map are followed.
  void replace_uses(const std::unordered_map<const Value*, Value*>& replacements);
  // Reorders the nodes; `order` is a permutation of them.
  void reorder(const std::vector<Node*>& order);
  // Drops constants that nothing uses. Inputs always stay.
  void drop_unused_constants();

  // Gives the Value this name, or one made from it where another Value has it.
  void rename(Value* value, std::string_view name);
  // A name that no Value has yet, made from `hint`.
  std::string unique_name(std::string_view hint);

 private:
  Value* add_value(std::string_view name, TensorType type);

  std::string name_;
  std::vector<std::unique_ptr<Value>> values_;
  std::vector<std::unique_ptr<Node>> nodes_;
  std::vector<Value*> inputs_;
  std::vector<Value*> outputs_;
  std::unordered_map<std::string, int> names_;  // name -> next suffix
};

// Who uses each Value, as of when it was made.
class Uses {
 public:
  explicit Uses(const Graph& graph);
  // Each user once, in execution order.
  std::span<Node* const> of(const Value* value) const;
  // How often the graph's outputs name it.
  size_t as_output(const Value* value) const;
  // Exactly one node uses it, in one argument, and no graph output does?
  bool single(const Value* value) const;

 private:
  struct Entry {
    std::vector<Node*> nodes;
    size_t uses = 0;
    size_t outputs = 0;
  };
  std::unordered_map<const Value*, Entry> entries_;
};

}  // namespace ingot::compiler
