// Runs one XNNPACK node on 8-bit tensors: what our quantized kernels are held against. For tests only: every failure
// throws.
#pragma once

#include <xnnpack.h>

#include <cstdint>
#include <functional>
#include <stdexcept>
#include <vector>

namespace ingot::testing {

inline void expect_success(xnn_status status, const char* what) {
  if (status != xnn_status_success) throw std::runtime_error(what);
}

// One node's graph: inputs and constants are added, then the node, then it runs. Bytes are int8 or uint8 by `datatype`.
class XnnNode {
 public:
  explicit XnnNode(xnn_datatype datatype) : datatype_(datatype) {
    expect_success(xnn_initialize(nullptr), "initialize");
    expect_success(xnn_create_subgraph(4, 0, &subgraph_), "create subgraph");
  }
  ~XnnNode() {
    if (runtime_ != nullptr) xnn_delete_runtime(runtime_);
    xnn_delete_subgraph(subgraph_);
  }
  XnnNode(const XnnNode&) = delete;
  XnnNode& operator=(const XnnNode&) = delete;

  xnn_subgraph_t subgraph() const { return subgraph_; }

  uint32_t input(const std::vector<size_t>& dims, float scale, int32_t zero_point, std::vector<uint8_t> data) {
    const uint32_t id = external(dims, scale, zero_point, XNN_VALUE_FLAG_EXTERNAL_INPUT);
    buffers_.push_back(std::move(data));
    buffers_.back().resize(buffers_.back().size() + XNN_EXTRA_BYTES);
    return id;
  }
  uint32_t output(const std::vector<size_t>& dims, float scale, int32_t zero_point) {
    size_t count = 1;
    for (const size_t dim : dims) count *= dim;
    output_size_ = count;
    const uint32_t id = external(dims, scale, zero_point, XNN_VALUE_FLAG_EXTERNAL_OUTPUT);
    buffers_.emplace_back(count + XNN_EXTRA_BYTES);
    return id;
  }
  // A constant of int8 or int32 with a scale for each slice along an axis; the memory outlives the node.
  uint32_t channelwise(xnn_datatype datatype, const std::vector<size_t>& dims, size_t axis, const float* scales,
                       const void* data) {
    uint32_t id = 0;
    expect_success(xnn_define_channelwise_quantized_tensor_value(subgraph_, datatype, scales, dims.size(), axis,
                                                                 dims.data(), data, XNN_INVALID_VALUE_ID, 0, &id),
                   "channelwise tensor");
    return id;
  }
  // With one scale.
  uint32_t constant(xnn_datatype datatype, const std::vector<size_t>& dims, float scale, int32_t zero_point,
                    const void* data) {
    uint32_t id = 0;
    expect_success(xnn_define_quantized_tensor_value(subgraph_, datatype, zero_point, scale, dims.size(), dims.data(),
                                                     data, XNN_INVALID_VALUE_ID, 0, &id),
                   "constant tensor");
    return id;
  }

  std::vector<uint8_t> run() {
    expect_success(xnn_create_runtime_v4(subgraph_, nullptr, nullptr, nullptr, 0, &runtime_), "create runtime");
    expect_success(xnn_reshape_runtime(runtime_), "reshape");
    std::vector<xnn_external_value> values;
    for (uint32_t i = 0; i < buffers_.size(); ++i) values.push_back({i, buffers_[i].data()});
    expect_success(xnn_setup_runtime_v2(runtime_, values.size(), values.data()), "setup");
    expect_success(xnn_invoke_runtime(runtime_), "invoke");
    buffers_.back().resize(output_size_);
    return buffers_.back();
  }

 private:
  uint32_t external(const std::vector<size_t>& dims, float scale, int32_t zero_point, uint32_t flags) {
    uint32_t id = 0;
    expect_success(xnn_define_quantized_tensor_value(subgraph_, datatype_, zero_point, scale, dims.size(), dims.data(),
                                                     nullptr, static_cast<uint32_t>(buffers_.size()), flags, &id),
                   "external tensor");
    return id;
  }

  xnn_datatype datatype_;
  xnn_subgraph_t subgraph_ = nullptr;
  xnn_runtime_t runtime_ = nullptr;
  std::vector<std::vector<uint8_t>> buffers_;
  size_t output_size_ = 0;
};

}  // namespace ingot::testing
