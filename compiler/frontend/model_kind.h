// What kind of model a file holds, told by its content and never by its name. A pure function; costs a look at the
// first bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace ingot::compiler {

enum class ModelKind : uint8_t {
  onnx,        // a protobuf has no mark of its own: whatever is none of the others
  pt2,         // a zip archive: torch.export's
  tflite,      // a FlatBuffer with TensorFlow Lite's identifier
  graph_text,  // compiler/ir/text.h
};

ModelKind model_kind(std::span<const std::byte> file);

}  // namespace ingot::compiler
