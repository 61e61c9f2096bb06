// Files as they are emitted: what ExecuTorch asks of them, and what happens when their bytes are damaged.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <format>
#include <iterator>
#include <string>
#include <vector>

#include "delegate/xnnpack/graph/sha256.h"
#include "delegate/xnnpack/run/xnnpack_delegate.h"
#include "runtime/include/ingot.hpp"
#include "runtime/npy/whole_file.h"
#include "runtime/program/program_file.h"
#include "tests/end_to_end/pipeline.h"
#include "tests/support/executorch_rules.h"
#include "tests/support/shared.h"

namespace ingot {
namespace {

using ::testing::IsEmpty;
using testing::Way;

// XNNPACK computes convolution, activation, sum and mean; acos is left to a kernel, in the middle.
constexpr char kMixed[] = R"(graph forward(%x: float32[1, 2, 6, 6]) {
  %w = const float32[3, 2, 3, 3] [0.1, -0.2, 0.3, 0.1, -0.2, 0.3, 0.1, -0.2, 0.3, 0.1, -0.2, 0.3, 0.1, -0.2, 0.3, 0.1, -0.2, 0.3, 0.1, -0.2, 0.3, 0.1, -0.2, 0.3, 0.1, -0.2, 0.3, 0.1, -0.2, 0.3, 0.1, -0.2, 0.3, 0.1, -0.2, 0.3, 0.1, -0.2, 0.3, 0.1, -0.2, 0.3, 0.1, -0.2, 0.3, 0.1, -0.2, 0.3, 0.1, -0.2, 0.3, 0.1, -0.2, 0.3]
  %b = const float32[3] [0.5, 0.25, -0.5]
  %k = const float32[1, 3, 1, 1] [1.0, 2.0, 3.0]
  %c = aten::convolution(%x, %w, %b, [2, 2], [1, 1], [1, 1], false, [0, 0], 1) @"conv"
  %t = aten::tanh(%c) @"tanh"
  %a = aten::acos(%t) @"angle"
  %n = aten::mul.Tensor(%a, %k) @"scaled"
  %s = aten::add.Tensor(%n, %c) @"sum"
  %m = aten::mean.dim(%s, [2, 3], true) @"mean"
  return %m, %t
})";

std::vector<std::byte> emitted(Way way) {
  auto built = testing::build_text(kMixed, way);
  EXPECT_TRUE(built) << built.error().message();
  if (!built) return {};
  EXPECT_EQ(built->report.partition.delegate_calls, way == Way::delegated ? 2 : 0);
  return std::move(built->file);
}

class EmittedFiles : public ::testing::TestWithParam<Way> {};

TEST_P(EmittedFiles, AreWhatExecutorchAsksFor) {
  EXPECT_THAT(testing::executorch_objections(emitted(GetParam())), IsEmpty());
}

// The rules are ExecuTorch's if its own files pass them.
TEST(ExecutorchRules, HoldForExecutorchsOwnFiles) {
  for (const char* name : {"mobilenet_v2", "mobilenet_v3_small", "transformer_encoder"}) {
    const std::string path = INGOT_SHARED_FILE(std::format("executorch/{}_portable.pte", name));
    const auto file = read_file(path);
    ASSERT_TRUE(file) << file.error().message();
    EXPECT_THAT(testing::executorch_objections(*file), IsEmpty()) << name;
  }
}

TEST_P(EmittedFiles, NameConstantsByTheirContent) {
  const std::vector<std::byte> bytes = emitted(GetParam());
  const auto file = ProgramFile::open(bytes);
  ASSERT_TRUE(file) << file.error().message();
  size_t named = 0;
  for (const pte::NamedData* entry : or_empty(file->root().named_data())) {
    const auto data = file->named_data(as_text(entry->key()));
    ASSERT_TRUE(data);
    EXPECT_EQ(xnnpack::sha256_hex(*data), as_text(entry->key()));
    ++named;
  }
  EXPECT_EQ(named > 0, GetParam() == Way::delegated);
}

TEST_P(EmittedFiles, AreTheSameEachTime) {
  EXPECT_TRUE(emitted(GetParam()) == emitted(GetParam()));
}

// Loads and runs the program's methods; nothing may crash, whatever the bytes are. True where the method ran.
bool attempt(const Runtime& runtime, std::span<const std::byte> file) {
  constexpr size_t kMost = 16 << 20;  // claims beyond are true to the format, and no matter here
  const auto program = Program::from_memory(runtime, file);
  if (!program || program->num_methods() == 0) return false;
  const std::string_view name = program->method_info(size_t{0})->name;
  const auto needed = program->memory_requirements(name);
  if (!needed) return false;
  size_t total = needed->method_bytes + needed->scratch_bytes + needed->prepared_bytes;
  for (const int64_t arena : needed->arena_bytes) total += std::min(static_cast<size_t>(arena), kMost);
  if (total > kMost) return false;
  auto method = Method::load(*program, name);
  if (!method) return false;
  for (size_t i = 0; i < method->num_inputs(); ++i) {
    const auto info = program->input_info(name, i);
    if (!info || info->nbytes > kMost) return false;
    const std::vector<std::byte> zeros(info->nbytes + 1);
    if (!method->set_input(i, info->dtype, info->sizes, zeros.data())) return false;
    if (!method->execute()) return false;
  }
  return true;
}

TEST_P(EmittedFiles, SurviveDamage) {
  const std::vector<std::byte> good = emitted(GetParam());
  XnnpackDelegate delegate;
  Runtime runtime;
  ASSERT_TRUE(runtime.add_kernels(portable_kernels()));
  ASSERT_TRUE(runtime.add_kernels(quantized_kernels()));
  ASSERT_TRUE(runtime.add_delegate(delegate));
  runtime.set_instruction_limit(1000);
  ASSERT_TRUE(attempt(runtime, good));
  constexpr uint8_t kFlips[] = {0xFF, 0x01, 0x80};
  size_t ran = 0;
  for (size_t i = 0; i < good.size(); ++i) {
    std::vector<std::byte> bad = good;
    bad[i] ^= std::byte{kFlips[i % std::size(kFlips)]};
    ran += attempt(runtime, bad);
  }
  // Weights may be anything; the structure may not.
  EXPECT_GT(ran, 100u);
  EXPECT_LT(ran, good.size());
  for (size_t length = 0; length < good.size(); ++length) {
    const std::vector<std::byte> cut(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(length));
    EXPECT_FALSE(attempt(runtime, cut)) << length;
  }
}

INSTANTIATE_TEST_SUITE_P(EndToEnd, EmittedFiles, ::testing::ValuesIn(testing::kBothWays),
                         [](const auto& info) { return to_string(info.param); });

}  // namespace
}  // namespace ingot
