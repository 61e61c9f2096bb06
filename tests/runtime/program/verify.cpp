// Broken program files, one field at a time. The numbers in the names of the first suite are the classes of
// ExecuTorch's published advisories and fixes that a file can reach.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "runtime/include/ingot.hpp"
#include "tests/support/pte_builder.h"

namespace ingot {
namespace {

using ::testing::HasSubstr;
using testing::HeaderPlaces;
using testing::PteBuilder;

// Value indices of the sample.
struct Sample {
  PteBuilder builder;
  int x, w, y, z, list, tensors, flag, state;

  // y = add(x, w); z = relu(y) through a delegate; a loop that is left at once; a list of each kind.
  Sample() {
    const float weights[6] = {1, 2, 3, 4, 5, 6};
    x = builder.planned(DType::float32, {2, 3});
    w = builder.constant(DType::float32, {2, 3}, weights);
    y = builder.planned(DType::float32, {2, 3});
    z = builder.planned(DType::float32, {2, 3});
    list = builder.int_list({1, 2});
    tensors = builder.tensor_list({x, y});
    builder.optional_tensor_list({-1, x});
    builder.string("text");
    builder.double_list({1.5});
    builder.bool_list({1, 0});
    flag = builder.boolean(true);
    builder.null();
    state = builder.planned(DType::float32, {2});
    builder.input(x).output(z);
    builder.kernel_call("test::add", "out", {x, w, y, y});
    const int delegate = builder.delegate("TestDelegate", "payload");
    builder.plan().delegates[0]->compile_specs.push_back(std::make_unique<pte::CompileSpecT>());
    builder.plan().delegates[0]->compile_specs[0]->key = "key";
    builder.delegate_call(delegate, {y, z});
    builder.jump_false(flag, 0);
    builder.move_call(y, z);
    builder.free_call(y);
    builder.named("key", "value");
  }
};

Result<Program> open(const Runtime& runtime, const std::vector<std::byte>& file) {
  return Program::from_memory(runtime, file);
}

TEST(Verify, AcceptsTheSample) {
  const Runtime runtime;
  const std::vector<std::byte> file = Sample().builder.finish();
  const Result<Program> program = open(runtime, file);
  ASSERT_TRUE(program) << program.error().message();
  EXPECT_EQ(program->num_methods(), 1u);
  EXPECT_EQ(program->input_info("forward", 0)->nbytes, 24u);
  EXPECT_EQ(program->find("key")->size(), 5u);
}

struct Break {
  const char* name;
  std::function<void(Sample&)> what;
  const char* message;  // a part of it
};

class BrokenField : public ::testing::TestWithParam<Break> {};

TEST_P(BrokenField, IsRefusedWithAReason) {
  Sample sample;
  GetParam().what(sample);
  const Runtime runtime;
  const std::vector<std::byte> file = sample.builder.finish();
  const Result<Program> program = open(runtime, file);
  ASSERT_FALSE(program);
  EXPECT_THAT(program.error().message(), HasSubstr(GetParam().message));
}

template <typename T>
T& call(Sample& s, int instruction) {
  return *static_cast<T*>(s.builder.instruction(instruction).instr_args.value);
}

const Break kBreaks[] = {
    {"c01_byte_size_wraps", [](Sample& s) { s.builder.tensor(s.y).sizes = {0x40000000, 0x40000000}; }, "at offset"},
    {"c01_byte_size_beyond_addresses",
     [](Sample& s) {
       s.builder.tensor(s.y).sizes = {INT32_MAX, INT32_MAX, INT32_MAX};
       s.builder.tensor(s.y).dim_order = {0, 1, 2};
     },
     "too large"},
    {"c02_negative_size", [](Sample& s) { s.builder.tensor(s.y).sizes[0] = -2; }, "a dimension of size -2"},
    {"c02_negative_arena", [](Sample& s) { s.builder.plan().non_const_buffer_sizes[1] = -1; },
     "a planned buffer of -1"},
    {"c03_rank",
     [](Sample& s) {
       s.builder.tensor(s.y).sizes.assign(17, 1);
       s.builder.tensor(s.y).dim_order.assign(17, 0);
     },
     "rank 17"},
    {"c04_offset_outside_arena", [](Sample& s) { s.builder.tensor(s.y).allocation_info->memory_offset_low = 1u << 20; },
     "at offset 1048576"},
    {"c04_offset_high_word", [](Sample& s) { s.builder.tensor(s.y).allocation_info->memory_offset_high = UINT32_MAX; },
     "at offset"},
    {"c04_offset_wraps",
     [](Sample& s) {
       s.builder.tensor(s.y).allocation_info->memory_offset_high = UINT32_MAX;
       s.builder.tensor(s.y).allocation_info->memory_offset_low = UINT32_MAX - 3;
     },
     "at offset"},
    {"c04_unaligned_offset", [](Sample& s) { s.builder.tensor(s.y).allocation_info->memory_offset_low = 2; },
     "not aligned"},
    {"c05_dim_order_repeats", [](Sample& s) { s.builder.tensor(s.y).dim_order = {1, 1}; }, "permutation"},
    {"c05_dim_order_range", [](Sample& s) { s.builder.tensor(s.y).dim_order = {0, 2}; }, "permutation"},
    {"c05_dim_order_length", [](Sample& s) { s.builder.tensor(s.y).dim_order = {0}; }, "2 sizes and 1 entries"},
    {"c05_no_sizes", [](Sample& s) { s.builder.tensor(s.y).sizes.clear(); }, "0 sizes and 2 entries"},
    {"c06_no_plan", [](Sample& s) { s.builder.program.execution_plan.clear(); }, "without methods"},
    {"c06_no_chains", [](Sample& s) { s.builder.plan().chains.clear(); }, "no chain"},
    {"c06_no_values", [](Sample& s) { s.builder.plan().values.clear(); }, "is not one of the 0"},
    {"c06_value_without_content", [](Sample& s) { s.builder.plan().values[5]->val.Reset(); }, "without content"},
    {"c06_no_operators", [](Sample& s) { s.builder.plan().operators.clear(); }, "operator 0 is not one of the 0"},
    {"c06_operator_without_name", [](Sample& s) { s.builder.plan().operators[0]->name.clear(); }, "has no name"},
    {"c06_operator_name_too_long", [](Sample& s) { s.builder.plan().operators[0]->name.assign(200, 'x'); },
     "more than 99 characters"},
    {"c06_no_delegates", [](Sample& s) { s.builder.plan().delegates.clear(); }, "delegate 0 is not one of the 0"},
    {"c06_delegate_without_payload", [](Sample& s) { s.builder.plan().delegates[0]->processed.reset(); }, "no payload"},
    {"c06_delegate_without_id", [](Sample& s) { s.builder.plan().delegates[0]->id.clear(); }, "has no id"},
    {"c06_method_without_name", [](Sample& s) { s.builder.plan().name.clear(); }, "has no name"},
    {"c06_instruction_without_content", [](Sample& s) { s.builder.instruction(0).instr_args.Reset(); },
     "without content"},
    {"c07_operator_index", [](Sample& s) { call<pte::KernelCallT>(s, 0).op_index = 1; }, "operator 1"},
    {"c07_operator_index_negative", [](Sample& s) { call<pte::KernelCallT>(s, 0).op_index = -1; }, "operator -1"},
    {"c07_kernel_argument", [](Sample& s) { call<pte::KernelCallT>(s, 0).args[0] = 1000; }, "value 1000"},
    {"c07_kernel_argument_negative", [](Sample& s) { call<pte::KernelCallT>(s, 0).args[0] = -1; }, "value -1"},
    {"c07_delegate_index", [](Sample& s) { call<pte::DelegateCallT>(s, 1).delegate_index = 9; }, "delegate 9"},
    {"c07_delegate_argument", [](Sample& s) { call<pte::DelegateCallT>(s, 1).args[1] = 1000; }, "value 1000"},
    {"c07_jump_condition", [](Sample& s) { call<pte::JumpFalseCallT>(s, 2).cond_value_index = 1000; }, "value 1000"},
    {"c07_jump_destination", [](Sample& s) { call<pte::JumpFalseCallT>(s, 2).destination_instruction = 6; },
     "jumps to instruction 6 of a chain of 5"},
    {"c07_jump_destination_negative", [](Sample& s) { call<pte::JumpFalseCallT>(s, 2).destination_instruction = -1; },
     "jumps to instruction -1"},
    {"c07_move_from", [](Sample& s) { call<pte::MoveCallT>(s, 3).move_from = 1000; }, "value 1000"},
    {"c07_move_to", [](Sample& s) { call<pte::MoveCallT>(s, 3).move_to = -1; }, "value -1"},
    {"c07_free", [](Sample& s) { call<pte::FreeCallT>(s, 4).value_index = 1000; }, "value 1000"},
    {"c07_input", [](Sample& s) { s.builder.plan().inputs[0] = 1000; }, "input 0: value 1000"},
    {"c07_output", [](Sample& s) { s.builder.plan().outputs[0] = -1; }, "output 0: value -1"},
    {"c08_condition_is_a_float_tensor", [](Sample& s) { call<pte::JumpFalseCallT>(s, 2).cond_value_index = s.x; },
     "neither a bool nor a bool tensor"},
    {"c08_int_list_of_tensors",
     [](Sample& s) { s.builder.plan().values[static_cast<size_t>(s.list)]->val.AsIntList()->items[0] = s.x; },
     "whose element, value 0, is tensor"},
    {"c08_tensor_list_of_ints",
     [](Sample& s) { s.builder.plan().values[static_cast<size_t>(s.tensors)]->val.AsTensorList()->items[0] = s.flag; },
     "a tensor list whose element"},
    {"c08_tensor_list_with_none",
     [](Sample& s) { s.builder.plan().values[static_cast<size_t>(s.tensors)]->val.AsTensorList()->items[0] = -1; },
     "value -1"},
    {"c08_delegate_gets_a_bool", [](Sample& s) { call<pte::DelegateCallT>(s, 1).args[0] = s.flag; }, "only tensors"},
    {"c08_free_of_a_bool", [](Sample& s) { call<pte::FreeCallT>(s, 4).value_index = s.flag; }, "frees a value"},
    {"c08_move_between_kinds", [](Sample& s) { call<pte::MoveCallT>(s, 3).move_from = s.flag; }, "which is tensor"},
    {"c08_move_between_shapes", [](Sample& s) { call<pte::MoveCallT>(s, 3).move_from = s.state; },
     "another dtype, rank"},
    {"c08_move_to_a_constant", [](Sample& s) { call<pte::MoveCallT>(s, 3).move_to = s.w; }, "which is constant"},
    {"c08_move_of_a_list",
     [](Sample& s) {
       call<pte::MoveCallT>(s, 3).move_from = s.list;
       call<pte::MoveCallT>(s, 3).move_to = s.list;
     },
     "which is int list"},
    {"c08_tensor_without_memory", [](Sample& s) { s.builder.tensor(s.y).allocation_info.reset(); },
     "has no memory, and is no input"},
    {"c09_constant_index", [](Sample& s) { s.builder.tensor(s.w).data_buffer_idx = 2; }, "data 2 is not one of"},
    {"c09_constant_offset", [](Sample& s) { s.builder.program.constant_segment->offsets[1] = 25; },
     "data 1: offset 25"},
    {"c09_constant_too_short", [](Sample& s) { s.builder.program.constant_segment->offsets[1] = 4; },
     "a tensor of 24 bytes, but its data 1 has only 20"},
    {"c09_constant_offset_wraps", [](Sample& s) { s.builder.program.constant_segment->offsets[1] = UINT64_MAX - 3; },
     "offset 18446744073709551612"},
    {"c09_constant_unaligned",
     [](Sample& s) {
       s.builder.segments[0] += "xx";
       s.builder.program.constant_segment->offsets[1] = 2;
     },
     "not aligned"},
    {"c09_no_constants", [](Sample& s) { s.builder.program.constant_segment.reset(); }, "without constants"},
    {"c09_both_kinds_of_constants",
     [](Sample& s) { s.builder.program.constant_buffer.push_back(std::make_unique<pte::BufferT>()); },
     "both inline and in a segment"},
    {"c09_state_without_mutable_data", [](Sample& s) { s.builder.tensor(s.state).data_buffer_idx = 1; },
     "without mutable data"},
    {"c09_state_index",
     [](Sample& s) {
       s.builder.program.mutable_data_segments.push_back(std::make_unique<pte::SubsegmentOffsetsT>());
       s.builder.program.mutable_data_segments[0]->offsets = {0};
       s.builder.tensor(s.state).data_buffer_idx = 1;
     },
     "data 1 is not one of"},
    {"c10_constant_segment_index", [](Sample& s) { s.builder.program.constant_segment->segment_index = 9; },
     "segment 9"},
    {"c10_delegate_segment_index", [](Sample& s) { s.builder.plan().delegates[0]->processed->index = 9; }, "segment 9"},
    {"c10_delegate_inline_index",
     [](Sample& s) { s.builder.plan().delegates[0]->processed->location = pte::DataLocation::INLINE; },
     "inline payload 1 is not one of the 0"},
    {"c10_named_data_segment_index", [](Sample& s) { s.builder.program.named_data[0]->segment_index = 9; },
     "named data 0: segment 9"},
    {"c11_external_tensor",
     [](Sample& s) {
       auto extra = std::make_unique<pte::ExtraTensorInfoT>();
       extra->location = pte::TensorDataLocation::EXTERNAL;
       extra->fully_qualified_name = "layer.weight";
       s.builder.tensor(s.w).extra_tensor_info = std::move(extra);
     },
     "'layer.weight' is external"},
    {"c11_named_data_twice", [](Sample& s) { s.builder.named("key", "other"); }, "'key' is there twice"},
    {"c12_arena_index", [](Sample& s) { s.builder.tensor(s.y).allocation_info->memory_id = 2; }, "planned buffer 2"},
    {"c12_arena_zero", [](Sample& s) { s.builder.tensor(s.y).allocation_info->memory_id = 0; }, "planned buffer 0"},
    {"c12_no_arenas", [](Sample& s) { s.builder.plan().non_const_buffer_sizes.clear(); }, "is not one of the 0"},
    {"c12_tensor_on_another_device",
     [](Sample& s) {
       s.builder.tensor(s.y).extra_tensor_info = std::make_unique<pte::ExtraTensorInfoT>();
       s.builder.tensor(s.y).extra_tensor_info->device_type = pte::DeviceType::CUDA;
     },
     "another device"},
    {"c12_arena_on_another_device",
     [](Sample& s) {
       s.builder.plan().non_const_buffer_device.push_back(std::make_unique<pte::NonConstBufferDeviceT>());
       s.builder.plan().non_const_buffer_device[0]->device_type = pte::DeviceType::CUDA;
     },
     "another device"},
    {"unknown_dtype", [](Sample& s) { s.builder.tensor(s.y).scalar_type = pte::ScalarType::QINT8; }, "dtype number 12"},
    {"storage_offset", [](Sample& s) { s.builder.tensor(s.y).storage_offset = 1; }, "storage offset"},
    {"sparse_layout", [](Sample& s) { s.builder.tensor(s.y).layout = 1; }, "not strided"},
    {"unbound_sizes",
     [](Sample& s) { s.builder.tensor(s.y).shape_dynamism = pte::TensorShapeDynamism::DYNAMIC_UNBOUND; }, "no bound"},
    {"two_methods_of_one_name", [](Sample& s) { s.builder.begin_method("forward"); },
     "two methods are named 'forward'"},
};

INSTANTIATE_TEST_SUITE_P(Advisories, BrokenField, ::testing::ValuesIn(kBreaks),
                         [](const auto& info) { return std::string(info.param.name); });

TEST(Verify, RefusesBoolsThatAreNeither) {
  PteBuilder builder;
  builder.bool_list({1, 1});
  std::vector<std::byte> file = builder.finish();
  const Runtime runtime;
  ASSERT_TRUE(open(runtime, file));
  const std::byte ones[] = {std::byte{2}, std::byte{0}, std::byte{0}, std::byte{0}, std::byte{1}, std::byte{1}};
  const auto place = std::ranges::search(file, ones).begin();
  ASSERT_NE(place, file.end());
  place[5] = std::byte{7};
  EXPECT_THAT(open(runtime, file).error().message(), HasSubstr("a bool that is 7"));
}

TEST(Verify, RefusesUnknownKinds) {
  // The type tags of unions are found by trying every byte: a tag beyond the last must be refused wherever it is.
  const std::vector<std::byte> good = Sample().builder.finish();
  const Runtime runtime;
  size_t refused_kinds = 0;
  for (size_t i = 8; i < testing::peek(good, HeaderPlaces::kProgramSize, 8); ++i) {
    std::vector<std::byte> bad = good;
    bad[i] = std::byte{100};
    const Result<Program> program = open(runtime, bad);
    refused_kinds +=
        !program && std::string_view(program.error().message()).contains("kind 100 without content or unknown");
  }
  EXPECT_GE(refused_kinds, 10u);
}

TEST(Verify, BoundsWorkOnSharedLists) {
  // Ten thousand int lists that share one vector of ten thousand elements claim a hundred million.
  flatbuffers::FlatBufferBuilder builder;
  constexpr size_t kMany = 10000;
  const auto items = builder.CreateVector(std::vector<int64_t>(kMany, 0));
  const auto list = pte::CreateIntList(builder, items);
  std::vector<flatbuffers::Offset<pte::EValue>> values;
  values.push_back(pte::CreateEValue(builder, pte::KernelTypes::Int, pte::CreateInt(builder, 1).Union()));
  for (size_t i = 0; i < kMany; ++i) {
    values.push_back(pte::CreateEValue(builder, pte::KernelTypes::IntList, list.Union()));
  }
  const auto name = builder.CreateString("forward");
  const auto all = builder.CreateVector(values);
  const auto empty = builder.CreateVector(std::vector<int32_t>{});
  const auto instructions = builder.CreateVector(std::vector<flatbuffers::Offset<pte::Instruction>>{});
  pte::ChainBuilder chain(builder);
  chain.add_instructions(instructions);
  const auto chains = builder.CreateVector(std::vector{chain.Finish()});
  pte::ExecutionPlanBuilder plan(builder);
  plan.add_name(name);
  plan.add_values(all);
  plan.add_inputs(empty);
  plan.add_outputs(empty);
  plan.add_chains(chains);
  const auto plans = builder.CreateVector(std::vector{plan.Finish()});
  pte::ProgramBuilder program(builder);
  program.add_execution_plan(plans);
  pte::FinishProgramBuffer(builder, program.Finish());
  const auto* start = reinterpret_cast<const std::byte*>(builder.GetBufferPointer());
  const std::vector<std::byte> file(start, start + builder.GetSize());
  const Runtime runtime;
  EXPECT_EQ(open(runtime, file).error().code(), ErrorCode::limit_exceeded);
}

TEST(Verify, AcceptsInlineConstantsOfOldFiles) {
  PteBuilder builder;
  const float weights[2] = {1, 2};
  const int w = builder.constant(DType::float32, {2}, weights);
  builder.output(w);
  builder.program.constant_segment.reset();
  builder.segments.clear();
  builder.program.constant_buffer.resize(2);
  for (auto& buffer : builder.program.constant_buffer) buffer = std::make_unique<pte::BufferT>();
  const auto* bytes = reinterpret_cast<const uint8_t*>(weights);
  builder.program.constant_buffer[1]->storage.assign(bytes, bytes + sizeof weights);
  const Runtime runtime;
  std::vector<std::byte> file = builder.finish();
  Result<Program> program = open(runtime, file);
  ASSERT_TRUE(program) << program.error().message();
  const Result<Method> method = Method::load(*program);
  ASSERT_TRUE(method);
  EXPECT_EQ((*method->output(0))->data_as<float>()[1], 2);

  builder.program.constant_buffer[1]->storage.resize(7);
  file = builder.finish();
  EXPECT_THAT(open(runtime, file).error().message(), HasSubstr("its data 1 has only 7"));
}

TEST(Verify, AcceptsTensorsWithoutMemoryThatNothingUses) {
  PteBuilder builder;
  builder.unplanned(DType::float32, {4});
  const Runtime runtime;
  const std::vector<std::byte> file = builder.finish();
  EXPECT_TRUE(open(runtime, file));
}

}  // namespace
}  // namespace ingot
