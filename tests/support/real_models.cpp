#include "tests/support/real_models.h"

#include <cctype>
#include <ostream>

#include "tests/support/shared.h"

namespace ingot::testing {
namespace {

const RealModel kModels[] = {
    {"executorch/add_mul", 3},
    {"executorch/add_mul_elem", 2},
    {"executorch/bigmlp"},
    {"executorch/conv1"},
    {"executorch/linear"},
    {"executorch/mlp"},
    {"executorch/mobilenet_v2"},
    {"executorch/mobilenet_v3_small"},
    {"executorch/softmax"},
    {"executorch/transformer_encoder"},
    {"models/onnx/deeplabv3_mnv2_pascal_fp32", 1, 0},
    {"models/onnx/from_tflite/mlperf_tiny_kws_fp32"},
    {"models/onnx/from_tflite/mlperf_tiny_resnet8_cifar10_fp32"},
    {"models/onnx/from_tflite/mlperf_tiny_vww96_fp32"},
    {"models/onnx/mobilenet_v2_1.0_224_google_fp32"},
    {"models/onnx/squeezenet1.1_fp32"},
    {"models/onnx/ultraface_version-RFB-320", 1, 2},
};

Result<std::vector<Array>> read_arrays(const std::string& stem, size_t count) {
  std::vector<Array> arrays;
  for (size_t i = 0; i < count; ++i) {
    const std::string name = stem + std::to_string(i) + ".npy";
    const std::string path = shared_file(name);
    if (path.empty()) return fail(ErrorCode::not_found, "../shared/%s is missing", name.c_str());
    arrays.push_back(INGOT_TRY(read_npy(path)));
  }
  return arrays;
}

}  // namespace

std::span<const RealModel> real_models() {
  return kModels;
}

std::string test_name(const RealModel& model) {
  std::string name = model.name.substr(model.name.rfind('/') + 1);
  for (char& c : name) {
    if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
  }
  return name;
}

void PrintTo(const RealModel& model, std::ostream* out) {
  *out << model.name;
}

Result<std::vector<Array>> recorded_inputs(const RealModel& model) {
  return read_arrays(model.name + ".input", model.inputs);
}

Result<std::vector<Array>> recorded_outputs(const RealModel& model) {
  return read_arrays(model.name + ".output", model.outputs);
}

}  // namespace ingot::testing
