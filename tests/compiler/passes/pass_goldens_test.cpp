// Every PASS.txt beside this file holds cases for the pass of that name: a graph, `---`, and the graph that the pass
// must make of it (or `unchanged`); `===` parts the cases. What each case computes must stay the same too, on random
// inputs.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "compiler/ir/text.h"
#include "compiler/passes/pass_manager.h"
#include "runtime/core/number.h"
#include "tests/support/graph/run_graph.h"

namespace ingot::compiler {
namespace {

constexpr PrintOptions kWhole{.max_constant_elements = 1000};

struct Golden {
  std::string pass;
  size_t number = 0;
  std::string input;
  std::string expected;
};

std::string trimmed(const std::string& text) {
  const size_t begin = text.find_first_not_of(" \n");
  return begin == std::string::npos ? "" : text.substr(begin, text.find_last_not_of(" \n") - begin + 1);
}

std::vector<Golden> goldens() {
  std::vector<Golden> cases;
  for (const auto& entry : std::filesystem::directory_iterator(INGOT_SOURCE_DIR "/tests/compiler/passes")) {
    if (entry.path().extension() != ".txt") continue;
    std::ifstream file(entry.path());
    Golden golden{.pass = entry.path().stem().string()};
    std::string* part = &golden.input;
    const auto finish = [&] {
      ++golden.number;
      cases.push_back(golden);
      golden.input.clear();
      golden.expected.clear();
      part = &golden.input;
    };
    for (std::string line; std::getline(file, line);) {
      if (line == "---") {
        part = &golden.expected;
      } else if (line == "===") {
        finish();
      } else {
        *part += line + "\n";
      }
    }
    finish();
  }
  std::ranges::sort(cases, {}, [](const Golden& g) { return std::pair(g.pass, g.number); });
  return cases;
}

const Pass* find_pass(const std::string& name) {
  for (const auto passes : {canonical_passes(), target_passes()}) {
    for (const Pass& pass : passes) {
      if (pass.name == name) return &pass;
    }
  }
  return nullptr;
}

void expect_equal_numbers(const Array& expected, const Array& found) {
  ASSERT_EQ(expected.dtype, found.dtype);
  ASSERT_EQ(expected.sizes, found.sizes);
  const size_t size = size_of(expected.dtype);
  for (size_t at = 0; at < expected.data.size(); at += size) {
    const double a = load_number(expected.dtype, expected.data.data() + at);
    const double b = load_number(found.dtype, found.data.data() + at);
    if (std::isnan(a) && std::isnan(b)) continue;
    ASSERT_LE(std::abs(a - b), 1e-5 * std::max(1.0, std::abs(a))) << "element " << at / size << ": " << a << ", " << b;
  }
}

class PassGoldens : public ::testing::TestWithParam<Golden> {};

TEST_P(PassGoldens, Rewrites) {
  const Golden& golden = GetParam();
  const Pass* pass = find_pass(golden.pass);
  ASSERT_NE(pass, nullptr);
  auto graph = parse(golden.input);
  ASSERT_TRUE(graph) << graph.error().message();
  const auto before = parse(golden.input);
  std::vector<PassTiming> timings;
  const auto done = run_passes(*graph, {pass, 1}, {}, timings);
  if (golden.expected.starts_with("error: ")) {
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().message(), trimmed(golden.expected.substr(7)));
    return;
  }
  ASSERT_TRUE(done) << done.error().message();

  std::string expected = print(*before, kWhole);
  const bool unchanged = trimmed(golden.expected) == "unchanged";
  if (!unchanged) {
    const auto wanted = parse(golden.expected);
    ASSERT_TRUE(wanted) << wanted.error().message() << "\nfound:\n" << print(*graph, kWhole);
    expected = print(*wanted, kWhole);
  }
  EXPECT_EQ(print(*graph, kWhole), expected);
  EXPECT_EQ(timings.at(0).changed, !unchanged);

  if (!std::ranges::all_of(before->inputs(), [](const Value* v) { return is_static(v->type.shape); })) return;
  const auto inputs = testing::random_inputs(*before, static_cast<uint32_t>(golden.number));
  const auto outputs_before = testing::run_graph(*before, inputs);
  ASSERT_TRUE(outputs_before) << outputs_before.error().message();
  const auto outputs_after = testing::run_graph(*graph, inputs);
  ASSERT_TRUE(outputs_after) << outputs_after.error().message();
  for (size_t i = 0; i < before->outputs().size(); ++i) {
    EXPECT_EQ(before->outputs()[i]->type, graph->outputs()[i]->type);
    expect_equal_numbers((*outputs_before)[i], (*outputs_after)[i]);
  }
}

INSTANTIATE_TEST_SUITE_P(Files, PassGoldens, ::testing::ValuesIn(goldens()),
                         [](const auto& info) { return info.param.pass + "_" + std::to_string(info.param.number); });

}  // namespace
}  // namespace ingot::compiler
