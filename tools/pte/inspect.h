// What a .pte file holds, gathered into plain values: the one source of `pte inspect`'s text and its JSON.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "runtime/core/error.h"
#include "runtime/program/program_file.h"

namespace ingot::tools {

struct TensorSummary {
  std::string dtype;  // of a value that is no tensor: its kind
  std::vector<int32_t> sizes;
  bool resizable = false;
  bool planned = false;
};

struct OperatorSummary {
  std::string name;  // "aten::add.out"
  size_t calls = 0;
  bool has_kernel = false;  // in this build
};

struct Count {
  std::string name;
  size_t count = 0;
};

struct DelegateSummary {
  std::string id;
  size_t payload_bytes = 0;
  size_t calls = 0;
  std::vector<Count> nodes;   // by type; of XNNPACK payloads
  std::vector<Count> values;  // by datatype and quantization
  std::string problem;        // why the payload cannot be read; empty where it can
};

struct InstructionSummary {
  std::string what;  // "aten::add.out", "delegate 0", "jump if false to 7"
  std::vector<int32_t> args;
  std::string source;  // the node of the source model; empty where unknown
};

struct MethodSummary {
  std::string name;
  std::vector<TensorSummary> inputs;
  std::vector<TensorSummary> outputs;
  std::vector<int64_t> arena_bytes;
  size_t num_values = 0;
  std::vector<OperatorSummary> operators;
  std::vector<DelegateSummary> delegates;
  std::vector<InstructionSummary> instructions;
};

struct SegmentSummary {
  uint64_t offset = 0;  // from the first segment
  uint64_t bytes = 0;
  std::string what;  // "constants", "payload", "named data KEY"
};

struct FileSummary {
  size_t file_bytes = 0;
  size_t num_constants = 0;
  std::vector<SegmentSummary> segments;
  std::vector<MethodSummary> methods;
};

// `file_bytes` is the size of the whole file.
FileSummary summarize(const ProgramFile& file, size_t file_bytes);

// One screen for people; `instructions` adds a line for each instruction.
std::string to_text(const FileSummary& summary, bool instructions);
std::string to_json(const FileSummary& summary);

}  // namespace ingot::tools
