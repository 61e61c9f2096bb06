// pte as a process: what it tells of files, and how it fails.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "runtime/npy/whole_file.h"
#include "tests/tools/tool_test.h"

namespace ingot {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using Json = nlohmann::json;

constexpr char kTool[] = "pte";

class Pte : public testing::ToolTest {
 protected:
  void SetUp() override {
    ToolTest::SetUp();
    succeed("aot_compiler", {"--model_name", "linear", "--delegate", "--quiet", "-o", at("linear.pte")});
  }
};

TEST_F(Pte, Inspects) {
  const std::string text = succeed(kTool, {"inspect", at("linear.pte")});
  EXPECT_THAT(text, AllOf(HasSubstr("forward"), HasSubstr("float32"), HasSubstr("XnnpackBackend"),
                          HasSubstr("FullyConnected")));
  const Json json = Json::parse(succeed(kTool, {"inspect", at("linear.pte"), "--json", "-"}), nullptr, false);
  ASSERT_TRUE(json.is_object());
  ASSERT_EQ(json["methods"].size(), 1u);
  EXPECT_EQ(json["methods"][0]["name"], "forward");
  EXPECT_EQ(json["methods"][0]["inputs"].size(), 1u);
  EXPECT_EQ(json["methods"][0]["outputs"].size(), 1u);
  succeed(kTool, {"inspect", at("linear.pte"), "--json", at("linear.json")});
  EXPECT_EQ(Json::parse(read("linear.json"), nullptr, false), json);
}

TEST_F(Pte, VerifiesEachFile) {
  EXPECT_THAT(succeed(kTool, {"verify", at("linear.pte"), at("linear.pte")}), HasSubstr("linear.pte: ok, 1 method"));
  const testing::Finished finished = testing::run_process(
      kTool, {"verify", at("missing.pte"), at("linear.pte"), write("bad.pte", std::string(200, 'x'))});
  EXPECT_EQ(finished.exit_code, 1);
  EXPECT_THAT(finished.out, HasSubstr("linear.pte: ok"));
  EXPECT_THAT(finished.err, AllOf(HasSubstr("missing.pte"), HasSubstr("bad.pte")));
}

TEST_F(Pte, ListsOperators) {
  const std::string text = succeed(kTool, {"operators"});
  EXPECT_THAT(text, AllOf(HasSubstr("lacks  aten::rand.out  (random"), Not(HasSubstr("in this build"))));
  EXPECT_THAT(succeed(kTool, {"operators", "--all"}), HasSubstr("has  aten::add.out\n"));
  const Json json = Json::parse(succeed(kTool, {"operators", "--json", "-"}), nullptr, false);
  ASSERT_TRUE(json.is_object());
  EXPECT_EQ(json["portable"]["operators"].size(), json["portable"]["total"]);
  EXPECT_EQ(json["primitive"]["covered"], json["primitive"]["total"]);
  // The README's figures are these.
  const std::string line = text.substr(0, text.find('\n'));
  const auto readme = read_file(INGOT_SOURCE_DIR "/README.md");
  ASSERT_TRUE(readme);
  const std::string_view prose(reinterpret_cast<const char*>(readme->data()), readme->size());
  EXPECT_NE(prose.find(line), std::string_view::npos) << "README.md lacks what pte operators says: " << line;
}

TEST_F(Pte, RefusesWhatItCannotDo) {
  expect_usage_error(kTool, {}, "subcommand");
  expect_usage_error(kTool, {"bogus"}, "subcommand");
  expect_usage_error(kTool, {"inspect"}, "file");
  expect_failure(kTool, {"inspect", at("missing.pte")}, "missing.pte: cannot open");
  expect_failure(kTool, {"inspect", at("")}, "regular file");
  expect_failure(kTool, {"verify", write("empty.pte", std::string_view())}, "empty.pte");
  const std::string whole = read("linear.pte");
  for (const size_t length : {size_t{1}, size_t{64}, whole.size() / 2, whole.size() - 1}) {
    write("cut.pte", std::string_view(whole).substr(0, length));
    expect_failure(kTool, {"verify", at("cut.pte")}, "cut.pte");
  }
  expect_failure(kTool, {"inspect", at("linear.pte"), "--json", "/dev/full"}, "No space left");
}

}  // namespace
}  // namespace ingot
