#include "compiler/emit/emit.h"

#include <cstring>
#include <limits>

#include "compiler/emit/method.h"
#include "compiler/emit/segments.h"
#include "schema/program_generated.h"

namespace ingot::compiler {

namespace {

using flatbuffers::Offset;

constexpr size_t kHeaderBytes = 32;

// The extended header of the format, inserted after root offset and identifier.
Bytes with_header(const flatbuffers::FlatBufferBuilder& builder, uint64_t segment_bytes, uint64_t* segment_base) {
  const size_t program_size = builder.GetSize() + kHeaderBytes;
  *segment_base = (program_size + Segments::kAlignment - 1) / Segments::kAlignment * Segments::kAlignment;

  std::byte* out = nullptr;
  Bytes bytes = Bytes::allocate(program_size, &out);
  std::memcpy(out, builder.GetBufferPointer(), 8);
  std::memcpy(out + 8 + kHeaderBytes, builder.GetBufferPointer() + 8, builder.GetSize() - 8);
  uint32_t root = 0;
  std::memcpy(&root, out, sizeof root);
  root += kHeaderBytes;
  std::memcpy(out, &root, sizeof root);

  const uint32_t length = kHeaderBytes;
  const uint64_t fields[] = {program_size, *segment_base, segment_bytes};
  std::memcpy(out + 8, "eh00", 4);
  std::memcpy(out + 12, &length, sizeof length);
  std::memcpy(out + 16, fields, sizeof fields);
  return bytes;
}

Offset<pte::Program> finish_program(flatbuffers::FlatBufferBuilder& builder, const Segments& segments,
                                    const std::vector<Offset<pte::ExecutionPlan>>& plans) {
  std::vector<Offset<pte::DataSegment>> ranges;
  for (const Segments::Placed& place : segments.layout()) {
    ranges.push_back(pte::CreateDataSegment(builder, place.offset, place.size));
  }
  std::vector<Offset<pte::NamedData>> named;
  for (const Segments::Named& entry : segments.named()) {
    const auto key = builder.CreateString(entry.key);
    named.push_back(pte::CreateNamedData(builder, key, entry.segment));
  }
  const auto plans_offset = builder.CreateVector(plans);
  const auto ranges_offset = builder.CreateVector(ranges);
  const auto offsets = builder.CreateVector(segments.constant_offsets());
  const auto constants = pte::CreateSubsegmentOffsets(builder, 0, offsets);
  const auto named_offset = builder.CreateVector(named);
  return pte::CreateProgram(builder, 0, plans_offset, 0, 0, ranges_offset, constants, 0, named_offset);
}

}  // namespace

Result<EmittedProgram> emit(std::span<const MethodToEmit> methods) {
  flatbuffers::FlatBufferBuilder builder(1 << 16);
  builder.ForceDefaults(false);
  Segments segments;
  std::vector<Offset<pte::ExecutionPlan>> plans;
  for (const MethodToEmit& method : methods) {
    auto plan = emit_method(builder, segments, method);
    if (!plan) {
      Error error = std::move(plan).error();
      error.add_context("emitting method '%s'", method.graph->name().c_str());
      return std::unexpected(error);
    }
    plans.push_back(*plan);
  }
  builder.Finish(finish_program(builder, segments, plans), pte::ProgramIdentifier());
  if (builder.GetSize() > std::numeric_limits<int32_t>::max()) {
    return fail(ErrorCode::not_supported, "the program needs %u bytes outside its segments, the format allows 2 GB",
                builder.GetSize());
  }

  EmittedProgram program;
  uint64_t segment_bytes = 0;
  if (const auto layout = segments.layout(); !layout.empty()) segment_bytes = layout.back().offset + layout.back().size;
  uint64_t base = 0;
  Bytes head = with_header(builder, segment_bytes, &base);
  program.program_bytes = head.size();
  program.weights_bytes = segments.weights_bytes();
  program.image.append(std::move(head));
  program.image.pad_to(base);
  segments.write(program.image);
  return program;
}

}  // namespace ingot::compiler
