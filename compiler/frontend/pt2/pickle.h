// Reads the tensors of a PyTorch pickle (torch.save's data.pkl): a dictionary from names to tensors. Nothing is ever
// executed: of pickle's opcodes only those are known that build numbers, strings, tuples, lists, dictionaries and
// tensors, of its globals only those that torch.save writes for tensors; anything else is an error. Pure; memory in
// proportion to the stream, which is limited.
#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <string>

#include "compiler/frontend/pt2/stored_tensor.h"

namespace ingot::compiler::pt2 {

// Name to tensor; StoredTensor::storage is the key of its record. A tensor alone, without a dictionary, has an empty
// name.
Result<std::map<std::string, StoredTensor>> read_pickled_tensors(std::span<const std::byte> stream);

}  // namespace ingot::compiler::pt2
