#include "tests/end_to_end/pipeline.h"

#include <cstring>
#include <utility>

#include "delegate/xnnpack/lower/xnnpack_lowering.h"
#include "delegate/xnnpack/run/xnnpack_delegate.h"
#include "runtime/include/ingot.hpp"
#include "tests/support/compare.h"

namespace ingot::testing {

std::string to_string(Way way) {
  return way == Way::delegated ? "delegated" : "portable";
}

Result<Built> build(compiler::CompileOptions options, Way way) {
  xnnpack::XnnpackLowering lowering;
  options.lowering = way == Way::delegated ? &lowering : nullptr;
  compiler::CompileReport report;
  compiler::Compiled compiled = INGOT_TRY(compiler::compile(options, report));
  if (!compiled.program) return fail(ErrorCode::invalid_argument, "stopped after '%s'", options.stop_after.c_str());
  return Built{std::move(report), std::move(compiled.graph), compiled.program->image.flatten()};
}

Result<Built> build_named(const std::string& zoo_model, Way way) {
  compiler::CompileOptions options;
  options.model_name = zoo_model;
  return build(std::move(options), way);
}

Result<Built> build_text(const std::string& graph, Way way) {
  compiler::CompileOptions options;
  options.model_bytes = std::as_bytes(std::span(graph));
  return build(std::move(options), way);
}

namespace {

Result<std::vector<Array>> run_once(Method& method, std::span<const Array> inputs) {
  if (method.num_inputs() != inputs.size())
    return fail(ErrorCode::invalid_argument, "%zu inputs, the method takes %zu", inputs.size(), method.num_inputs());
  for (size_t i = 0; i < inputs.size(); ++i)
    INGOT_TRY_VOID(method.set_input(i, inputs[i].dtype, inputs[i].sizes, inputs[i].data.data()));
  INGOT_TRY_VOID(method.execute());
  std::vector<Array> outputs;
  for (size_t i = 0; i < method.num_outputs(); ++i) outputs.push_back(to_array(*INGOT_TRY(method.output(i))));
  return outputs;
}

}  // namespace

Result<std::vector<std::vector<Array>>> run_each(std::span<const std::byte> file,
                                                 std::span<const std::vector<Array>> runs) {
  XnnpackDelegate delegate;
  Runtime runtime;
  INGOT_TRY_VOID(runtime.add_kernels(portable_kernels()));
  INGOT_TRY_VOID(runtime.add_kernels(quantized_kernels()));
  INGOT_TRY_VOID(runtime.add_delegate(delegate));
  const Program program = INGOT_TRY(Program::from_memory(runtime, file));
  if (program.num_methods() != 1) return fail(ErrorCode::invalid_file, "%zu methods", program.num_methods());
  Method method = INGOT_TRY(Method::load(program, INGOT_TRY(program.method_info(size_t{0})).name));
  std::vector<std::vector<Array>> outputs;
  for (const std::vector<Array>& inputs : runs) outputs.push_back(INGOT_TRY(run_once(method, inputs)));
  return outputs;
}

Result<std::vector<Array>> run(std::span<const std::byte> file, std::span<const Array> inputs) {
  const std::vector<Array> once(inputs.begin(), inputs.end());
  return std::move(INGOT_TRY(run_each(file, {&once, 1}))[0]);
}

}  // namespace ingot::testing
