// What the tests of the command-line tools share: a folder that is empty before each test, and the forms that an answer
// of a tool may take.
#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/core/dtype.h"
#include "tests/support/process.h"

namespace ingot::testing {

class ToolTest : public ::testing::Test {
 protected:
  void SetUp() override;
  void TearDown() override;

  // A path in the test's folder.
  std::string at(const std::string& name) const { return (folder_ / name).string(); }
  std::string write(const std::string& name, std::string_view text) const;
  std::string write(const std::string& name, std::span<const std::byte> bytes) const;
  // Zeros of this dtype.
  std::string write_zeros(const std::string& name, DType dtype, const std::vector<int32_t>& sizes) const;
  std::string read(const std::string& name) const;
  // Names in the folder, sorted.
  std::vector<std::string> files() const;

  // Runs a tool that must end well, without a word on standard error; what it printed.
  std::string succeed(const std::string& tool, const std::vector<std::string>& arguments);
  // A tool fails: exit code 1, one line on standard error that begins with the tool's name and holds `reason`, nothing
  // on standard output, and no file that was not there before.
  void expect_failure(const std::string& tool, const std::vector<std::string>& arguments, std::string_view reason);
  // The command line is wrong: exit code 2, the reason and where to read more on standard error, and no new file.
  void expect_usage_error(const std::string& tool, const std::vector<std::string>& arguments, std::string_view reason);

 private:
  std::filesystem::path folder_;
};

}  // namespace ingot::testing
