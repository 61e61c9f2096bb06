#include "delegate/xnnpack/graph/faults.h"

#include <xnnpack.h>

#include <array>
#include <cmath>
#include <limits>
#include <memory>
#include <vector>

#include "delegate/xnnpack/graph/overread.h"

namespace ingot::xnnpack {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

struct SubgraphDelete {
  void operator()(xnn_subgraph_t subgraph) const { xnn_delete_subgraph(subgraph); }
};
struct RuntimeDelete {
  void operator()(xnn_runtime_t runtime) const { xnn_delete_runtime(runtime); }
};

std::unique_ptr<xnn_subgraph, SubgraphDelete> new_subgraph() {
  xnn_subgraph_t subgraph = nullptr;
  if (xnn_create_subgraph(2, 0, &subgraph) != xnn_status_success) return nullptr;
  return std::unique_ptr<xnn_subgraph, SubgraphDelete>(subgraph);
}

// From external value 0 to 1. False where XNNPACK refuses, which then is no fault: nothing is computed.
bool run(xnn_subgraph_t subgraph, void* in, void* out) {
  xnn_workspace_t workspace = nullptr;
  if (xnn_create_workspace(&workspace) != xnn_status_success) return false;
  xnn_runtime_t made = nullptr;
  const xnn_status created = xnn_create_runtime_v4(subgraph, nullptr, workspace, nullptr, 0, &made);
  xnn_release_workspace(workspace);
  if (created != xnn_status_success) return false;
  const std::unique_ptr<xnn_runtime, RuntimeDelete> runtime(made);
  const std::array<xnn_external_value, 2> values = {xnn_external_value{0, in}, xnn_external_value{1, out}};
  return xnn_reshape_runtime(made) == xnn_status_success &&
         xnn_setup_runtime_v2(made, values.size(), values.data()) == xnn_status_success &&
         xnn_invoke_runtime(made) == xnn_status_success;
}

// Small numbers in no order.
int8_t number(size_t i) {
  return static_cast<int8_t>(static_cast<int>(i * 7 % 11) - 5);
}

// 17 pixels of 72 channels, from a filter of two.
bool single_pixel_is_wrong() {
  constexpr size_t kPixels = 17, kChannels = 72, kTaps = 2;
  constexpr float kStep = 32;  // so that no sum saturates
  std::vector<int8_t> image((kPixels + kTaps - 1) * kChannels + kOverread), filter(kTaps * kChannels + kOverread);
  std::vector<int8_t> found(kPixels + kOverread);
  for (size_t i = 0; i < image.size(); ++i) image[i] = number(i);
  for (size_t i = 0; i < filter.size(); ++i) filter[i] = number(3 * i + 1);
  const auto subgraph = new_subgraph();
  const std::array<size_t, 4> in = {1, 1, kPixels + kTaps - 1, kChannels}, of_filter = {1, 1, kTaps, kChannels};
  const std::array<size_t, 4> out = {1, 1, kPixels, 1};
  constexpr float kOne = 1;
  uint32_t from = 0, weights = 0, to = 0;
  const bool defined =
      subgraph != nullptr &&
      xnn_define_quantized_tensor_value(subgraph.get(), xnn_datatype_qint8, 0, 1, 4, in.data(), nullptr, 0,
                                        XNN_VALUE_FLAG_EXTERNAL_INPUT, &from) == xnn_status_success &&
      xnn_define_channelwise_quantized_tensor_value(subgraph.get(), xnn_datatype_qcint8, &kOne, 4, 0, of_filter.data(),
                                                    filter.data(), XNN_INVALID_VALUE_ID, 0,
                                                    &weights) == xnn_status_success &&
      xnn_define_quantized_tensor_value(subgraph.get(), xnn_datatype_qint8, 0, kStep, 4, out.data(), nullptr, 1,
                                        XNN_VALUE_FLAG_EXTERNAL_OUTPUT, &to) == xnn_status_success &&
      xnn_define_convolution_2d(subgraph.get(), 0, 0, 0, 0, 1, kTaps, 1, 1, 1, 1, 1, kChannels, 1, -kInfinity,
                                kInfinity, from, weights, XNN_INVALID_VALUE_ID, to, 0) == xnn_status_success;
  if (!defined || !run(subgraph.get(), image.data(), found.data())) return false;
  for (size_t pixel = 0; pixel < kPixels; ++pixel) {
    int sum = 0;
    for (size_t i = 0; i < kTaps * kChannels; ++i) sum += image[pixel * kChannels + i] * filter[i];
    if (std::abs(static_cast<float>(sum) - kStep * static_cast<float>(found[pixel])) > kStep) return true;
  }
  return false;
}

// Two rows of 64 ones, times a filter of ones in groups of 32.
bool groups_are_wrong() {
  constexpr size_t kRows = 2, kDepth = 64, kColumns = 16, kGroup = 32;
  constexpr uint8_t kOnes = 0x99;      // a pair of ones, 8 added to each
  constexpr uint16_t kScale = 0x3F80;  // 1 as a bfloat16
  std::vector<float> rows(kRows * kDepth + kOverread, 1), found(kRows * kColumns + kOverread, 0);
  const std::vector<uint8_t> filter(kColumns * kDepth / 2 + kOverread, kOnes);
  const std::vector<uint16_t> scales(kColumns * kDepth / kGroup, kScale);
  const auto subgraph = new_subgraph();
  const std::array<size_t, 2> in = {kRows, kDepth}, of_filter = {kColumns, kDepth}, out = {kRows, kColumns};
  uint32_t from = 0, integers = 0, weights = 0, to = 0;
  const bool defined =
      subgraph != nullptr &&
      xnn_define_tensor_value(subgraph.get(), xnn_datatype_fp32, 2, in.data(), nullptr, 0,
                              XNN_VALUE_FLAG_EXTERNAL_INPUT, &from) == xnn_status_success &&
      xnn_define_dynamically_quantized_tensor_value(subgraph.get(), xnn_datatype_qdint8, 2, 1, in.data(),
                                                    XNN_INVALID_VALUE_ID, 0, &integers) == xnn_status_success &&
      xnn_define_blockwise_quantized_tensor_value(subgraph.get(), xnn_datatype_qbint4, 8, scales.data(), 2, 0, kGroup,
                                                  of_filter.data(), filter.data(), XNN_INVALID_VALUE_ID, 0,
                                                  &weights) == xnn_status_success &&
      xnn_define_tensor_value(subgraph.get(), xnn_datatype_fp32, 2, out.data(), nullptr, 1,
                              XNN_VALUE_FLAG_EXTERNAL_OUTPUT, &to) == xnn_status_success &&
      xnn_define_unary(subgraph.get(), xnn_unary_convert, nullptr, from, integers, 0) == xnn_status_success &&
      xnn_define_fully_connected(subgraph.get(), -kInfinity, kInfinity, integers, weights, XNN_INVALID_VALUE_ID, to,
                                 0) == xnn_status_success;
  if (!defined || !run(subgraph.get(), rows.data(), found.data())) return false;
  for (size_t i = 0; i < kRows * kColumns; ++i) {
    if (std::abs(found[i] - static_cast<float>(kDepth)) > 1) return true;
  }
  return false;
}

}  // namespace

const Faults& faults() {
  static const Faults found = {single_pixel_is_wrong(), groups_are_wrong()};
  return found;
}

}  // namespace ingot::xnnpack
