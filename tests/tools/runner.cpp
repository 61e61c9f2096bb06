// xnn_executor_runner as a process: what it computes, measures and says, and how it fails.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "runtime/npy/npy.h"
#include "tests/support/pte_builder.h"
#include "tests/tools/tool_test.h"

namespace ingot {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsSupersetOf;
using Json = nlohmann::json;

constexpr char kTool[] = "xnn_executor_runner";

class Runner : public testing::ToolTest {
 protected:
  void SetUp() override {
    ToolTest::SetUp();
    // y = a + b, twice.
    testing::PteBuilder builder;
    const int a = builder.planned(DType::float32, {2, 3}), b = builder.planned(DType::float32, {2, 3});
    const int y = builder.planned(DType::float32, {2, 3}), z = builder.planned(DType::float32, {2, 3});
    const int one = builder.integer(1);
    builder.input(a).input(b).output(y).output(z);
    builder.kernel_call("aten::add", "out", {a, b, one, y, y});
    builder.kernel_call("aten::add", "out", {a, y, one, z, z});
    whole_ = builder.finish();
    write("sum.pte", whole_);
    write_zeros("zeros.npy", DType::float32, {2, 3});
    const std::vector<float> ones(6, 1.0f);
    write("ones.npy", format_npy(DType::float32, std::vector<int32_t>{2, 3}, ones.data()));
  }
  std::string ones_and_zeros() const { return at("ones.npy") + "," + at("zeros.npy"); }

  std::vector<std::byte> whole_;
};

TEST_F(Runner, WritesOutputs) {
  const std::string text =
      succeed(kTool, {"--model_path", at("sum.pte"), "--inputs", ones_and_zeros(), "--output_file", at("out")});
  EXPECT_THAT(text, AllOf(HasSubstr("map"), HasSubstr("verify"), HasSubstr("init"), HasSubstr("median")));
  EXPECT_THAT(files(), ElementsAre("ones.npy", "out-0.npy", "out-1.npy", "sum.pte", "zeros.npy"));
  EXPECT_EQ(read("out-0.npy"), read("ones.npy"));
  const auto twos = read_npy(at("out-1.npy"));
  ASSERT_TRUE(twos);
  EXPECT_THAT(twos->as<float>(), ::testing::Each(2.0f));
  EXPECT_EQ(twos->sizes, (std::vector<int32_t>{2, 3}));
}

TEST_F(Runner, SaysWhereTheTimeGoes) {
  const std::string text =
      succeed(kTool, {"--model_path", at("sum.pte"), "--num_executions", "3", "--profile", "--json", at("times.json")});
  EXPECT_THAT(text, AllOf(HasSubstr("in 2 steps"), HasSubstr("2 x  aten::add.out"), HasSubstr("slowest steps")));
  const Json steps = Json::parse(read("times.json"), nullptr, false)["profile"];
  ASSERT_EQ(steps.size(), 2u);
  for (size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(steps[i]["instruction"], i);
    EXPECT_EQ(steps[i]["name"], "aten::add.out");
    EXPECT_GT(steps[i]["median_us"], 0.0);
  }
}

TEST_F(Runner, ReadsRawInputs) {
  const std::vector<float> halves(6, 0.5f);
  write("halves.bin", std::as_bytes(std::span(halves)));
  succeed(kTool, {"--model_path", at("sum.pte"), "--inputs", at("halves.bin") + "," + at("halves.bin"), "--output_file",
                  at("out")});
  EXPECT_EQ(read("out-0.npy"), read("ones.npy"));
  write("short.bin", std::as_bytes(std::span(halves).first(5)));
  expect_failure(kTool, {"--model_path", at("sum.pte"), "--inputs", at("short.bin") + "," + at("halves.bin")},
                 "short.bin: expected 24 bytes for float32 [2, 3], found 20");
}

TEST_F(Runner, RandomInputsComeFromTheSeed) {
  for (const char* name : {"a", "b"}) {
    succeed(kTool, {"--model_path", at("sum.pte"), "--seed", "7", "--output_file", at(name)});
  }
  succeed(kTool, {"--model_path", at("sum.pte"), "--seed", "8", "--output_file", at("c")});
  EXPECT_EQ(read("a-0.npy"), read("b-0.npy"));
  EXPECT_NE(read("a-0.npy"), read("c-0.npy"));
}

TEST_F(Runner, TellsMachines) {
  succeed(kTool, {"--model_path", at("sum.pte"), "--num_executions", "5", "--warmup", "2", "--cpu_threads", "1",
                  "--json", at("run.json")});
  const Json json = Json::parse(read("run.json"), nullptr, false);
  ASSERT_TRUE(json.is_object());
  for (const char* step : {"map", "verify", "init"}) EXPECT_GE(json["load_ms"][step].get<double>(), 0) << step;
  EXPECT_GT(json["first_ms"], 0);
  EXPECT_GT(json["min_ms"], 0);
  EXPECT_LE(json["min_ms"], json["median_ms"]);
  EXPECT_LE(json["min_ms"], json["mean_ms"]);
  EXPECT_LE(json["median_ms"], json["p95_ms"]);
  EXPECT_EQ(json["num_executions"], 5);
  EXPECT_EQ(json["cpu_threads"], 1);
  EXPECT_GT(json["peak_rss_bytes"], 1'000'000);
  EXPECT_EQ(json["method_name"], "forward");
}

TEST_F(Runner, Compares) {
  const std::vector<std::string> run = {"--model_path", at("sum.pte"), "--inputs", ones_and_zeros()};
  std::vector<std::string> arguments = run;
  arguments.insert(arguments.end(), {"--output_file", at("right")});
  succeed(kTool, arguments);
  arguments = run;
  arguments.insert(arguments.end(), {"--expect", at("right-0.npy") + "," + at("right-1.npy")});
  succeed(kTool, arguments);
  for (const auto& [expected, reason] :
       std::vector<std::pair<std::string, std::string>>{{at("right-0.npy") + "," + at("right-0.npy"), "right-0.npy"},
                                                        {at("right-0.npy"), "2 outputs, found 1"},
                                                        {at("missing.npy") + "," + at("right-0.npy"), "missing.npy"}}) {
    arguments = run;
    arguments.insert(arguments.end(), {"--expect", expected});
    const testing::Finished finished = testing::run_process(kTool, arguments);
    EXPECT_EQ(finished.exit_code, 1);
    EXPECT_THAT(finished.err, HasSubstr(reason));
  }
}

TEST_F(Runner, RefusesWrongCommandLines) {
  expect_usage_error(kTool, {}, "--model_path");
  expect_usage_error(kTool, {"--bogus"}, "--model_path");
  expect_usage_error(kTool, {"--model_path", at("sum.pte"), "--bogus"}, "--bogus");
  expect_usage_error(kTool, {"--model_path", at("sum.pte"), "--num_executions", "0"}, "--num_executions");
  expect_usage_error(kTool, {"--model_path", at("sum.pte"), "--num_executions", "many"}, "--num_executions");
  expect_usage_error(kTool, {"--model_path", at("sum.pte"), "--cpu_threads", "-1"}, "--cpu_threads");
  expect_usage_error(kTool, {"--model_path", at("sum.pte"), "--print_output", "x"}, "{none,summary,all}");
  expect_usage_error(kTool, {"--model_path", at("sum.pte"), "--load", "x"}, "{map,read}");
  EXPECT_THAT(succeed(kTool, {"--help"}), HasSubstr("--model_path"));
}

TEST_F(Runner, RefusesFilesThatAreNoPrograms) {
  const std::string whole(reinterpret_cast<const char*>(whole_.data()), whole_.size());
  write("empty.pte", std::string_view());
  write("text.pte", std::string(1000, 'x'));
  for (const char* load : {"map", "read"}) {
    const auto refused = [&](const std::string& path, const char* reason) {
      expect_failure(kTool, {"--model_path", path, "--load", load, "--output_file", at("out")}, reason);
    };
    refused(at("missing.pte"), "missing.pte");
    refused(at(""), "regular file");
    refused(at("empty.pte"), "empty.pte");
    refused(at("text.pte"), "text.pte");
    for (const size_t length : {size_t{1}, size_t{63}, size_t{64}, whole.size() / 2, whole.size() - 1}) {
      write("cut.pte", std::string_view(whole).substr(0, length));
      refused(at("cut.pte"), "cut.pte");
    }
  }
}

TEST_F(Runner, RefusesInputsThatDoNotFit) {
  const auto refused = [&](const std::string& inputs, const char* reason) {
    expect_failure(kTool, {"--model_path", at("sum.pte"), "--inputs", inputs, "--output_file", at("out")}, reason);
  };
  const std::string zeros = at("zeros.npy");
  refused(zeros, "2");
  refused(zeros + "," + zeros + "," + zeros, "3");
  refused(zeros + "," + at("missing.npy"), "missing.npy: cannot open");
  refused(zeros + "," + write_zeros("shape.npy", DType::float32, {3, 2}), "found float32 [3, 2]");
  refused(zeros + "," + write_zeros("rank.npy", DType::float32, {6}), "expected float32 [2, 3]");
  refused(zeros + "," + write_zeros("dtype.npy", DType::int32, {2, 3}), "found int32 [2, 3]");
  refused(zeros + "," + write("text.npy", "hello"), "text.npy");
  for (const char* shape : {"(805306368,)", "(99999999999999999999,)", "(-1,)"}) {
    std::string claim = read("zeros.npy");
    claim.replace(claim.find('('), claim.find(')') + 1 - claim.find('('), shape);
    refused(zeros + "," + write("claim.npy", claim), "claim.npy");
  }
  refused(zeros + "," + write("cut.npy", read("zeros.npy").substr(0, 60)), "cut.npy");
}

TEST_F(Runner, RefusesProgramsItCannotRun) {
  expect_failure(kTool, {"--model_path", at("sum.pte"), "--method_name", "backward"}, "backward");
  testing::PteBuilder builder;
  const int x = builder.planned(DType::float32, {2});
  builder.input(x).output(x);
  builder.kernel_call("my::op", "out", {x, x});
  builder.kernel_call("my::other", "out", {x, x});
  builder.delegate_call(builder.delegate("MyBackend", "?"), {x});
  write("unknown.pte", builder.finish());
  expect_failure(kTool, {"--model_path", at("unknown.pte")}, "my::op.out");
  expect_failure(kTool, {"--model_path", at("unknown.pte")}, "my::other.out");
  expect_failure(kTool, {"--model_path", at("unknown.pte")}, "MyBackend");

  testing::PteBuilder large;
  const int y = large.constant(DType::float32, {1}, "1234");
  large.tensor(y).sizes = {750'000'000};
  large.output(y);
  write("large.pte", large.finish());
  ASSERT_LT(read("large.pte").size(), 1024u);
  expect_failure(kTool, {"--model_path", at("large.pte")}, "3000000000 bytes");
}

TEST_F(Runner, WritesAllOrNothing) {
  const std::vector<std::string> run = {"--model_path", at("sum.pte"), "--inputs", ones_and_zeros()};
  const auto refused = [&](std::vector<std::string> more, const char* reason) {
    more.insert(more.begin(), run.begin(), run.end());
    expect_failure(kTool, more, reason);
  };
  refused({"--output_file", at("no/such/folder")}, "No such file");
  refused({"--output_file", at("out"), "--json", at("no/such/folder.json")}, "No such file");
  refused({"--output_file", at("out"), "--json", "/dev/full"}, "No space left");
  refused({"--json", at("")}, "cannot write");
  std::filesystem::create_directory(at("second-1.npy"));
  refused({"--output_file", at("second")}, "cannot write");
  EXPECT_THAT(files(), ::testing::Not(IsSupersetOf({"second-0.npy"})));
}

}  // namespace
}  // namespace ingot
