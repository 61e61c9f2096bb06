#include "runtime/program/program_file.h"

#include <algorithm>
#include <cstring>

#include "runtime/core/checked_math.h"
#include "runtime/program/data_source.h"
#include "runtime/program/header.h"
#include "runtime/program/verify.h"

namespace ingot {
namespace {

// An unshared table takes at least this many bytes (its offset in the vtable's place and a vtable); files that share
// tables get some room on top, but not so much that a small file makes a long verification.
constexpr size_t kBytesPerTable = 4;
constexpr size_t kSharedTables = 1'000'000;
// The schema nests Program > plan > chain > frame list > frame.
constexpr flatbuffers::uoffset_t kMaxDepth = 16;

bool is_aligned(const void* address) {
  return reinterpret_cast<uintptr_t>(address) % DataSource::kAlignment == 0;
}

}  // namespace

Result<ProgramFile> ProgramFile::open(std::span<const std::byte> bytes) {
  const FileLayout layout = INGOT_TRY(parse_file_layout(bytes));
  if (layout.flatbuffer.size() >= FLATBUFFERS_MAX_BUFFER_SIZE) {
    return fail(ErrorCode::not_supported, "the program part has %zu bytes, more than a FlatBuffer can",
                layout.flatbuffer.size());
  }
  flatbuffers::Verifier::Options options;
  options.max_depth = kMaxDepth;
  options.max_tables = static_cast<flatbuffers::uoffset_t>(layout.flatbuffer.size() / kBytesPerTable + kSharedTables);
  const auto* start = reinterpret_cast<const uint8_t*>(layout.flatbuffer.data());
  flatbuffers::Verifier verifier(start, layout.flatbuffer.size(), options);
  if (!pte::VerifyProgramBuffer(verifier)) {
    return fail(ErrorCode::invalid_file, "the program's FlatBuffer is damaged: an offset or a length leads out of it");
  }
  ProgramFile file;
  file.root_ = pte::GetProgram(start);
  file.flatbuffer_ = layout.flatbuffer;
  INGOT_TRY_VOID(file.open_segments(layout.segments));
  INGOT_TRY_VOID(file.open_named_data());
  INGOT_TRY_VOID(verify_constants(file));
  INGOT_TRY_VOID(verify_plans(file, layout.flatbuffer.size()));
  return file;
}

Result<void> ProgramFile::open_segments(std::span<const std::byte> region) {
  const size_t num_segments = count(root_->segments());
  const size_t num_names = count(root_->named_data());
  size_t bytes = 0;
  for (int pass = 0; pass < 2; ++pass) {  // once to count
    Carver carver(pass == 0 ? nullptr : tables_.bytes().data());
    segments_ = {carver.take<std::span<const std::byte>>(num_segments), num_segments};
    names_ = {carver.take<uint32_t>(num_names), num_names};
    bytes = carver.used();
    if (pass == 0) tables_ = INGOT_TRY(Memory::allocate(bytes));
  }
  size_t unaligned = 0;
  for (size_t i = 0; i < num_segments; ++i) {
    const pte::DataSegment& s = *root_->segments()->Get(static_cast<flatbuffers::uoffset_t>(i));
    if (!range_within(s.offset(), s.size(), region.size())) {
      return fail(ErrorCode::invalid_file, "segment %zu: offset %llu and size %llu do not lie within %zu bytes", i,
                  static_cast<unsigned long long>(s.offset()), static_cast<unsigned long long>(s.size()),
                  region.size());
    }
    segments_[i] = region.subspan(s.offset(), s.size());
    // Segments that do not overlap need no more than the region's size, and each at most kAlignment - 1 on top.
    if (!is_aligned(segments_[i].data())) unaligned += (segments_[i].size() + DataSource::kAlignment - 1) & ~size_t{15};
    if (unaligned > region.size() + (i + 1) * DataSource::kAlignment) {
      return fail(ErrorCode::not_supported, "segment %zu: unaligned segments overlap", i);
    }
  }
  if (unaligned == 0) return {};
  copies_ = INGOT_TRY(Memory::allocate(unaligned));
  std::byte* to = copies_.bytes().data();
  for (std::span<const std::byte>& segment : segments_) {
    if (is_aligned(segment.data())) continue;
    std::memcpy(to, segment.data(), segment.size());
    segment = {to, segment.size()};
    to += (segment.size() + DataSource::kAlignment - 1) & ~size_t{15};
  }
  return {};
}

Result<void> ProgramFile::open_named_data() {
  const auto* entries = root_->named_data();
  for (uint32_t i = 0; i < names_.size(); ++i) {
    names_[i] = i;
    const Result<std::span<const std::byte>> data = segment(entries->Get(i)->segment_index());
    if (entries->Get(i)->key() == nullptr || !data) {
      return fail(ErrorCode::invalid_file, "named data %u: %s", i, data ? "no key" : data.error().message());
    }
  }
  const auto key = [&](uint32_t i) { return as_text(entries->Get(i)->key()); };
  const auto before = [&](uint32_t a, uint32_t b) { return key(a) < key(b); };
  // Bounded by n log n whatever the keys are, and small.
  std::make_heap(names_.begin(), names_.end(), before);
  std::sort_heap(names_.begin(), names_.end(), before);
  for (size_t i = 1; i < names_.size(); ++i) {
    if (key(names_[i - 1]) == key(names_[i])) {
      return fail(ErrorCode::invalid_file, "named data: '%s' is there twice", entries->Get(names_[i])->key()->c_str());
    }
  }
  return {};
}

Result<std::span<const std::byte>> ProgramFile::named_data(std::string_view key) const {
  const auto text = [&](uint32_t i) { return as_text(root_->named_data()->Get(i)->key()); };
  size_t begin = 0;
  size_t end = names_.size();
  while (begin < end) {
    const size_t middle = begin + (end - begin) / 2;
    const std::string_view found = text(names_[middle]);
    if (found == key) return segments_[root_->named_data()->Get(names_[middle])->segment_index()];
    if (found < key) {
      begin = middle + 1;
    } else {
      end = middle;
    }
  }
  return fail(ErrorCode::not_found, "no named data '%.*s' in the program",
              static_cast<int>(std::min<size_t>(key.size(), 100)), key.data());
}

Result<std::span<const std::byte>> ProgramFile::segment(uint32_t index) const {
  if (index >= segments_.size()) {
    return fail(ErrorCode::invalid_file, "segment %u is not one of the %zu", index, segments_.size());
  }
  return segments_[index];
}

Result<std::span<const std::byte>> ProgramFile::from_offset(const pte::SubsegmentOffsets& offsets,
                                                            uint32_t index) const {
  if (index >= count(offsets.offsets())) {
    return fail(ErrorCode::invalid_file, "data %u is not one of the segment's %zu", index, count(offsets.offsets()));
  }
  const std::span<const std::byte> data = INGOT_TRY(segment(offsets.segment_index()));
  const uint64_t offset = offsets.offsets()->Get(index);
  if (offset > data.size()) {
    return fail(ErrorCode::invalid_file, "data %u: offset %llu in a segment of %zu bytes", index,
                static_cast<unsigned long long>(offset), data.size());
  }
  return data.subspan(offset);
}

Result<std::span<const std::byte>> ProgramFile::constant_data(uint32_t index) const {
  const auto* buffers = root_->constant_buffer();
  if (count(buffers) == 0) {
    if (root_->constant_segment() == nullptr) {
      return fail(ErrorCode::invalid_file, "constant %u in a program without constants", index);
    }
    return from_offset(*root_->constant_segment(), index);
  }
  if (index >= buffers->size()) {
    return fail(ErrorCode::invalid_file, "constant %u is not one of the %u", index, buffers->size());
  }
  return std::as_bytes(as_span(buffers->Get(index)->storage()));
}

Result<std::span<const std::byte>> ProgramFile::initial_state(uint32_t index) const {
  if (count(root_->mutable_data_segments()) == 0) {
    return fail(ErrorCode::invalid_file, "initial state %u in a program without mutable data", index);
  }
  return from_offset(*root_->mutable_data_segments()->Get(0), index);
}

Result<std::span<const std::byte>> ProgramFile::delegate_payload(const pte::BackendDelegate& delegate) const {
  const pte::BackendDelegateDataReference* reference = delegate.processed();
  if (reference == nullptr) return fail(ErrorCode::invalid_file, "no payload");
  std::span<const std::byte> payload;
  if (reference->location() == pte::DataLocation::SEGMENT) {
    payload = INGOT_TRY(segment(reference->index()));
  } else if (reference->location() != pte::DataLocation::INLINE) {
    return fail(ErrorCode::invalid_file, "payload at the unknown location %d", static_cast<int>(reference->location()));
  } else if (reference->index() >= count(root_->backend_delegate_data())) {
    return fail(ErrorCode::invalid_file, "inline payload %u is not one of the %zu", reference->index(),
                count(root_->backend_delegate_data()));
  } else {
    payload = std::as_bytes(as_span(root_->backend_delegate_data()->Get(reference->index())->data()));
  }
  if (!is_aligned(payload.data())) return fail(ErrorCode::invalid_file, "inline payload is not aligned to 16 bytes");
  return payload;
}

Result<TensorLayout> tensor_layout(const pte::Tensor& tensor) {
  TensorLayout layout{static_cast<DType>(tensor.scalar_type()), as_span(tensor.sizes()), as_span(tensor.dim_order()), 0,
                      tensor.shape_dynamism() == pte::TensorShapeDynamism::DYNAMIC_BOUND};
  if (size_of(layout.dtype) == 0) {
    return fail(ErrorCode::not_supported, "dtype number %d is not supported", static_cast<int>(layout.dtype));
  }
  if (layout.sizes.size() != layout.dim_order.size()) {
    return fail(ErrorCode::invalid_file, "%zu sizes and %zu entries of dim_order", layout.sizes.size(),
                layout.dim_order.size());
  }
  const size_t rank = layout.sizes.size();
  if (rank > kMaxRank) return fail(ErrorCode::invalid_file, "rank %zu, expected at most %zu", rank, kMaxRank);
  uint32_t seen = 0;
  for (const uint8_t dim : layout.dim_order) {
    if (dim >= rank || (seen >> dim & 1) != 0) {
      return fail(ErrorCode::invalid_file, "dim_order is not a permutation of the %zu dimensions", rank);
    }
    seen |= uint32_t{1} << dim;
  }
  layout.nbytes = INGOT_TRY(tensor_nbytes(layout.dtype, layout.sizes));
  return layout;
}

Storage tensor_storage(const pte::Tensor& tensor) {
  if (tensor.allocation_info() != nullptr) return Storage::planned;
  return tensor.data_buffer_idx() > 0 ? Storage::constant : Storage::caller;
}

PlannedPlace planned_place(const pte::AllocationDetails& details) {
  return {details.memory_id() - 1, uint64_t{details.memory_offset_high()} << 32 | details.memory_offset_low()};
}

const flatbuffers::Vector<int32_t>& tensor_items(const pte::EValue& list) {
  return or_empty(list.val_type() == pte::KernelTypes::TensorList ? list.val_as_TensorList()->items()
                                                                  : list.val_as_OptionalTensorList()->items());
}

Value::Kind value_kind(const pte::EValue& value) {
  switch (value.val_type()) {
    case pte::KernelTypes::NONE:
    case pte::KernelTypes::Null:
      return Value::Kind::none;
    case pte::KernelTypes::Int:
      return Value::Kind::integer;
    case pte::KernelTypes::Bool:
      return Value::Kind::boolean;
    case pte::KernelTypes::Double:
      return Value::Kind::real;
    case pte::KernelTypes::Tensor:
      return Value::Kind::tensor;
    case pte::KernelTypes::String:
      return Value::Kind::string;
    case pte::KernelTypes::IntList:
      return Value::Kind::int_list;
    case pte::KernelTypes::DoubleList:
      return Value::Kind::double_list;
    case pte::KernelTypes::BoolList:
      return Value::Kind::bool_list;
    case pte::KernelTypes::TensorList:
    case pte::KernelTypes::OptionalTensorList:
      return Value::Kind::tensor_list;
  }
  return Value::Kind::none;
}

std::span<const int64_t> arena_sizes(const pte::ExecutionPlan& plan) {
  const std::span<const int64_t> sizes = as_span(plan.non_const_buffer_sizes());
  return sizes.empty() ? sizes : sizes.subspan(1);
}

}  // namespace ingot
