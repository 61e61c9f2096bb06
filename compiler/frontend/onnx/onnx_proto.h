// The classes that protobuf generates for ONNX files, as libonnx ships them. Include this instead of naming the header.
#pragma once

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-parameter"
#include <onnx/onnx_pb.h>  // IWYU pragma: export
#pragma GCC diagnostic pop
