// Makes small program files for tests. The methods cover what a valid program needs; `program` and `segments` are open,
// so that a test can break any field before finish().
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <vector>

#include "runtime/core/dtype.h"
#include "schema/program_generated.h"

namespace ingot::testing {

class PteBuilder {
 public:
  // A program with one method, without values or instructions.
  explicit PteBuilder(const std::string& method = "forward");

  // The following act on the method begun last and return the index of what they added.
  PteBuilder& begin_method(const std::string& name);
  int null();
  int integer(int64_t value);
  int real(double value);
  int boolean(bool value);
  int string(const std::string& value);
  int int_list(std::initializer_list<int64_t> literals);  // a value for each, too
  int int_list_of(std::vector<int64_t> values);
  int double_list(std::vector<double> values);
  int bool_list(std::vector<uint8_t> values);
  int tensor_list(std::vector<int32_t> values);
  int optional_tensor_list(std::vector<int32_t> values);
  // In arena 1, after what is there; without data.
  int planned(DType dtype, std::vector<int32_t> sizes, bool resizable = false);
  // In the constant segment (segment 0).
  int constant(DType dtype, std::vector<int32_t> sizes, const void* data);
  // Memory is the caller's matter.
  int unplanned(DType dtype, std::vector<int32_t> sizes, bool resizable = false);
  PteBuilder& input(int value);
  PteBuilder& output(int value);

  int kernel_call(const std::string& name, const std::string& overload, std::vector<int32_t> args);
  // `location`: SEGMENT appends a segment, INLINE an entry of backend_delegate_data.
  int delegate(const std::string& id, const std::string& payload,
               pte::DataLocation location = pte::DataLocation::SEGMENT);
  int delegate_call(int delegate, std::vector<int32_t> args);
  int move_call(int from, int to);
  int jump_false(int condition, int destination);
  int free_call(int value);

  int segment(const std::string& bytes);
  PteBuilder& named(const std::string& key, const std::string& bytes);

  pte::ExecutionPlanT& plan() { return *program.execution_plan.back(); }
  pte::TensorT& tensor(int value) { return *plan().values[static_cast<size_t>(value)]->val.AsTensor(); }
  pte::InstructionT& instruction(int index) { return *plan().chains[0]->instructions[static_cast<size_t>(index)]; }

  // With the extended header if there are segments.
  std::vector<std::byte> finish() const;
  std::string finish_to_file(const std::string& name) const;  // in the temporary folder; the path

  pte::ProgramT program;
  std::vector<std::string> segments;  // contents; finish() fills program.segments where the test did not
  size_t alignment = 128;             // of segments

 private:
  int add_value(pte::KernelTypesUnion value);
  int add_instruction(pte::InstructionArgumentsUnion arguments);
  int add_tensor(DType dtype, std::vector<int32_t> sizes, bool resizable);
};

// The fields of the extended header, in a finished file.
struct HeaderPlaces {
  static constexpr size_t kLength = 12;
  static constexpr size_t kProgramSize = 16;
  static constexpr size_t kSegmentBase = 24;
  static constexpr size_t kSegmentBytes = 32;
};
void poke(std::vector<std::byte>& file, size_t offset, uint64_t value, size_t bytes);
uint64_t peek(const std::vector<std::byte>& file, size_t offset, size_t bytes);

}  // namespace ingot::testing
