// The folder of real models beside the checkout, which only some tests use: they skip, and say so, where it is missing.
#pragma once

#include <filesystem>
#include <string>

namespace ingot::testing {

// Empty where there is no such folder or file.
inline std::string shared_file(const std::string& name) {
  const auto path = std::filesystem::path(INGOT_SOURCE_DIR).parent_path() / "shared" / name;
  return std::filesystem::exists(path) ? path.string() : std::string();
}

}  // namespace ingot::testing

// Inside a TEST: `const std::string path = INGOT_SHARED_FILE("models/onnx/x.onnx");`, or the test is skipped.
#define INGOT_SHARED_FILE(name)                                                                       \
  ({                                                                                                  \
    const std::string ingot_path_ = ::ingot::testing::shared_file(name);                              \
    if (ingot_path_.empty()) GTEST_SKIP() << "../shared/" << (name) << " is not beside the checkout"; \
    ingot_path_;                                                                                      \
  })
