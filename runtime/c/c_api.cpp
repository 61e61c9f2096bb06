#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <new>
#include <utility>

#include "runtime/c/objects.h"
#include "runtime/core/memory.h"

struct ingot_program {
  ingot::Program program;
};

struct ingot_method {
  ingot::Method method;
};

namespace {

using ingot::c_status;
using ingot::Error;
using ingot::ErrorCode;
using ingot::Result;

constexpr size_t kMessageBytes = 512;
thread_local char last_message[kMessageBytes] = "";

static_assert(static_cast<int>(ErrorCode::invalid_argument) == INGOT_INVALID_ARGUMENT);
static_assert(static_cast<int>(ErrorCode::io) == INGOT_IO);
static_assert(static_cast<int>(ErrorCode::internal) == INGOT_INTERNAL);
static_assert(static_cast<int>(ingot::DType::uint64) == INGOT_UINT64);

ingot_status null_pointer(const char* what) {
  return c_status(Error::make(ErrorCode::invalid_argument, "%s is a null pointer", what));
}

// Gives a new object to the caller, or the error that kept it from being made.
template <typename Object, typename T>
ingot_status hand_out(Result<T>&& made, Object** out) {
  *out = nullptr;
  if (!made) return c_status(made);
  *out = new (std::nothrow) Object{std::move(*made)};
  return *out != nullptr ? INGOT_OK : c_status(Error::make(ErrorCode::out_of_memory, "cannot allocate an object"));
}

// Copies as much as the caller's version of the structure has room for.
template <typename T>
ingot_status fill(T value, T* out) {
  const size_t room = out->struct_size;
  if (room < sizeof(size_t)) {
    return c_status(
        Error::make(ErrorCode::invalid_argument, "struct_size is %zu: set it to the structure's size", room));
  }
  value.struct_size = room;
  std::memcpy(out, &value, std::min(room, sizeof value));
  return INGOT_OK;
}

ingot_status fill_info(const Result<ingot::TensorInfo>& info, ingot_tensor_info* out) {
  if (!info) return c_status(info);
  return fill(ingot_tensor_info{0, static_cast<ingot_dtype>(info->dtype), info->resizable, info->sizes.size(),
                                info->sizes.data(), info->dim_order.data(), info->nbytes},
              out);
}

ingot_status fill_tensor(const ingot::Tensor& tensor, ingot_tensor* out) {
  return fill(ingot_tensor{0, static_cast<ingot_dtype>(tensor.dtype()), 0, tensor.rank(), tensor.sizes().data(),
                           tensor.dim_order().data(), tensor.strides().data(), tensor.nbytes(), tensor.data()},
              out);
}

}  // namespace

namespace ingot {

ingot_status c_status(const Error& error) {
  std::snprintf(last_message, sizeof last_message, "%s", error.message());
  return static_cast<ingot_status>(error.code());
}

}  // namespace ingot

const char* ingot_error_message(void) {
  return last_message;
}

const char* ingot_status_name(ingot_status status) {
  return status == INGOT_OK ? "ok" : to_string(static_cast<ErrorCode>(status));
}

ingot_status ingot_runtime_create(ingot_runtime** runtime) {
  if (runtime == nullptr) return null_pointer("runtime");
  *runtime = new (std::nothrow) ingot_runtime;
  return *runtime != nullptr ? INGOT_OK : c_status(Error::make(ErrorCode::out_of_memory, "cannot allocate a runtime"));
}

void ingot_runtime_destroy(ingot_runtime* runtime) {
  if (runtime != nullptr && runtime->destroy_threads != nullptr) runtime->destroy_threads(runtime->threads);
  delete runtime;
}

ingot_status ingot_runtime_set_instruction_limit(ingot_runtime* runtime, uint64_t limit) {
  if (runtime == nullptr) return null_pointer("runtime");
  runtime->runtime.set_instruction_limit(limit);
  return INGOT_OK;
}

ingot_status ingot_program_open(const ingot_runtime* runtime, const char* path, ingot_source source,
                                ingot_program** program) {
  if (runtime == nullptr || path == nullptr || program == nullptr) return null_pointer("runtime, path or program");
  if (source != INGOT_SOURCE_MAP && source != INGOT_SOURCE_READ) {
    return c_status(Error::make(ErrorCode::invalid_argument, "unknown source %d", static_cast<int>(source)));
  }
  return hand_out(
      ingot::Program::open(runtime->runtime, path,
                           source == INGOT_SOURCE_MAP ? ingot::Program::Source::map : ingot::Program::Source::read),
      program);
}

ingot_status ingot_program_from_memory(const ingot_runtime* runtime, const void* data, size_t size,
                                       ingot_program** program) {
  if (runtime == nullptr || data == nullptr || program == nullptr) return null_pointer("runtime, data or program");
  return hand_out(ingot::Program::from_memory(runtime->runtime, {static_cast<const std::byte*>(data), size}), program);
}

void ingot_program_destroy(ingot_program* program) {
  delete program;
}

size_t ingot_program_num_methods(const ingot_program* program) {
  return program == nullptr ? 0 : program->program.num_methods();
}

ingot_status ingot_program_method_info(const ingot_program* program, size_t index, ingot_method_info* info) {
  if (program == nullptr || info == nullptr) return null_pointer("program or info");
  const Result<ingot::MethodInfo> found = program->program.method_info(index);
  if (!found) return c_status(found);
  // A program's strings end with a zero byte.
  return fill(ingot_method_info{0, found->name.data(), found->num_inputs, found->num_outputs}, info);
}

ingot_status ingot_program_input_info(const ingot_program* program, const char* method, size_t index,
                                      ingot_tensor_info* info) {
  if (program == nullptr || method == nullptr || info == nullptr) return null_pointer("program, method or info");
  return fill_info(program->program.input_info(method, index), info);
}

ingot_status ingot_program_output_info(const ingot_program* program, const char* method, size_t index,
                                       ingot_tensor_info* info) {
  if (program == nullptr || method == nullptr || info == nullptr) return null_pointer("program, method or info");
  return fill_info(program->program.output_info(method, index), info);
}

ingot_status ingot_program_memory_requirements(const ingot_program* program, const char* method,
                                               ingot_memory_requirements* needed) {
  if (program == nullptr || method == nullptr || needed == nullptr) return null_pointer("program, method or needed");
  const Result<ingot::MemoryRequirements> found = program->program.memory_requirements(method);
  if (!found) return c_status(found);
  return fill(ingot_memory_requirements{0, found->method_bytes, found->scratch_bytes, found->arena_bytes.size(),
                                        found->arena_bytes.data(), found->prepared_bytes},
              needed);
}

ingot_status ingot_method_load(const ingot_program* program, const char* name, ingot_method** method) {
  if (program == nullptr || name == nullptr || method == nullptr) return null_pointer("program, name or method");
  return hand_out(ingot::Method::load(program->program, name), method);
}

ingot_status ingot_method_load_in(const ingot_program* program, const char* name, const ingot_method_memory* memory,
                                  ingot_method** method) {
  if (program == nullptr || name == nullptr || memory == nullptr || method == nullptr) {
    return null_pointer("program, name, memory or method");
  }
  // Callers of before there was `prepared` have none.
  constexpr size_t kLeast = offsetof(ingot_method_memory, prepared);
  if (memory->struct_size < kLeast || (memory->num_arenas > 0 && (!memory->arenas || !memory->arena_bytes))) {
    return c_status(Error::make(ErrorCode::invalid_argument, "struct_size is %zu, expected %zu, or arenas are missing",
                                memory->struct_size, sizeof *memory));
  }
  const bool has_prepared = memory->struct_size >= sizeof *memory;
  const std::span<std::byte> prepared(has_prepared ? static_cast<std::byte*>(memory->prepared) : nullptr,
                                      has_prepared ? memory->prepared_bytes : 0);
  Result<ingot::Memory> list = ingot::Memory::allocate(memory->num_arenas * sizeof(std::span<std::byte>));
  if (!list) return c_status(list);
  auto* arenas = reinterpret_cast<std::span<std::byte>*>(list->bytes().data());
  for (size_t i = 0; i < memory->num_arenas; ++i) {
    new (arenas + i) std::span<std::byte>(static_cast<std::byte*>(memory->arenas[i]), memory->arena_bytes[i]);
  }
  const ingot::MethodMemory given{{static_cast<std::byte*>(memory->method), memory->method_bytes},
                                  {arenas, memory->num_arenas},
                                  {static_cast<std::byte*>(memory->scratch), memory->scratch_bytes},
                                  prepared};
  return hand_out(ingot::Method::load(program->program, name, given), method);
}

void ingot_method_destroy(ingot_method* method) {
  delete method;
}

ingot_status ingot_method_set_input(ingot_method* method, size_t index, ingot_dtype dtype, const int32_t* sizes,
                                    size_t rank, const void* data) {
  if (method == nullptr || (sizes == nullptr && rank > 0)) return null_pointer("method or sizes");
  // A number beyond int8_t is no dtype, nor may it become one by narrowing.
  const auto narrow = static_cast<ingot::DType>(dtype < INT8_MIN || dtype > INT8_MAX ? -1 : dtype);
  return c_status(method->method.set_input(index, narrow, {sizes, rank}, data));
}

ingot_status ingot_method_set_output(ingot_method* method, size_t index, void* data, size_t bytes) {
  if (method == nullptr) return null_pointer("method");
  return c_status(method->method.set_output(index, data, bytes));
}

ingot_status ingot_method_execute(ingot_method* method) {
  if (method == nullptr) return null_pointer("method");
  return c_status(method->method.execute());
}

ingot_status ingot_method_input(ingot_method* method, size_t index, ingot_tensor* tensor) {
  if (method == nullptr || tensor == nullptr) return null_pointer("method or tensor");
  const Result<ingot::Tensor*> found = method->method.input(index);
  return found ? fill_tensor(**found, tensor) : c_status(found);
}

ingot_status ingot_method_output(const ingot_method* method, size_t index, ingot_tensor* tensor) {
  if (method == nullptr || tensor == nullptr) return null_pointer("method or tensor");
  const Result<const ingot::Tensor*> found = method->method.output(index);
  return found ? fill_tensor(**found, tensor) : c_status(found);
}
