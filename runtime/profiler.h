// Where the time of Method::execute() goes: what a Runtime's profiler is told.
#pragma once

#include <cstddef>
#include <cstdint>

namespace ingot {

// One instruction of a method, or one operator inside a delegate call, that has just run.
struct ProfiledStep {
  size_t instruction = 0;  // its place in the method's chain
  int64_t node = -1;       // its place among the delegate's operators; -1 for the whole instruction
  const char* name = "";   // "aten::add.out", "XnnpackBackend", or the delegate's name of the operator
  uint64_t nanoseconds = 0;
};

class Profiler {
 public:
  // Called on the thread that executes, in the order in which steps end: operators of a delegate call before the call.
  // The name lives as long as the Method.
  virtual void took(const ProfiledStep& step) = 0;

 protected:
  ~Profiler() = default;
};

}  // namespace ingot
