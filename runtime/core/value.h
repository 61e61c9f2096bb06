// An entry of a method's value table: a tensor, a number, a string, a list, or nothing. Values are small and copied
// freely; what they point to belongs to the Method.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "runtime/core/tensor.h"

namespace ingot {

struct Value;

// A list of integers whose elements are values themselves, so that a program can compute them (symbolic sizes).
struct IntList {
  std::span<Value* const> items;  // each of kind integer
  int64_t* buffer = nullptr;      // items.size() elements, filled by get()

  std::span<const int64_t> get() const;
};

struct Value {
  enum class Kind : uint8_t {
    none,
    integer,  // int, and dtypes, layouts and the like as their numbers
    real,     // float
    boolean,
    tensor,  // never a null pointer
    string,
    int_list,
    double_list,
    bool_list,
    tensor_list,  // null pointers stand for absent elements of a list of optional tensors
  };

  Kind kind = Kind::none;
  union {
    int64_t integer = 0;
    double real;
    bool boolean;
    Tensor* tensor;
    std::string_view string;
    IntList ints;
    std::span<const double> doubles;
    std::span<const bool> bools;
    std::span<Tensor* const> tensors;
  };
};

const char* to_string(Value::Kind kind);

inline std::span<const int64_t> IntList::get() const {
  for (size_t i = 0; i < items.size(); ++i) buffer[i] = items[i]->integer;
  return {buffer, items.size()};
}

}  // namespace ingot
