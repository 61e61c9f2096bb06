#include "tests/support/executorch_rules.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <format>
#include <numeric>
#include <string_view>
#include <utility>

#include "runtime/program/program_file.h"
#include "schema/operators.h"
#include "schema/program_generated.h"

namespace ingot::testing {

namespace {

constexpr uint64_t kSegmentAlignment = 128, kConstantAlignment = 16, kPlanAlignment = 16;
constexpr size_t kLongestOperatorName = 99;

template <typename T>
T number_at(std::span<const std::byte> file, size_t offset) {
  T value;
  std::memcpy(&value, file.data() + offset, sizeof value);
  return value;
}

// Arguments that a call's schema counts as tensors to write to: one a value that the operator returns.
size_t count_outputs(const schema::Operator& op) {
  return 1 + static_cast<size_t>(std::ranges::count(op.returns, ','));
}

// Arguments of the `out` overload before the tensors to write to: those of the operator, but for what these tensors
// answer themselves (the dtype, layout, device and so on of what is made).
size_t count_arguments(const schema::Operator& op) {
  const std::string_view args = op.args;
  size_t depth = 0, found = args.empty() ? 0 : 1;
  for (const char c : args) {
    if (c == '[' || c == '(') ++depth;
    if (c == ']' || c == ')') --depth;
    found += c == ',' && depth == 0;
  }
  const auto has = [&](std::string_view text) { return args.find(text) != std::string_view::npos; };
  if (has("*,")) --found;  // the star before keyword arguments is none itself
  const bool makes = has(" layout=") || op.name == std::string_view("dim_order_ops::_to_dim_order_copy");
  for (const std::string_view answered : {" dtype=", " layout=", " device=", " pin_memory="}) {
    if (makes && has(answered)) --found;
  }
  return found;
}

class Rules {
 public:
  Rules(std::span<const std::byte> file, const pte::Program& program) : file_(file), program_(program) {}

  std::vector<std::string> check() {
    header();
    segments();
    constants();
    for (const pte::ExecutionPlan* plan : *program_.execution_plan()) method(*plan);
    return std::move(objections_);
  }

 private:
  template <typename... Args>
  void object(std::format_string<Args...> format, Args&&... args) {
    objections_.push_back(std::format(format, std::forward<Args>(args)...));
  }
  template <typename... Args>
  void require(bool holds, std::format_string<Args...> format, Args&&... args) {
    if (!holds) object(format, std::forward<Args>(args)...);
  }

  void header() {
    require(std::memcmp(file_.data() + 4, "ET12", 4) == 0, "identifier");
    require(file_.size() >= 64, "{} bytes: the header is looked for in 64", file_.size());
    require(std::memcmp(file_.data() + 8, "eh00", 4) == 0, "no extended header");
    require(number_at<uint32_t>(file_, 12) == 32, "header length {}", number_at<uint32_t>(file_, 12));
    const auto program_size = number_at<uint64_t>(file_, 16);
    segment_base_ = number_at<uint64_t>(file_, 24);
    const auto segment_bytes = number_at<uint64_t>(file_, 32);
    require(segment_base_ == (program_size + kSegmentAlignment - 1) / kSegmentAlignment * kSegmentAlignment,
            "segments start at {}, the program ends at {}", segment_base_, program_size);
    if (segment_bytes > 0) {
      require(segment_base_ + segment_bytes == file_.size(), "{} bytes of segments from {} in a file of {}",
              segment_bytes, segment_base_, file_.size());
    }
  }

  void segments() {
    require(program_.segments() != nullptr, "no segments");
    uint64_t end = 0;
    for (const pte::DataSegment* segment : or_empty(program_.segments())) {
      require(segment->offset() % kSegmentAlignment == 0, "segment at {}", segment->offset());
      require(segment->offset() >= end, "segment at {} begins before {}", segment->offset(), end);
      end = segment->offset() + segment->size();
    }
    for (const pte::NamedData* named : or_empty(program_.named_data())) {
      require(named->key() != nullptr && named->key()->size() > 0, "named data without a name");
      require(named->segment_index() < count(program_.segments()), "segment {}", named->segment_index());
    }
  }

  void constants() {
    const pte::SubsegmentOffsets* constants = program_.constant_segment();
    require(constants != nullptr && count(constants->offsets()) >= 1, "no constant segment");
    require(count(program_.constant_buffer()) == 0, "constants outside the constant segment");
    if (constants == nullptr) return;
    const auto offsets = as_span(constants->offsets());
    for (const uint64_t offset : offsets) require(offset % kConstantAlignment == 0, "constant at {}", offset);
    require(std::ranges::is_sorted(offsets), "constants in disorder");
  }

  void method(const pte::ExecutionPlan& plan) {
    require(plan.name() != nullptr && plan.inputs() != nullptr && plan.outputs() != nullptr, "name, inputs, outputs");
    require(plan.values() != nullptr && plan.delegates() != nullptr, "vectors of values and delegates");
    require(plan.operators() != nullptr, "no vector of operators");
    require(count(plan.non_const_buffer_sizes()) >= 1, "no non_const_buffer_sizes");
    if (count(plan.non_const_buffer_sizes()) > 0) {
      require(plan.non_const_buffer_sizes()->Get(0) == 0, "arena 0 is reserved");
    }
    for (const pte::EValue* value : or_empty(plan.values())) {
      require(value->val() != nullptr, "an empty value");
      if (const pte::Tensor* tensor = value->val_as_Tensor()) this->tensor(plan, *tensor);
    }
    for (const pte::Operator* op : or_empty(plan.operators())) {
      const std::string name = full_name(*op);
      require(name.size() <= kLongestOperatorName, "operator name of {} characters", name.size());
      const schema::Operator* row = find(name);
      require(row != nullptr && row->executorch, "operator {} is not ExecuTorch's", name);
    }
    for (const pte::BackendDelegate* delegate : or_empty(plan.delegates())) {
      require(as_text(delegate->id()) == "XnnpackBackend", "backend {}", as_text(delegate->id()));
      require(delegate->processed() != nullptr, "a delegate without payload");
    }
    require(count(plan.chains()) == 1, "{} chains", count(plan.chains()));
    for (const pte::Chain* chain : or_empty(plan.chains())) {
      require(chain->instructions() != nullptr, "no vector of instructions");
      for (const pte::Instruction* instruction : or_empty(chain->instructions())) this->instruction(plan, *instruction);
    }
  }

  void tensor(const pte::ExecutionPlan& plan, const pte::Tensor& tensor) {
    require(tensor.storage_offset() == 0, "storage offset {}", tensor.storage_offset());
    require(tensor.shape_dynamism() != pte::TensorShapeDynamism::DYNAMIC_UNBOUND, "an unbound shape");
    require(tensor.sizes() != nullptr && tensor.dim_order() != nullptr, "a tensor without sizes or dim_order");
    const auto order = as_span(tensor.dim_order());
    require(count(tensor.sizes()) == order.size() && order.size() <= 16, "rank {}", order.size());
    std::vector<uint8_t> sorted(order.begin(), order.end()), expected(order.size());
    std::ranges::sort(sorted);
    std::iota(expected.begin(), expected.end(), uint8_t{0});
    require(sorted == expected, "dim_order is no permutation");
    for (const int32_t size : as_span(tensor.sizes())) require(size >= 0, "size {}", size);

    const pte::AllocationDetails* place = tensor.allocation_info();
    if (place == nullptr) {
      const pte::SubsegmentOffsets* constants = program_.constant_segment();
      require(tensor.data_buffer_idx() < (constants == nullptr ? 0 : count(constants->offsets())), "constant {}",
              tensor.data_buffer_idx());
      return;
    }
    require(tensor.data_buffer_idx() == 0, "a planned tensor with data");
    const auto sizes = as_span(plan.non_const_buffer_sizes());
    require(place->memory_id() >= 1 && place->memory_id() < sizes.size(), "arena {}", place->memory_id());
    const uint64_t offset = place->memory_offset_low() | uint64_t{place->memory_offset_high()} << 32;
    require(offset % kPlanAlignment == 0, "planned at {}", offset);
  }

  void instruction(const pte::ExecutionPlan& plan, const pte::Instruction& instruction) {
    if (const pte::DelegateCall* call = instruction.instr_args_as_DelegateCall()) {
      require(call->args() != nullptr && call->delegate_index() >= 0 &&
                  static_cast<size_t>(call->delegate_index()) < count(plan.delegates()),
              "a delegate call");
      return;
    }
    const pte::KernelCall* call = instruction.instr_args_as_KernelCall();
    if (call == nullptr || call->args() == nullptr) return object("an instruction that is no call");
    const std::string name = full_name(*plan.operators()->Get(static_cast<uint32_t>(call->op_index())));
    const schema::Operator* op = find(name);
    if (op == nullptr) return;
    // The schema's arguments, the tensors to write to, and once more what is returned: that tensor, or a list of them.
    const size_t outputs = op->returns == "Tensor[]" ? 1 : count_outputs(*op);
    const size_t arguments = count_arguments(*op);
    const auto args = as_span(call->args());
    if (args.size() != arguments + outputs + 1) {
      return object("{} is called with {} arguments, expected {}", name, args.size(), arguments + outputs + 1);
    }
    layouts(plan, *op, args.first(arguments + outputs));
    const auto written = args.subspan(arguments, outputs);
    if (outputs == 1) return require(args.back() == written[0], "{} returns another value than it writes", name);
    const pte::EValue* list = plan.values()->Get(static_cast<uint32_t>(args.back()));
    require(list->val_as_TensorList() != nullptr &&
                std::ranges::equal(as_span(list->val_as_TensorList()->items()), written),
            "{} returns other values than it writes", name);
  }

  // Kernels compute what is channels-last if they ask for one dim_order of all tensors (not of a convolution's weight
  // and bias), and then run through elements as they lie, or by strides in convolution and pooling.
  void layouts(const pte::ExecutionPlan& plan, const schema::Operator& op, std::span<const int32_t> args) {
    if (op.name.starts_with("dim_order_ops::")) return;
    std::vector<const pte::Tensor*> tensors;
    for (const int32_t index : args) {
      const pte::EValue* value = plan.values()->Get(static_cast<uint32_t>(index));
      if (const pte::Tensor* tensor = value->val_as_Tensor()) tensors.push_back(tensor);
    }
    const auto is_default = [](const pte::Tensor* t) { return std::ranges::is_sorted(as_span(t->dim_order())); };
    if (std::ranges::all_of(tensors, is_default)) return;
    const std::string_view name = op.name;
    const bool convolves = name == "aten::convolution", pools = name == "aten::max_pool2d_with_indices";
    constexpr std::string_view kElementwise[] = {"aten::relu",    "aten::hardtanh", "aten::clamp",   "aten::leaky_relu",
                                                 "aten::elu",     "aten::gelu",     "aten::sigmoid", "aten::tanh",
                                                 "aten::add",     "aten::sub",      "aten::mul",     "aten::div",
                                                 "aten::maximum", "aten::minimum"};
    require(convolves || pools || std::ranges::find(kElementwise, name) != std::ranges::end(kElementwise),
            "{} is given channels-last tensors", name);
    if (convolves) tensors = {tensors.front(), tensors.back()};
    for (const pte::Tensor* tensor : tensors) {
      require(std::ranges::equal(as_span(tensor->dim_order()), std::array{0, 2, 3, 1}), "{} mixes dim_orders", name);
      require(convolves || pools || std::ranges::equal(as_span(tensor->sizes()), as_span(tensors[0]->sizes())),
              "{} broadcasts what is channels-last", name);
    }
  }

  static std::string full_name(const pte::Operator& op) {
    return std::string(as_text(op.name())) + "." + std::string(as_text(op.overload()));
  }
  static const schema::Operator* find(std::string_view name) {
    const auto* found = std::ranges::find(schema::kOperators, name, &schema::Operator::out);
    return found == std::ranges::end(schema::kOperators) ? nullptr : found;
  }

  std::span<const std::byte> file_;
  const pte::Program& program_;
  uint64_t segment_base_ = 0;
  std::vector<std::string> objections_;
};

}  // namespace

std::vector<std::string> executorch_objections(std::span<const std::byte> file) {
  const auto verified = ProgramFile::open(file);
  if (!verified) return {verified.error().message()};
  return Rules(file, verified->root()).check();
}

}  // namespace ingot::testing
