// A tensor as an archive stores it: a view, by sizes, strides and an offset, of a storage that others may share. Plain
// values; what a file claims is checked when the elements are asked for.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "compiler/ir/graph.h"

namespace ingot::compiler::pt2 {

struct StoredTensor {
  DType dtype = DType::float32;
  // As many sizes as strides; strides and offset count elements.
  std::vector<int64_t> sizes;
  std::vector<int64_t> strides;
  int64_t offset = 0;
  std::string storage;  // the record that holds the elements
};

// The tensor's type, and its elements in row-major order, taken from `storage`: in place where they lie so, else as a
// copy. An error where the view reaches beyond its storage, or would make much more of a few elements.
Result<std::pair<TensorType, Bytes>> elements_of(const StoredTensor& tensor, const Bytes& storage);

}  // namespace ingot::compiler::pt2
