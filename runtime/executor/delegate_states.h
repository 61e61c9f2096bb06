// The states that delegates keep for a Program or for a group of Methods: each made once, when first asked for, and
// destroyed with this. Any thread may ask.
#pragma once

#include <cstddef>
#include <mutex>

#include "runtime/core/error.h"
#include "runtime/delegate.h"

namespace ingot {

inline constexpr size_t kMaxDelegates = 16;

class DelegateStates {
 public:
  using Make = Result<DelegateState*> (Delegate::*)();

  DelegateStates() = default;
  DelegateStates(const DelegateStates&) = delete;
  DelegateStates& operator=(const DelegateStates&) = delete;
  ~DelegateStates() {
    for (const Entry& entry : entries_) delete entry.state;
  }

  // `index`: the delegate's number in its Runtime.
  Result<DelegateState*> get(size_t index, Delegate& delegate, Make make) {
    const std::lock_guard lock(mutex_);
    Entry& entry = entries_[index];
    if (!entry.made) {
      entry.state = INGOT_TRY((delegate.*make)());
      entry.made = true;
    }
    return entry.state;
  }

 private:
  struct Entry {
    bool made = false;
    DelegateState* state = nullptr;
  };
  std::mutex mutex_;
  Entry entries_[kMaxDelegates];
};

}  // namespace ingot
