// What the opaque objects of ingot.h are, for the libraries that implement a part of it.
#pragma once

#include "runtime/include/ingot.h"
#include "runtime/include/ingot.hpp"

struct ingot_runtime {
  ingot::Runtime runtime;
  // What add_* functions made for it, destroyed after the programs.
  void* threads = nullptr;
  void (*destroy_threads)(void* threads) = nullptr;
};

namespace ingot {

// Remembers the error's message for this thread and gives its status.
ingot_status c_status(const Error& error);

template <typename T>
ingot_status c_status(const Result<T>& result) {
  return result ? INGOT_OK : c_status(result.error());
}

}  // namespace ingot
