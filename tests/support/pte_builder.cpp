#include "tests/support/pte_builder.h"

#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <numeric>

#include "runtime/core/tensor.h"

namespace ingot::testing {
namespace {

constexpr size_t kHeaderBytes = 32;

template <typename T, typename U>
pte::KernelTypesUnion list(std::vector<U> items) {
  T table;
  table.items = std::move(items);
  pte::KernelTypesUnion value;
  value.Set(std::move(table));
  return value;
}

}  // namespace

PteBuilder::PteBuilder(const std::string& method) {
  segments.emplace_back();  // of constants
  program.constant_segment = std::make_unique<pte::SubsegmentOffsetsT>();
  program.constant_segment->offsets.assign(1, 0);
  begin_method(method);
}

PteBuilder& PteBuilder::begin_method(const std::string& name) {
  auto plan = std::make_unique<pte::ExecutionPlanT>();
  plan->name = name;
  plan->non_const_buffer_sizes.assign(2, 0);
  plan->chains.push_back(std::make_unique<pte::ChainT>());
  program.execution_plan.push_back(std::move(plan));
  return *this;
}

int PteBuilder::add_value(pte::KernelTypesUnion value) {
  auto evalue = std::make_unique<pte::EValueT>();
  evalue->val = std::move(value);
  plan().values.push_back(std::move(evalue));
  return static_cast<int>(plan().values.size()) - 1;
}

int PteBuilder::null() {
  pte::KernelTypesUnion value;
  value.Set(pte::NullT{});
  return add_value(std::move(value));
}

int PteBuilder::integer(int64_t number) {
  pte::IntT table;
  table.int_val = number;
  pte::KernelTypesUnion value;
  value.Set(std::move(table));
  return add_value(std::move(value));
}

int PteBuilder::real(double number) {
  pte::DoubleT table;
  table.double_val = number;
  pte::KernelTypesUnion value;
  value.Set(std::move(table));
  return add_value(std::move(value));
}

int PteBuilder::boolean(bool truth) {
  pte::BoolT table;
  table.bool_val = truth;
  pte::KernelTypesUnion value;
  value.Set(std::move(table));
  return add_value(std::move(value));
}

int PteBuilder::string(const std::string& text) {
  pte::StringT table;
  table.string_val = text;
  pte::KernelTypesUnion value;
  value.Set(std::move(table));
  return add_value(std::move(value));
}

int PteBuilder::int_list(std::initializer_list<int64_t> literals) {
  std::vector<int64_t> indices;
  for (const int64_t literal : literals) indices.push_back(integer(literal));
  return int_list_of(std::move(indices));
}

int PteBuilder::int_list_of(std::vector<int64_t> values) {
  return add_value(list<pte::IntListT>(std::move(values)));
}
int PteBuilder::double_list(std::vector<double> values) {
  return add_value(list<pte::DoubleListT>(std::move(values)));
}
int PteBuilder::bool_list(std::vector<uint8_t> values) {
  pte::BoolListT table;
  table.items.assign(values.begin(), values.end());
  pte::KernelTypesUnion value;
  value.Set(std::move(table));
  return add_value(std::move(value));
}
int PteBuilder::tensor_list(std::vector<int32_t> values) {
  return add_value(list<pte::TensorListT>(std::move(values)));
}
int PteBuilder::optional_tensor_list(std::vector<int32_t> values) {
  return add_value(list<pte::OptionalTensorListT>(std::move(values)));
}

int PteBuilder::add_tensor(DType dtype, std::vector<int32_t> sizes, bool resizable) {
  pte::TensorT table;
  table.scalar_type = static_cast<pte::ScalarType>(dtype);
  table.dim_order.resize(sizes.size());
  std::iota(table.dim_order.begin(), table.dim_order.end(), uint8_t{0});
  table.sizes = std::move(sizes);
  if (resizable) table.shape_dynamism = pte::TensorShapeDynamism::DYNAMIC_BOUND;
  pte::KernelTypesUnion value;
  value.Set(std::move(table));
  return add_value(std::move(value));
}

int PteBuilder::planned(DType dtype, std::vector<int32_t> sizes, bool resizable) {
  const size_t bytes = *tensor_nbytes(dtype, sizes);
  const int index = add_tensor(dtype, std::move(sizes), resizable);
  int64_t& arena = plan().non_const_buffer_sizes[1];
  auto place = std::make_unique<pte::AllocationDetailsT>();
  place->memory_id = 1;
  place->memory_offset_low = static_cast<uint32_t>(arena);
  tensor(index).allocation_info = std::move(place);
  arena += static_cast<int64_t>((bytes + 15) / 16 * 16);
  return index;
}

int PteBuilder::constant(DType dtype, std::vector<int32_t> sizes, const void* data) {
  const size_t bytes = *tensor_nbytes(dtype, sizes);
  const int index = add_tensor(dtype, std::move(sizes), false);
  std::string& segment = segments[0];
  segment.resize((segment.size() + 15) / 16 * 16);
  program.constant_segment->offsets.push_back(segment.size());
  tensor(index).data_buffer_idx = static_cast<uint32_t>(program.constant_segment->offsets.size() - 1);
  segment.append(static_cast<const char*>(data), bytes);
  return index;
}

int PteBuilder::unplanned(DType dtype, std::vector<int32_t> sizes, bool resizable) {
  return add_tensor(dtype, std::move(sizes), resizable);
}

PteBuilder& PteBuilder::input(int value) {
  plan().inputs.push_back(value);
  return *this;
}

PteBuilder& PteBuilder::output(int value) {
  plan().outputs.push_back(value);
  return *this;
}

int PteBuilder::add_instruction(pte::InstructionArgumentsUnion arguments) {
  auto instruction = std::make_unique<pte::InstructionT>();
  instruction->instr_args = std::move(arguments);
  auto& instructions = plan().chains[0]->instructions;
  instructions.push_back(std::move(instruction));
  return static_cast<int>(instructions.size()) - 1;
}

int PteBuilder::kernel_call(const std::string& name, const std::string& overload, std::vector<int32_t> args) {
  size_t op = 0;
  auto& operators = plan().operators;
  while (op < operators.size() && (operators[op]->name != name || operators[op]->overload != overload)) ++op;
  if (op == operators.size()) {
    operators.push_back(std::make_unique<pte::OperatorT>());
    operators.back()->name = name;
    operators.back()->overload = overload;
  }
  pte::KernelCallT call;
  call.op_index = static_cast<int32_t>(op);
  call.args = std::move(args);
  pte::InstructionArgumentsUnion arguments;
  arguments.Set(std::move(call));
  return add_instruction(std::move(arguments));
}

int PteBuilder::delegate(const std::string& id, const std::string& payload, pte::DataLocation location) {
  auto delegate = std::make_unique<pte::BackendDelegateT>();
  delegate->id = id;
  delegate->processed = std::make_unique<pte::BackendDelegateDataReferenceT>();
  delegate->processed->location = location;
  if (location == pte::DataLocation::SEGMENT) {
    delegate->processed->index = static_cast<uint32_t>(segment(payload));
  } else {
    delegate->processed->index = static_cast<uint32_t>(program.backend_delegate_data.size());
    program.backend_delegate_data.push_back(std::make_unique<pte::BackendDelegateInlineDataT>());
    program.backend_delegate_data.back()->data.assign(payload.begin(), payload.end());
  }
  plan().delegates.push_back(std::move(delegate));
  return static_cast<int>(plan().delegates.size()) - 1;
}

int PteBuilder::delegate_call(int delegate, std::vector<int32_t> args) {
  pte::DelegateCallT call;
  call.delegate_index = delegate;
  call.args = std::move(args);
  pte::InstructionArgumentsUnion arguments;
  arguments.Set(std::move(call));
  return add_instruction(std::move(arguments));
}

int PteBuilder::move_call(int from, int to) {
  pte::MoveCallT call;
  call.move_from = from;
  call.move_to = to;
  pte::InstructionArgumentsUnion arguments;
  arguments.Set(std::move(call));
  return add_instruction(std::move(arguments));
}

int PteBuilder::jump_false(int condition, int destination) {
  pte::JumpFalseCallT call;
  call.cond_value_index = condition;
  call.destination_instruction = destination;
  pte::InstructionArgumentsUnion arguments;
  arguments.Set(std::move(call));
  return add_instruction(std::move(arguments));
}

int PteBuilder::free_call(int value) {
  pte::FreeCallT call;
  call.value_index = value;
  pte::InstructionArgumentsUnion arguments;
  arguments.Set(std::move(call));
  return add_instruction(std::move(arguments));
}

int PteBuilder::segment(const std::string& bytes) {
  segments.push_back(bytes);
  return static_cast<int>(segments.size()) - 1;
}

PteBuilder& PteBuilder::named(const std::string& key, const std::string& bytes) {
  program.named_data.push_back(std::make_unique<pte::NamedDataT>());
  program.named_data.back()->key = key;
  program.named_data.back()->segment_index = static_cast<uint32_t>(segment(bytes));
  return *this;
}

std::vector<std::byte> PteBuilder::finish() const {
  // The object API cannot copy, so the segment table goes in and out of the member.
  auto& table = const_cast<PteBuilder*>(this)->program.segments;
  const bool own_table = table.empty();
  size_t data_bytes = 0;
  std::string data;
  for (const std::string& bytes : segments) {
    data.resize((data.size() + alignment - 1) / alignment * alignment);
    if (own_table) {
      table.push_back(std::make_unique<pte::DataSegmentT>());
      table.back()->offset = data.size();
      table.back()->size = bytes.size();
    }
    data += bytes;
    data_bytes = data.size();
  }
  flatbuffers::FlatBufferBuilder builder;
  pte::FinishProgramBuffer(builder, pte::Program::Pack(builder, &program));
  if (own_table) table.clear();

  const auto* packed = reinterpret_cast<const std::byte*>(builder.GetBufferPointer());
  std::vector<std::byte> file(packed, packed + builder.GetSize());
  if (segments.empty()) {
    file.resize(std::max<size_t>(file.size(), 64));
    return file;
  }
  file.insert(file.begin() + 8, kHeaderBytes, std::byte{0});
  poke(file, 0, peek(file, 0, 4) + kHeaderBytes, 4);
  std::memcpy(file.data() + 8, "eh00", 4);
  poke(file, HeaderPlaces::kLength, kHeaderBytes, 4);
  poke(file, HeaderPlaces::kProgramSize, file.size(), 8);
  const size_t base = (file.size() + alignment - 1) / alignment * alignment;
  poke(file, HeaderPlaces::kSegmentBase, base, 8);
  poke(file, HeaderPlaces::kSegmentBytes, data_bytes, 8);
  file.resize(base + data.size());
  std::memcpy(file.data() + base, data.data(), data.size());
  return file;
}

std::string PteBuilder::finish_to_file(const std::string& name) const {
  const auto path = std::filesystem::temp_directory_path() / (std::to_string(::getpid()) + "_" + name);
  const std::vector<std::byte> bytes = finish();
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  return path.string();
}

void poke(std::vector<std::byte>& file, size_t offset, uint64_t value, size_t bytes) {
  std::memcpy(file.data() + offset, &value, bytes);
}

uint64_t peek(const std::vector<std::byte>& file, size_t offset, size_t bytes) {
  uint64_t value = 0;
  std::memcpy(&value, file.data() + offset, bytes);
  return value;
}

}  // namespace ingot::testing
