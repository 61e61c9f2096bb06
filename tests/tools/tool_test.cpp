#include "tests/tools/tool_test.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <fstream>
#include <iterator>

#include "runtime/npy/npy.h"

namespace ingot::testing {

using ::testing::HasSubstr;
using ::testing::StartsWith;

void ToolTest::SetUp() {
  const auto* test = ::testing::UnitTest::GetInstance()->current_test_info();
  folder_ = std::filesystem::path(INGOT_BINARY_DIR) / "tool_tests" /
            (std::string(test->test_suite_name()) + "." + test->name());
  std::filesystem::remove_all(folder_);
  std::filesystem::create_directories(folder_);
}

void ToolTest::TearDown() {
  if (!HasFailure()) std::filesystem::remove_all(folder_);
}

std::string ToolTest::write(const std::string& name, std::string_view text) const {
  std::ofstream(folder_ / name, std::ios::binary) << text;
  return at(name);
}

std::string ToolTest::write(const std::string& name, std::span<const std::byte> bytes) const {
  return write(name, std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

std::string ToolTest::write_zeros(const std::string& name, DType dtype, const std::vector<int32_t>& sizes) const {
  size_t bytes = size_of(dtype);
  for (const int32_t size : sizes) bytes *= static_cast<size_t>(size);
  const std::vector<std::byte> zeros(bytes);
  return write(name, format_npy(dtype, sizes, zeros.data()));
}

std::string ToolTest::read(const std::string& name) const {
  std::ifstream file(folder_ / name, std::ios::binary);
  EXPECT_TRUE(file.is_open()) << name;
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<std::string> ToolTest::files() const {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_)) {
    names.push_back(std::filesystem::relative(entry.path(), folder_).string());
  }
  std::ranges::sort(names);
  return names;
}

std::string ToolTest::succeed(const std::string& tool, const std::vector<std::string>& arguments) {
  const Finished finished = run_process(tool, arguments);
  EXPECT_EQ(finished.exit_code, 0);
  EXPECT_EQ(finished.err, "");
  return finished.out;
}

void ToolTest::expect_failure(const std::string& tool, const std::vector<std::string>& arguments,
                              std::string_view reason) {
  SCOPED_TRACE(tool + " " + ::testing::PrintToString(arguments));
  const std::vector<std::string> before = files();
  const Finished finished = run_process(tool, arguments);
  EXPECT_EQ(finished.exit_code, 1);
  EXPECT_EQ(finished.out, "");
  EXPECT_THAT(finished.err, StartsWith(tool + ": "));
  EXPECT_THAT(finished.err, HasSubstr(std::string(reason)));
  EXPECT_EQ(std::ranges::count(finished.err, '\n'), 1) << finished.err;
  EXPECT_EQ(finished.err.back(), '\n');
  EXPECT_EQ(files(), before);
}

void ToolTest::expect_usage_error(const std::string& tool, const std::vector<std::string>& arguments,
                                  std::string_view reason) {
  SCOPED_TRACE(tool + " " + ::testing::PrintToString(arguments));
  const std::vector<std::string> before = files();
  const Finished finished = run_process(tool, arguments);
  EXPECT_EQ(finished.exit_code, 2);
  EXPECT_EQ(finished.out, "");
  EXPECT_THAT(finished.err, HasSubstr(std::string(reason)));
  EXPECT_THAT(finished.err, HasSubstr("--help"));
  EXPECT_EQ(files(), before);
}

}  // namespace ingot::testing
