#include "compiler/frontend/onnx/input_types.h"

#include <string_view>
#include <unordered_set>

#include "compiler/frontend/aten/calls.h"
#include "compiler/frontend/aten/input_sizes.h"
#include "compiler/frontend/onnx/tensor_data.h"

namespace ingot::compiler::onnx_import {
namespace {

Result<OpenInput> read_input(const onnx::ValueInfoProto& info) {
  if (!info.type().has_tensor_type())
    return fail(ErrorCode::not_supported, "input '%.80s' is no tensor", info.name().c_str());
  const onnx::TypeProto::Tensor& tensor = info.type().tensor_type();
  Result<DType> dtype = to_dtype(tensor.elem_type());
  if (!dtype) {
    dtype.error().add_context("input '%.80s'", info.name().c_str());
    return std::unexpected(dtype.error());
  }
  OpenInput input{info.name(), *dtype, std::nullopt};
  if (!tensor.has_shape()) return input;
  input.dims.emplace();
  for (const onnx::TensorShapeProto::Dimension& dim : tensor.shape().dim()) {
    // Some exporters write -1 for an open size.
    const bool known = dim.has_dim_value() && dim.dim_value() >= 0;
    input.dims->push_back({known ? std::optional<Dim>(dim.dim_value()) : std::nullopt, dim.dim_param()});
  }
  return input;
}

}  // namespace

Result<std::vector<std::pair<std::string, TensorType>>> input_types(const onnx::GraphProto& graph,
                                                                    const OnnxImportOptions& options) {
  std::unordered_set<std::string_view> initializers;
  for (const onnx::TensorProto& tensor : graph.initializer()) initializers.insert(tensor.name());
  std::vector<OpenInput> inputs;
  for (const onnx::ValueInfoProto& info : graph.input()) {
    if (!initializers.contains(info.name())) inputs.push_back(INGOT_TRY(read_input(info)));
  }
  INGOT_TRY_VOID(fix_sizes(options.input_shapes, &inputs));
  INGOT_TRY_VOID(check_all_sizes_known(inputs));

  std::vector<std::pair<std::string, TensorType>> types;
  for (const OpenInput& input : inputs) {
    types.emplace_back(input.name, INGOT_TRY(type_of(input)));
  }
  return types;
}

}  // namespace ingot::compiler::onnx_import
