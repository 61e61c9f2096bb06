#include "delegate/xnnpack/lower/node_lowering.h"

#include <limits>

#include "delegate/xnnpack/graph/define.h"
#include "delegate/xnnpack/lower/quantize.h"
#include "runtime/core/dtype.h"

namespace ingot::xnnpack::lowering {
namespace {

const std::unordered_map<std::string_view, RuleFunction>& rules() {
  static const auto table = [] {
    std::unordered_map<std::string_view, RuleFunction> all;
    for (const auto family : {elementwise_rules(), convolution_rules(), matmul_rules(), movement_rules(),
                              normalization_rules(), pooling_rules(), reduction_rules()}) {
      for (const Rule& rule : family) all.emplace(rule.op, rule.lower);
    }
    return all;
  }();
  return table;
}

// The region's own tensors.
class RegionScope final : public Scope {
 public:
  explicit RegionScope(Tensors& tensors) : tensors_(tensors) {}
  Tensor* find(const IrValue& value) override { return tensors_.find(value); }
  void set(const IrValue& value, Tensor& tensor) override { tensors_.set(value, tensor); }

 private:
  Tensors& tensors_;
};

// A payload of its own for one node: the region's tensors are its inputs, its results are outputs.
class TrialScope final : public Scope {
 public:
  TrialScope(TensorBuilder& build, Tensors& tensors) : build_(build), tensors_(tensors) {}

  Tensor* find(const IrValue& value) override {
    Tensor*& copy = copies_[&value];
    if (copy != nullptr) return copy;
    const Tensor* tensor = tensors_.find(value);
    if (tensor == nullptr) return nullptr;
    if (tensor->is_constant()) {
      return copy = &build_.constant(tensor->sizes, tensor->data_order, *tensor->data, tensor->type);
    }
    const bool by_row = tensor->type.per_token.has_value();
    const ElementType type = by_row ? ElementType{} : tensor->type;
    copy = &build_.input(externals_++, tensor->sizes, build_.preferred(*tensor).order, type);
    if (by_row) copy = &build_.convert(*copy, tensor->type);
    return copy;
  }

  void set(const IrValue&, Tensor& tensor) override {
    if (!tensor.is_constant()) results_.push_back(&tensor);
  }

  // Would XNNPACK run it?
  bool is_taken() && {
    for (Tensor* result : results_) build_.output(*result, result->type, externals_++, build_.preferred(*result).order);
    const TensorBuilder::Finished finished = std::move(build_).finish();
    const auto payload = Payload::parse(finished.payload.blob);
    return payload && try_payload(*payload, WrittenData(finished.payload));
  }

 private:
  TensorBuilder& build_;
  Tensors& tensors_;
  std::unordered_map<const IrValue*, Tensor*> copies_;
  std::vector<Tensor*> results_;
  uint32_t externals_ = 0;
};

class Writer {
 public:
  Writer(TensorBuilder& build, Tensors& tensors, const Fusions& fusions, const Node& node, RuleFunction rule)
      : build_(build), tensors_(tensors), fusions_(fusions), node_(node), rule_(rule) {
    const auto integers = fusions.result_integers(node);
    if (integers) wanted_ = activation_type(*integers, tensors.is_unsigned());
  }

  Lowered write() {
    RegionScope scope(tensors_);
    for (const Form form : {Form::integers, Form::weights}) {
      if (tensors_.have_integers() && is_taken(form)) return write(build_, scope, form, nullptr);
    }
    return write(build_, scope, Form::floats, nullptr);
  }

 private:
  Lowered write(TensorBuilder& build, Scope& scope, Form form, bool* has_read_integers) const {
    build.compute_in(form == Form::integers ? wanted_ : ElementType{});
    NodeLowering lowering(build, scope, fusions_, node_, form, wanted_);
    Lowered lowered = rule_(lowering);
    if (has_read_integers != nullptr) *has_read_integers = lowering.has_read_integers();
    return lowered;
  }

  bool is_taken(Form form) const {
    TensorBuilder build(true);
    TrialScope scope(build, tensors_);
    bool has_read_integers = false;
    if (!write(build, scope, form, &has_read_integers) || !has_read_integers || build.is_ambiguous()) return false;
    return std::move(scope).is_taken();
  }

  TensorBuilder& build_;
  Tensors& tensors_;
  const Fusions& fusions_;
  const Node& node_;
  RuleFunction rule_;
  std::optional<ElementType> wanted_;  // the integers that the graph asks for
};

}  // namespace

std::string to_string(const Sizes& sizes) {
  return compiler::to_string(compiler::to_shape(sizes));
}

Sizes sizes_of(const IrValue& value) {
  return compiler::static_sizes(value.type.shape);
}

Order order_of(const IrValue& value) {
  return value.type.dim_order.empty() ? identity(value.type.rank()) : value.type.dim_order;
}

Lowered check_shape(const IrValue& value) {
  if (!compiler::is_static(value.type.shape)) {
    return refuse("its shape is not fixed: '{}' is {}", value.name, compiler::to_string(value.type));
  }
  for (const compiler::Dim& dim : value.type.shape) {
    if (dim.value() <= 0 || dim.value() > std::numeric_limits<uint32_t>::max()) {
      return refuse("'{}' is {}", value.name, compiler::to_string(value.type));
    }
  }
  if (value.type.max_nbytes() > kMaxValueBytes) {
    return refuse("'{}' is {}, larger than {} bytes", value.name, compiler::to_string(value.type), kMaxValueBytes);
  }
  return {};
}

Lowered check_value(const IrValue& value) {
  if (value.type.dtype != DType::float32) return refuse("dtype {}", ingot::to_string(value.type.dtype));
  return check_shape(value);
}

Tensor* Tensors::find(const IrValue& value) {
  Tensor*& tensor = tensors_[&value];
  if (tensor == nullptr && value.is_constant()) tensor = &build_.constant(sizes_of(value), order_of(value), value.data);
  return tensor;
}

void Tensors::set(const IrValue& value, Tensor& tensor) {
  tensors_[&value] = &tensor;
  have_integers_ = have_integers_ || !is_float(tensor.type);
}

Expected<Tensor*> NodeLowering::operand_as_is(const IrValue* value) {
  INGOT_TRY_VOID(check_value(*value));
  Tensor* tensor = scope_.find(*value);
  if (tensor == nullptr) return refuse("'{}' has no value here", value->name);
  has_read_integers_ = has_read_integers_ || (!is_float(tensor->type) && (tensor->is_constant() || in_integers()));
  return tensor;
}

Expected<Tensor*> NodeLowering::operand(const IrValue* value) {
  Tensor* tensor = INGOT_TRY(operand_as_is(value));
  if (in_integers() && !tensor->is_constant() && is_float(tensor->type)) return refuse("'{}' is float", value->name);
  const bool as_is = in_integers() || (form_ == Form::weights && tensor->is_constant());
  return as_is ? tensor : &build.to_float(*tensor);
}

Expected<Tensor*> NodeLowering::optional_operand(std::string_view arg) {
  if (node.is_none(arg)) return nullptr;
  return operand(arg);
}

Expected<std::vector<float>> NodeLowering::constant_elements(std::string_view arg) {
  const Tensor* tensor = INGOT_TRY(operand_as_is(node.tensor(arg)));
  if (!tensor->is_constant()) return refuse("its {} is not constant", arg);
  if (!same_memory(tensor->sizes, tensor->data_order, identity(tensor->rank()))) {
    return refuse("its {} is not stored contiguously", arg);
  }
  return float_elements({tensor->sizes, tensor->data_order, tensor->type, *tensor->data});
}

Bounds NodeLowering::without_implied(const Bounds& bounds) const {
  if (!bounds || !in_integers() || !result_) return bounds;
  const Interval range = range_of(*result_);
  // A bound within half a step of the end rounds to it.
  const double half = result_->per_tensor->scale / 2.0;
  const bool implied = bounds->first <= range.low + half && bounds->second >= range.high - half;
  return implied ? std::nullopt : bounds;
}

Lowered NodeLowering::define(size_t output, Tensor& tensor) {
  const IrValue* value = node.output(output);
  INGOT_TRY_VOID(check_value(*value));
  if (tensor.sizes != sizes_of(*value)) {
    return refuse("XNNPACK's result would be {}, expected {}", to_string(tensor.sizes),
                  compiler::to_string(value->type.shape));
  }
  scope_.set(*value, tensor);
  return {};
}

Lowered lower_node(TensorBuilder& build, Tensors& tensors, const Fusions& fusions, const Node& node) {
  if (is_between_numbers(node)) return lower_quantization(build, tensors, fusions, node);
  const auto rule = rules().find(node.op().full_name());
  if (rule == rules().end()) return refuse("XNNPACK has no such operator");
  return Writer(build, tensors, fusions, node, rule->second).write();
}

}  // namespace ingot::xnnpack::lowering
