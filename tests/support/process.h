// Runs a program of this build and keeps what it prints. One thread at a time.
#pragma once

#include <string>
#include <vector>

namespace ingot::testing {

struct Finished {
  int exit_code = -1;  // 128 + the signal where one ended it; -1 where it could not be started
  std::string out;
  std::string err;
};

// Blocks until the process ends; nothing is on its standard input. `program` is a path, or a name without a slash for
// one in the build's bin folder.
Finished run_process(const std::string& program, const std::vector<std::string>& arguments);

}  // namespace ingot::testing
