#include "delegate/xnnpack/run/call.h"

#include <algorithm>
#include <cstring>

#include "delegate/xnnpack/graph/overread.h"

namespace ingot::xnnpack {
namespace {

DType dtype_of(wire::DataType datatype) {
  switch (datatype) {
    case wire::DataType::fp16:
      return DType::float16;
    case wire::DataType::qint8:
      return DType::int8;
    case wire::DataType::quint8:
      return DType::uint8;
    case wire::DataType::int32:
    case wire::DataType::qint32:
      return DType::int32;
    default:
      return DType::float32;
  }
}

}  // namespace

Call::Call(Payload payload, BuiltRuntime built, std::unique_ptr<Packing> packing, Workspace* workspace)
    : payload_(std::move(payload)), packing_(std::move(packing)), built_(std::move(built)), workspace_(workspace) {
  const auto values = payload_.values();
  for (size_t i = 0; i < values.size(); ++i) {
    if (values[i].external == kNoId) continue;
    Argument& argument = arguments_.emplace_back();
    argument.external = values[i].external;
    argument.value = i;
    argument.dtype = dtype_of(values[i].datatype);
    argument.is_input = values[i].is_input;
    argument.is_read = built_.shapes.is_read(i);
    any_index_ |= values[i].is_output && argument.dtype == DType::int32;
  }
  std::sort(arguments_.begin(), arguments_.end(),
            [](const Argument& a, const Argument& b) { return a.external < b.external; });
  for (const Argument& argument : arguments_) externals_.push_back({argument.external, nullptr});
}

Result<void> Call::execute(std::span<Tensor* const> args) {
  if (args.size() < payload_.num_externals()) {
    return fail(ErrorCode::invalid_argument, "the call has %zu arguments, expected %u", args.size(),
                payload_.num_externals());
  }
  INGOT_TRY_VOID(read_input_shapes(args));
  if (!is_shaped_) INGOT_TRY_VOID(built_.shapes.run(payload_));
  // Outputs that do not fit their tensors are found before XNNPACK plans memory for them.
  INGOT_TRY_VOID(resize_outputs(args));
  if (!is_shaped_) INGOT_TRY_VOID(reshape());
  const bool moved = INGOT_TRY(set_pointers(args));
  if (moved || !is_set_up_ || (workspace_ != nullptr && workspace_->generation() != generation_))
    INGOT_TRY_VOID(set_up());
  if (any_staged_) copy_in();
  auto invoked = answered(xnn_invoke_runtime(built_.runtime.get()));
  if (!invoked) return invoked;
  if (any_staged_) copy_out();
  if (any_index_) widen(args);
  return {};
}

void Call::profile(size_t instruction, Profiler& profiler) {
  const auto read = [this](xnn_profile_info what, size_t size, void* to, size_t* needed) {
    return xnn_get_runtime_profiling_info(built_.runtime.get(), what, size, to, needed);
  };
  size_t count = 0, needed = 0;
  if (read(xnn_profile_info_num_operators, sizeof(count), &count, &needed) != xnn_status_success) return;
  if (names_.empty()) {
    if (read(xnn_profile_info_operator_name, 0, nullptr, &needed) != xnn_status_out_of_memory) return;
    names_.resize(needed);
    times_.resize(count);
    if (read(xnn_profile_info_operator_name, names_.size(), names_.data(), &needed) != xnn_status_success) return;
  }
  if (read(xnn_profile_info_operator_timing, times_.size() * sizeof(uint64_t), times_.data(), &needed) !=
      xnn_status_success) {
    return;
  }
  const char* name = names_.data();
  for (size_t i = 0; i < times_.size() && name < names_.data() + names_.size(); ++i, name += std::strlen(name) + 1) {
    profiler.took({instruction, static_cast<int64_t>(i), name, times_[i] * 1000});
  }
}

// Takes the sizes of the inputs, in the order their dimensions lie in memory.
Result<void> Call::read_input_shapes(std::span<Tensor* const> args) {
  for (const Argument& argument : arguments_) {
    if (!argument.is_input) continue;
    const Tensor& tensor = *args[argument.external];
    if (tensor.dtype() != argument.dtype) {
      return fail(ErrorCode::invalid_argument, "argument %u is %s, expected %s", argument.external,
                  to_string(tensor.dtype()), to_string(argument.dtype));
    }
    if (tensor.rank() > kMaxDims) {
      return fail(ErrorCode::not_supported, "argument %u has %zu dimensions, XNNPACK takes at most %zu",
                  argument.external, tensor.rank(), kMaxDims);
    }
    Shape& shape = built_.shapes.shapes()[argument.value];
    if (shape.rank != tensor.rank()) {
      is_shaped_ = false;  // until a reshape succeeds
      shape.rank = tensor.rank();
    }
    for (size_t i = 0; i < shape.rank; ++i) {
      const int32_t size = tensor.size(tensor.dim_order()[i]);
      if (size <= 0) return fail(ErrorCode::invalid_argument, "argument %u has a size of %d", argument.external, size);
      if (shape.dims[i] == static_cast<size_t>(size)) continue;
      is_shaped_ = false;
      shape.dims[i] = static_cast<size_t>(size);
    }
  }
  return {};
}

Result<void> Call::reshape() {
  is_shaped_ = is_set_up_ = false;
  const auto shapes = built_.shapes.shapes();
  for (const Argument& argument : arguments_) {
    if (!argument.is_input) continue;
    const Shape& shape = shapes[argument.value];
    INGOT_TRY_VOID(
        answered(xnn_reshape_external_value(built_.runtime.get(), argument.external, shape.rank, shape.dims)));
  }
  if (workspace_ != nullptr) workspace_->may_have_moved();
  INGOT_TRY_VOID(answered(xnn_reshape_runtime(built_.runtime.get())));
  for (const Argument& argument : arguments_) {
    if (argument.is_input) continue;
    Shape found;
    size_t dims[XNN_MAX_TENSOR_DIMS];
    INGOT_TRY_VOID(answered(xnn_get_external_value_shape(built_.runtime.get(), argument.external, &found.rank, dims)));
    std::copy_n(dims, std::min(found.rank, kMaxDims), found.dims);
    if (found != shapes[argument.value]) {
      return fail(ErrorCode::internal, "XNNPACK computes another shape than expected for argument %u",
                  argument.external);
    }
  }
  is_shaped_ = true;
  return {};
}

Result<void> Call::resize_outputs(std::span<Tensor* const> args) {
  for (Argument& argument : arguments_) {
    if (argument.is_input) continue;
    Tensor& tensor = *args[argument.external];
    if (tensor.read_only()) {
      return fail(ErrorCode::invalid_file, "argument %u is an output, but constant", argument.external);
    }
    const Shape& shape = built_.shapes.shapes()[argument.value];
    argument.was_widened = argument.dtype == DType::int32 && tensor.dtype() == DType::int64;
    if (tensor.dtype() != argument.dtype && !argument.was_widened) {
      return fail(ErrorCode::invalid_argument, "argument %u is %s, expected %s", argument.external,
                  to_string(tensor.dtype()), to_string(argument.dtype));
    }
    if (tensor.rank() != shape.rank) {
      return fail(ErrorCode::invalid_argument, "argument %u has %zu dimensions, expected %zu", argument.external,
                  tensor.rank(), shape.rank);
    }
    int32_t sizes[kMaxDims];
    for (size_t i = 0; i < shape.rank; ++i) sizes[tensor.dim_order()[i]] = static_cast<int32_t>(shape.dims[i]);
    if (std::equal(sizes, sizes + shape.rank, tensor.sizes().begin())) continue;
    INGOT_TRY_VOID(tensor.resize({sizes, shape.rank}));
  }
  return {};
}

// Takes the arguments' addresses. True where XNNPACK has to be told.
Result<bool> Call::set_pointers(std::span<Tensor* const> args) {
  bool moved = false;
  any_staged_ = false;
  for (size_t i = 0; i < arguments_.size(); ++i) {
    Argument& argument = arguments_[i];
    const Tensor& tensor = *args[argument.external];
    if (tensor.data() == nullptr) {
      return fail(ErrorCode::invalid_state, "argument %u has no memory", argument.external);
    }
    argument.data = tensor.data();
    argument.bytes = tensor.nbytes();
    argument.is_staged = argument.is_read && ends_at_page_end(tensor.data(), tensor.nbytes());
    void* used = argument.data;
    if (argument.is_staged) {
      any_staged_ = true;
      if (argument.staging.size() < tensor.nbytes() + kOverread) argument.staging.resize(tensor.nbytes() + kOverread);
      used = argument.staging.data();
    }
    moved |= externals_[i].data != used;
    externals_[i].data = used;
  }
  return moved;
}

Result<void> Call::set_up() {
  is_set_up_ = false;
  INGOT_TRY_VOID(answered(xnn_setup_runtime_v2(built_.runtime.get(), externals_.size(), externals_.data())));
  if (workspace_ != nullptr) generation_ = workspace_->generation();
  is_set_up_ = true;
  return {};
}

void Call::copy_in() {
  for (Argument& argument : arguments_) {
    if (argument.is_staged && argument.is_input) {
      std::memcpy(argument.staging.data(), argument.data, argument.bytes);
    }
  }
}

void Call::copy_out() {
  for (Argument& argument : arguments_) {
    if (argument.is_staged && !argument.is_input) {
      std::memcpy(argument.data, argument.staging.data(), argument.bytes);
    }
  }
}

// From the last element to the first: the wider ones overwrite only what has been read.
void Call::widen(std::span<Tensor* const> args) {
  for (const Argument& argument : arguments_) {
    if (argument.is_input || !argument.was_widened) continue;
    const Tensor& tensor = *args[argument.external];
    auto* bytes = tensor.data_as<std::byte>();
    for (size_t i = tensor.numel(); i-- > 0;) {
      int32_t narrow;
      std::memcpy(&narrow, bytes + i * sizeof(narrow), sizeof(narrow));
      const int64_t wide = narrow;
      std::memcpy(bytes + i * sizeof(wide), &wide, sizeof(wide));
    }
  }
}

}  // namespace ingot::xnnpack
