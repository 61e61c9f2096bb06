#include "tools/pte/inspect.h"

#include <algorithm>
#include <format>
#include <map>

#include "delegate/xnnpack/graph/define.h"
#include "runtime/core/dtype.h"
#include "tools/pte/operator_name.h"
#include "tools/pte/operators.h"

namespace ingot::tools {

namespace {

std::string text_of(const flatbuffers::String* text) {
  return text == nullptr ? std::string() : text->str();
}

// Many of the format's lists may be absent, which is the same as empty.
template <typename T>
std::span<const T> elements(const flatbuffers::Vector<T>* list) {
  return list == nullptr ? std::span<const T>() : std::span<const T>(list->data(), list->size());
}
template <typename T>
size_t size_of_list(const flatbuffers::Vector<T>* list) {
  return list == nullptr ? 0 : list->size();
}

std::vector<Count> counts(const std::map<std::string, size_t>& map) {
  std::vector<Count> result;
  for (const auto& [name, count] : map) result.push_back({name, count});
  std::ranges::stable_sort(result, std::greater(), &Count::count);
  return result;
}

TensorSummary summarize_value(const pte::EValue& value) {
  TensorSummary summary;
  const auto* tensor = value.val_as_Tensor();
  if (tensor == nullptr) {
    summary.dtype = pte::EnumNameKernelTypes(value.val_type());
    return summary;
  }
  if (const auto layout = tensor_layout(*tensor)) {
    summary.dtype = to_string(layout->dtype);
    summary.sizes.assign(layout->sizes.begin(), layout->sizes.end());
    summary.resizable = layout->resizable;
  }
  summary.planned = tensor_storage(*tensor) == Storage::planned;
  return summary;
}

std::string value_type(const xnnpack::Value& value) {
  std::string text = xnnpack::to_string(value.datatype);
  if (value.per_tensor != nullptr) text += " per tensor";
  if (value.per_channel != nullptr) text += " per channel";
  if (value.per_token != nullptr) text += " per token";
  if (value.per_group != nullptr) text += " per group";
  return text;
}

DelegateSummary summarize_delegate(const ProgramFile& file, const pte::BackendDelegate& delegate) {
  DelegateSummary summary;
  summary.id = text_of(delegate.id());
  const auto blob = file.delegate_payload(delegate);
  if (!blob) {
    summary.problem = blob.error().message();
    return summary;
  }
  summary.payload_bytes = blob->size();
  if (summary.id != "XnnpackBackend") return summary;
  const auto payload = xnnpack::Payload::parse(*blob);
  if (!payload) {
    summary.problem = payload.error().message();
    return summary;
  }
  std::map<std::string, size_t> nodes;
  for (size_t i = 0; i < payload->num_nodes(); ++i) {
    const auto& node = payload->node(i);
    ++nodes[std::string(xnnpack::to_string(node.xnode_union_type())) +
            (node.output_min_max() != nullptr ? " (clamped)" : "")];
  }
  std::map<std::string, size_t> values;
  for (const auto& value : payload->values()) ++values[value_type(value)];
  summary.nodes = counts(nodes);
  summary.values = counts(values);
  return summary;
}

class MethodReader {
 public:
  MethodReader(const ProgramFile& file, const pte::ExecutionPlan& plan) : file_(file), plan_(plan) {}

  MethodSummary read() {
    summary_.name = text_of(plan_.name());
    summary_.num_values = size_of_list(plan_.values());
    for (const int32_t index : elements(plan_.inputs())) summary_.inputs.push_back(value(index));
    for (const int32_t index : elements(plan_.outputs())) summary_.outputs.push_back(value(index));
    const auto arenas = elements(plan_.non_const_buffer_sizes());
    for (size_t i = 1; i < arenas.size(); ++i) summary_.arena_bytes.push_back(arenas[i]);
    for (size_t i = 0; i < size_of_list(plan_.operators()); ++i) {
      const std::string name = operator_name(*plan_.operators()->Get(static_cast<uint32_t>(i)));
      summary_.operators.push_back({name, 0, has_kernel(name)});
    }
    for (size_t i = 0; i < size_of_list(plan_.delegates()); ++i) {
      summary_.delegates.push_back(summarize_delegate(file_, *plan_.delegates()->Get(static_cast<uint32_t>(i))));
    }
    for (const pte::Chain* chain : *plan_.chains()) read_chain(*chain);
    return std::move(summary_);
  }

 private:
  TensorSummary value(int32_t index) const {
    return summarize_value(*plan_.values()->Get(static_cast<uint32_t>(index)));
  }

  void read_chain(const pte::Chain& chain) {
    for (uint32_t i = 0; i < size_of_list(chain.instructions()); ++i) {
      InstructionSummary instruction = read_instruction(*chain.instructions()->Get(i));
      if (i < size_of_list(chain.stacktrace())) {
        const auto* frames = chain.stacktrace()->Get(i)->items();
        for (uint32_t f = 0; f < size_of_list(frames); ++f) {
          instruction.source += (f > 0 ? ", " : "") + text_of(frames->Get(f)->name());
        }
      }
      summary_.instructions.push_back(std::move(instruction));
    }
  }

  InstructionSummary read_instruction(const pte::Instruction& instruction) {
    if (const auto* call = instruction.instr_args_as_KernelCall()) {
      OperatorSummary& op = summary_.operators[static_cast<size_t>(call->op_index())];
      ++op.calls;
      const auto args = elements(call->args());
      return {op.name, {args.begin(), args.end()}, ""};
    }
    if (const auto* call = instruction.instr_args_as_DelegateCall()) {
      ++summary_.delegates[static_cast<size_t>(call->delegate_index())].calls;
      const auto args = elements(call->args());
      return {std::format("delegate {}", call->delegate_index()), {args.begin(), args.end()}, ""};
    }
    if (const auto* move = instruction.instr_args_as_MoveCall()) {
      return {"move", {move->move_from(), move->move_to()}, ""};
    }
    if (const auto* jump = instruction.instr_args_as_JumpFalseCall()) {
      return {std::format("jump if false to {}", jump->destination_instruction()), {jump->cond_value_index()}, ""};
    }
    const auto* release = instruction.instr_args_as_FreeCall();
    return {"free", {release == nullptr ? -1 : release->value_index()}, ""};
  }

  const ProgramFile& file_;
  const pte::ExecutionPlan& plan_;
  MethodSummary summary_;
};

std::vector<SegmentSummary> read_segments(const ProgramFile& file) {
  const pte::Program& program = file.root();
  std::vector<SegmentSummary> segments;
  for (uint32_t i = 0; i < size_of_list(program.segments()); ++i) {
    const auto* segment = program.segments()->Get(i);
    segments.push_back({segment->offset(), segment->size(), ""});
  }
  const auto mark = [&](uint32_t index, const std::string& what) {
    if (index < segments.size()) segments[index].what += (segments[index].what.empty() ? "" : ", ") + what;
  };
  if (program.constant_segment() != nullptr && !segments.empty()) {
    mark(program.constant_segment()->segment_index(), "constants");
  }
  for (uint32_t i = 0; i < size_of_list(program.mutable_data_segments()); ++i) {
    mark(program.mutable_data_segments()->Get(i)->segment_index(), "initial state");
  }
  for (size_t p = 0; p < file.num_plans(); ++p) {
    for (uint32_t i = 0; i < size_of_list(file.plan(p).delegates()); ++i) {
      const auto* processed = file.plan(p).delegates()->Get(i)->processed();
      if (processed != nullptr && processed->location() == pte::DataLocation::SEGMENT) {
        mark(processed->index(), std::format("payload {}", i));
      }
    }
  }
  for (uint32_t i = 0; i < size_of_list(program.named_data()); ++i) {
    const auto* named = program.named_data()->Get(i);
    mark(named->segment_index(), "named " + text_of(named->key()));
  }
  return segments;
}

}  // namespace

std::string operator_name(const pte::Operator& op) {
  const std::string overload = text_of(op.overload());
  return text_of(op.name()) + (overload.empty() ? "" : "." + overload);
}

FileSummary summarize(const ProgramFile& file, size_t file_bytes) {
  FileSummary summary;
  summary.file_bytes = file_bytes;
  const pte::Program& program = file.root();
  if (program.constant_segment() != nullptr && size_of_list(program.constant_segment()->offsets()) > 0) {
    summary.num_constants = size_of_list(program.constant_segment()->offsets()) - 1;
  } else if (size_of_list(program.constant_buffer()) > 0) {
    summary.num_constants = size_of_list(program.constant_buffer()) - 1;
  }
  summary.segments = read_segments(file);
  for (size_t i = 0; i < file.num_plans(); ++i) summary.methods.push_back(MethodReader(file, file.plan(i)).read());
  return summary;
}

}  // namespace ingot::tools
