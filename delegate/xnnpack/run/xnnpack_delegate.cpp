#include "delegate/xnnpack/run/xnnpack_delegate.h"

#include <xnnpack.h>

#include <memory>
#include <new>

#include "delegate/xnnpack/graph/define.h"
#include "delegate/xnnpack/graph/payload.h"
#include "delegate/xnnpack/run/call.h"
#include "delegate/xnnpack/run/packed_weights.h"
#include "delegate/xnnpack/run/workspace.h"

namespace ingot {

using xnnpack::Call;
using xnnpack::PackedWeights;
using xnnpack::Packing;
using xnnpack::Workspace;

Result<DelegateState*> XnnpackDelegate::make_program_state() {
  auto* weights = new (std::nothrow) PackedWeights;
  if (weights == nullptr) return fail(ErrorCode::out_of_memory, "no memory for packed weights");
  return weights;
}

Result<DelegateState*> XnnpackDelegate::make_group_state() {
  auto workspace = INGOT_TRY(Workspace::make());
  return workspace.release();
}

namespace {

// XNNPACK plans for the declared sizes as soon as a runtime is built: they may not exceed what the program itself says
// that it needs.
Result<void> check_inputs_fit(const xnnpack::Payload& payload, std::span<Tensor* const> args) {
  for (const xnnpack::Value& value : payload.values()) {
    if (!value.is_input || value.external >= args.size() || args[value.external] == nullptr) continue;
    const uint64_t declared = INGOT_TRY(xnnpack::shape_bytes(value.datatype, value.shape));
    const size_t capacity = args[value.external]->capacity();
    if (declared > capacity) {
      return fail(ErrorCode::invalid_file, "the payload declares %llu bytes for argument %u, which has at most %zu",
                  static_cast<unsigned long long>(declared), value.external, capacity);
    }
  }
  return {};
}

// Of weights, for the most part: about what they take packed.
uint64_t constant_bytes(const xnnpack::Payload& payload) {
  uint64_t sum = 0;
  for (const xnnpack::Value& value : payload.values()) {
    if (value.constant != 0) sum += xnnpack::shape_bytes(value.datatype, value.shape).value_or(0);
  }
  return sum;
}

}  // namespace

Result<DelegateHandle*> XnnpackDelegate::init(const DelegateInit& init) {
  auto payload = INGOT_TRY(xnnpack::Payload::parse(init.payload));
  if (payload.num_externals() > init.num_args) {
    return fail(ErrorCode::invalid_file, "the payload has %u external values, its calls have %zu arguments",
                payload.num_externals(), init.num_args);
  }
  INGOT_TRY_VOID(check_inputs_fit(payload, init.args));
  auto* weights = static_cast<PackedWeights*>(init.program_state);
  auto* workspace = static_cast<Workspace*>(init.group_state);
  std::unique_ptr<Packing> packing;
  xnnpack::RuntimeOptions options;
  options.threadpool = static_cast<pthreadpool_t>(init.threadpool);
  if (init.is_profiled) options.flags |= XNN_FLAG_BASIC_PROFILING;
  if (workspace != nullptr) options.workspace = workspace->get();
  if (weights != nullptr) {
    xnnpack::WeightMemory* memory = weights->open(constant_bytes(payload));
    if (memory != nullptr) packing.reset(new (std::nothrow) Packing(*weights, *memory, *init.named_data));
    if (packing == nullptr) return fail(ErrorCode::out_of_memory, "no memory for packed weights");
    options.weights_cache = packing->cache();
  }
  auto built = INGOT_TRY(xnnpack::build_runtime(payload, *init.named_data, options));
  if (packing != nullptr) packing->finish();
  auto* call = new (std::nothrow) Call(std::move(payload), std::move(built), std::move(packing), workspace);
  if (call == nullptr) return fail(ErrorCode::out_of_memory, "no memory for a delegate call");
  return call;
}

}  // namespace ingot
