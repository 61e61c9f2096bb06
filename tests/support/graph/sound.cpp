#include "tests/support/graph/sound.h"

#include <gtest/gtest.h>

#include <string>

#include "compiler/ir/verify.h"

namespace ingot::testing {

void expect_sound(const Result<compiler::Graph>& imported) {
  if (imported) {
    const auto verified = compiler::verify(*imported, compiler::Stage::imported);
    EXPECT_TRUE(verified) << verified.error().message();
    return;
  }
  const std::string message = imported.error().message();
  EXPECT_FALSE(message.empty());
  for (const char c : message) EXPECT_GE(static_cast<unsigned char>(c), 0x20) << message;
  EXPECT_NE(imported.error().code(), ErrorCode::internal) << message;
}

}  // namespace ingot::testing
