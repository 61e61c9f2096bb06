// aot_compiler as a process: what it writes, what it says, and how it fails.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "compiler/compile.h"
#include "compiler/ir/text.h"
#include "tests/compiler/frontend/onnx/small_models.h"
#include "tests/tools/tool_test.h"

namespace ingot {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using Json = nlohmann::json;

constexpr char kTool[] = "aot_compiler";
// XNNPACK computes the convolution and the activation; of acos it knows nothing.
constexpr char kMixed[] = R"(graph forward(%x: float32[1, 2, 4, 4]) {
  %w = const float32[3, 2, 1, 1] [0.1, 0.2, 0.3, 0.4, 0.5, 0.6]
  %c = aten::convolution(%x, %w, none, [1, 1], [0, 0], [1, 1], false, [0, 0], 1) @"conv"
  %t = aten::tanh(%c) @"tanh"
  %a = aten::acos(%t) @"angle"
  return %a
})";

class AotCompiler : public testing::ToolTest {
 protected:
  std::string write_model(const std::string& name, const onnx::ModelProto& model) {
    return write(name, model.SerializeAsString());
  }
};

TEST_F(AotCompiler, NamesFilesAfterModels) {
  succeed(kTool, {"--model_name", "add", "--output_dir", at("")});
  succeed(kTool, {"--model_name", "add", "--delegate", "--output_dir", at("")});
  write_model("net.onnx", compiler::testing::digits_like());
  succeed(kTool, {"--model", at("net.onnx"), "-d", "--output_dir", at("")});
  succeed(kTool, {"--model", at("net.onnx"), "-o", at("named.pte")});
  EXPECT_THAT(files(), ElementsAre("add.pte", "add_xnnpack_fp32.pte", "named.pte", "net.onnx", "net_xnnpack_fp32.pte"));
  for (const char* name : {"add.pte", "add_xnnpack_fp32.pte", "named.pte", "net_xnnpack_fp32.pte"}) {
    EXPECT_THAT(succeed("pte", {"verify", at(name)}), HasSubstr("ok"));
  }
}

TEST_F(AotCompiler, QuantizesAndSaysHowWell) {
  const std::string graph = write("net.ir", kMixed);
  write_zeros("a.npy", DType::float32, {1, 2, 4, 4});
  const std::string list = write("list.txt", "a.npy\t2\n");
  const std::vector<std::string> common = {"--model", graph, "--quantize", "--calibration_data", at("a.npy")};
  const auto with = [&](std::vector<std::string> more) {
    more.insert(more.begin(), common.begin(), common.end());
    return more;
  };
  succeed(kTool, with({"--output_dir", at("")}));
  succeed(kTool, with({"--delegate", "--output_dir", at("")}));
  EXPECT_THAT(files(), ElementsAre("a.npy", "list.txt", "net.ir", "net_quantized.pte", "net_xnnpack_q8.pte"));
  const std::string flat = write("flat.ir", R"(graph forward(%x: float32[1, 2, 4, 4]) {
    %w = const float32[32, 3] seed 1
    %v = aten::view_copy(%x, [1, 32])
    %y = aten::mm(%v, %w) @"scores"
    return %y
  })");
  const std::string text = succeed(kTool, {"--model", flat, "--quantize", "--calibration_data", at("a.npy"),
                                           "--evaluate", list, "-o", at("f.pte"), "--json", at("f.json")});
  EXPECT_THAT(text, AllOf(HasSubstr("1 of 1 layers"), HasSubstr("scores"), HasSubstr("on 1 samples")));
  const Json json = Json::parse(read("f.json"), nullptr, false);
  ASSERT_TRUE(json.is_object());
  EXPECT_EQ(json["quantized"], (Json{{"done", 1}, {"total", 1}}));
  ASSERT_EQ(json["layers"].size(), 1u);
  EXPECT_EQ(json["layers"][0]["name"], "scores");
  EXPECT_EQ(json["layers"][0]["dtype"], "int8");
  EXPECT_TRUE(json["layers"][0]["sqnr_db"].is_number());
  EXPECT_EQ(json["evaluation"]["n"], 1);
  EXPECT_EQ(json["evaluation"]["agreement"], 1.0);
  for (const char* key : {"top1_float", "top1_quantized", "top5_float", "top5_quantized"}) {
    EXPECT_TRUE(json["evaluation"][key].is_number()) << key;
  }
  // Without --quantize the answers of the model itself, which may hold integers already.
  for (const std::string& source : {flat, write("integers.ir", R"(graph forward(%x: float32[1, 2, 4, 4]) {
    %q = quantized_decomposed::quantize_per_tensor(%x, 0.1, 0, -128, 127, int8)
    %y = aten::view_copy(%q, [1, 32])
    return %y
  })")}) {
    const std::string alone =
        succeed(kTool, {"--model", source, "--evaluate", list, "-o", at("f.pte"), "--json", at("f.json")});
    EXPECT_THAT(alone, HasSubstr("on 1 samples: top-1"));
    const Json evaluation = Json::parse(read("f.json"), nullptr, false)["evaluation"];
    EXPECT_EQ(evaluation["n"], 1);
    EXPECT_TRUE(evaluation["top1"].is_number() && evaluation["top5"].is_number());
  }
  expect_failure(kTool, {"--model", flat, "--evaluate", at("a.npy"), "-o", at("x.pte")}, "no label");
  expect_usage_error(kTool, {"--model", flat, "--calibration_data", at("a.npy")}, "--quantize");
  expect_usage_error(kTool, {"--model", flat, "--mean", "0,0,0"}, "--evaluate");
  expect_usage_error(kTool, {"--model", flat, "--quantize", "dynamic", "--tune", "native"}, "--quantize static");
  expect_usage_error(kTool, with({"--keep_float", "auto:much"}), "auto:25");
  expect_failure(kTool, with({"--keep_float", "nobody", "-o", at("x.pte")}), "no layer 'nobody'");
  expect_failure(kTool, {"--model", flat, "--quantize", "--calibration_data", at("none"), "-o", at("x.pte")}, "none");
}

TEST_F(AotCompiler, MakesWeightsSmallerInSeveralWays) {
  const std::string graph = write("net.ir", R"(graph forward(%x: float32[2, 64], %z: float32[1, 2, 8]) {
    %w = const float32[64, 33] seed 1
    %k = const float32[4, 2, 3] seed 2
    %y = aten::mm(%x, %w) @"scores"
    %c = aten::convolution(%z, %k, none, [1], [0], [1], false, [0], 1) @"line"
    return %y, %c
  })");
  const auto compiled = [&](const std::string& recipe, const std::vector<std::string>& more) {
    std::vector<std::string> args = {"--model", graph,        "--quantize",   recipe,
                                     "--json",  at("a.json"), "--output_dir", at("")};
    args.insert(args.end(), more.begin(), more.end());
    const std::string text = succeed(kTool, args);
    const Json json = Json::parse(read("a.json"), nullptr, false);
    EXPECT_EQ(json["layers"][0]["name"], "scores");
    EXPECT_EQ(json["layers"][0]["sqnr_db"].is_number(), json["quantized"]["done"] > 0);
    EXPECT_FALSE(json["layers"][0].contains("range"));
    return std::pair(text, json);
  };
  for (const bool delegate : {false, true}) {
    const std::vector<std::string> more =
        delegate ? std::vector<std::string>{"--delegate"} : std::vector<std::string>();
    const auto [text, dynamic] = compiled("dynamic", more);
    EXPECT_EQ(dynamic["layers"][0]["dtype"], "int8");
    EXPECT_EQ(dynamic["layers"][1]["dtype"], "float32");
    EXPECT_THAT(std::string(dynamic["layers"][1]["reason"]), HasSubstr("one dimension"));
    EXPECT_THAT(text, AllOf(HasSubstr("1 of 2 layers, measured"), HasSubstr("line"), HasSubstr("one dimension")));
    EXPECT_EQ(compiled("int4", more).second["layers"][0]["dtype"], "int4");
    const Json halves = compiled("fp16", more).second;
    EXPECT_EQ(halves["layers"][0]["dtype"], "float16");
    EXPECT_EQ(halves["layers"][1]["dtype"], delegate ? "float32" : "float16");  // ExecuTorch's delegate has no such
    std::vector<std::string> by_name = more;
    by_name.insert(by_name.end(), {"--keep_float", "scores"});
    EXPECT_EQ(compiled("dynamic", by_name).second["quantized"]["done"], 0);
  }
  EXPECT_THAT(files(), ElementsAre("a.json", "net.ir", "net_dynamic.pte", "net_fp16.pte", "net_int4.pte",
                                   "net_xnnpack_fp16.pte", "net_xnnpack_int4.pte", "net_xnnpack_qd8.pte"));
  EXPECT_EQ(compiled("int4", {"--group_size", "64"}).second["quantized"]["done"], 1);
  EXPECT_EQ(compiled("int4", {"--group_size", "96"}).second["quantized"]["done"], 0);
  expect_usage_error(kTool, {"--model", graph, "--quantize", "int3"}, "static, dynamic, int4, fp16");
  expect_usage_error(kTool, {"--model", graph, "--quantize", "int4", "--group_size", "33"}, "multiple of 32");
}

TEST_F(AotCompiler, PutsSeveralMethodsInOneFile) {
  std::string weights;
  for (int i = 0; i < 1024; ++i) weights += (i == 0 ? "0." : ", 0.") + std::to_string(1 + i % 89);
  const auto layer = [&](const char* file, const char* activation) {
    return write(file, "graph forward(%x: float32[2, 32]) { %w = const float32[32, 32] [" + weights +
                           "] %y = aten::mm(%x, %w) %z = aten::" + activation + "(%y) return %z }");
  };
  const std::string a = "encode=" + layer("a.ir", "relu"), b = "decode=" + layer("b.ir", "tanh");
  for (const bool delegate : {false, true}) {
    std::vector<std::string> command = {"--method",   a,        "--method",   b, "--output",
                                        at("ab.pte"), "--json", at("ab.json")};
    if (delegate) command.emplace_back("--delegate");
    succeed(kTool, command);
    const Json json = Json::parse(read("ab.json"));
    ASSERT_EQ(json["methods"].size(), 2u);
    EXPECT_EQ(json["methods"][1]["name"], "decode");
    EXPECT_EQ(json["methods"][1]["delegate_calls"], delegate ? 1 : 0);
    // The weights of both, once.
    EXPECT_LT(json["methods"][0]["file_bytes"], 2 * 4096);
    EXPECT_THAT(succeed("pte", {"inspect", at("ab.pte")}),
                AllOf(HasSubstr("method encode"), HasSubstr("method decode")));
    for (const char* method : {"encode", "decode"}) {
      succeed("xnn_executor_runner", {"--model_path", at("ab.pte"), "--method_name", method});
    }
  }
  expect_failure(kTool, {"--method", a, "--method", a, "--output", at("c.pte")}, "two methods are called 'encode'");
  expect_usage_error(kTool, {"--method", a, "--method", b}, "--output");
  expect_usage_error(kTool, {"--method", "a.onnx", "--output", at("c.pte")}, "name=model.onnx");
  expect_usage_error(kTool, {"--method", a, "--shape", "x=2x32", "--output", at("c.pte")}, "METHOD:input");
}

TEST_F(AotCompiler, TellsPeople) {
  const std::string graph = write("mixed.ir", kMixed);
  const std::string text = succeed(kTool, {"--model", graph, "--delegate", "--output", at("mixed.pte")});
  EXPECT_THAT(text, AllOf(HasSubstr("executorch_call_delegate"), HasSubstr("aten::acos"), HasSubstr("2 of 3 nodes"),
                          HasSubstr("in 1 call"), HasSubstr("angle"), HasSubstr("lower bound")));
  EXPECT_EQ(succeed(kTool, {"--model", graph, "--quiet", "--output", at("mixed.pte")}), "");
  EXPECT_THAT(succeed(kTool, {"--list_models"}), AllOf(HasSubstr("mv2"), HasSubstr("resnet50")));
  EXPECT_THAT(succeed(kTool, {"--help"}), HasSubstr("--model_name"));
}

TEST_F(AotCompiler, TellsMachines) {
  succeed(kTool, {"--model", write("mixed.ir", kMixed), "--delegate", "--output", at("m.pte"), "--json", at("m.json")});
  const Json json = Json::parse(read("m.json"), nullptr, false);
  ASSERT_TRUE(json.is_object());
  EXPECT_EQ(json["output"], at("m.pte"));
  EXPECT_EQ(json["delegate_calls"], 1);
  EXPECT_EQ(json["nodes_total"], 3);
  EXPECT_EQ(json["nodes_delegated"], 2);
  EXPECT_EQ(json["macs_total"], 3 * 2 * 16);
  EXPECT_EQ(json["macs_delegated"], 3 * 2 * 16);
  ASSERT_EQ(json["left_out"].size(), 1u);
  EXPECT_EQ(json["left_out"][0]["node"], "angle");
  EXPECT_EQ(json["left_out"][0]["op"], "aten::acos");
  EXPECT_THAT(json["left_out"][0]["reason"].get<std::string>(), Not(::testing::IsEmpty()));
  EXPECT_EQ(json["file_bytes"], read("m.pte").size());
  EXPECT_EQ(json["weights_bytes"], 6 * 4);
  EXPECT_GE(json["arena_bytes"], json["arena_lower_bound_bytes"]);
  EXPECT_GE(json["arena_lower_bound_bytes"], (2 + 3) * 16 * 4);
  std::vector<std::string> stages = compiler::stage_names();
  std::erase(stages, "quantize");  // not asked for
  stages.push_back("emit");
  ASSERT_EQ(json["passes"].size(), stages.size());
  for (size_t i = 0; i < stages.size(); ++i) {
    EXPECT_EQ(json["passes"][i]["name"], stages[i]);
    EXPECT_GE(json["passes"][i]["ms"], 0);
  }
}

TEST_F(AotCompiler, StopsAndPrintsWhereTold) {
  const std::string graph = write("mixed.ir", kMixed);
  const std::string imported = succeed(kTool, {"--model", graph, "--stop_after", "import"});
  const auto parsed = compiler::parse(imported);
  ASSERT_TRUE(parsed) << parsed.error().message();
  EXPECT_EQ(parsed->nodes().size(), 3u);
  EXPECT_THAT(succeed(kTool, {"--model", graph, "--delegate", "--stop_after", "partition"}),
              HasSubstr("executorch_call_delegate"));
  EXPECT_THAT(files(), ElementsAre("mixed.ir"));
  const std::string all = succeed(kTool, {"--model", graph, "--print_after", "all", "--quiet", "-o", at("m.pte")});
  for (const std::string& stage : compiler::stage_names()) EXPECT_THAT(all, HasSubstr("// after " + stage + "\n"));
}

TEST_F(AotCompiler, LeavesPassesOut) {
  const std::string graph = write("twice.ir", R"(graph forward(%x: float32[4]) {
  %a = aten::exp(%x)
  %b = aten::exp(%x)
  %c = aten::add.Tensor(%a, %b)
  return %c
})");
  const auto count = [](const std::string& text) {
    size_t found = 0;
    for (size_t at = text.find("aten::exp"); at != std::string::npos; at = text.find("aten::exp", at + 1)) ++found;
    return found;
  };
  EXPECT_EQ(count(succeed(kTool, {"--model", graph, "--stop_after", "plan"})), 1u);
  EXPECT_EQ(
      count(succeed(kTool, {"--model", graph, "--stop_after", "plan", "--disable_pass", "common_subexpressions"})), 2u);
}

TEST_F(AotCompiler, GivesTheSameBytesEachTime) {
  for (const std::vector<std::string>& model : std::vector<std::vector<std::string>>{
           {"--model_name", "mv3", "--delegate"}, {"--model_name", "mv3"}, {"--model", write("m.ir", kMixed), "-d"}}) {
    std::filesystem::create_directories(at("other/folder"));
    for (const std::string& file : {at("a.pte"), at("other/folder/b.pte")}) {
      std::vector<std::string> arguments = model;
      arguments.insert(arguments.end(), {"--quiet", "--output", file});
      succeed(kTool, arguments);
    }
    EXPECT_TRUE(read("a.pte") == read("other/folder/b.pte")) << ::testing::PrintToString(model);
  }
}

TEST_F(AotCompiler, RefusesWrongCommandLines) {
  expect_usage_error(kTool, {}, "one of --model, --model_name and --method");
  expect_usage_error(kTool, {"--model"}, "--model");
  expect_usage_error(kTool, {"--bogus"}, "--bogus");
  expect_usage_error(kTool, {"--model_name", "add", "--model", "x"}, "--model_name");
  expect_usage_error(kTool, {"--model", "x", "--weights", "y"}, "--weights requires");
  expect_usage_error(kTool, {"--model_name", "add", "--disable_pass", "nope"}, "dead_code");
  expect_usage_error(kTool, {"--model_name", "add", "--disable_pass", "import"}, "import not in");
  expect_usage_error(kTool, {"--model_name", "add", "--stop_after", "nope"}, "dead_code");
  expect_usage_error(kTool, {"--model_name", "add", "--print_after", "nope"}, "dead_code");
  expect_usage_error(kTool, {"--model_name", "add", "--target", "nope"}, "{executorch,ingot}");
  expect_usage_error(kTool, {"--model_name", "add", "--seed", "-1"}, "--seed");
  for (const char* shape :
       {"x=1x", "x=ax2", "x=-1", "x=1x99999999999999999999", "x=(1..", "x=(3..2)", "x=(0..2)", ""}) {
    expect_usage_error(kTool, {"--model", "m.onnx", "--shape", shape}, "--shape");
  }
  expect_usage_error(kTool, {"--model_name", "add", "--output", at("a"), "--output_dir", at("b")}, "--output");
}

TEST_F(AotCompiler, RefusesFilesThatAreNoModels) {
  expect_failure(kTool, {"--model", at("missing.onnx"), "-o", at("x.pte")}, "missing.onnx: cannot open");
  expect_failure(kTool, {"--model", at(""), "-o", at("x.pte")}, "not a regular file");
  expect_failure(kTool, {"--model", "/dev/zero", "-o", at("x.pte")}, "not a regular file");
  expect_failure(kTool, {"--model", write("empty", std::string_view()), "-o", at("x.pte")}, "empty");
  expect_failure(kTool, {"--model", write("text", "hello\n"), "-o", at("x.pte")}, "no ONNX model");
  expect_failure(kTool,
                 {"--model", write("bad.ir", "graph forward(%x: float32[2]) {\n  return %y\n}"), "-o", at("x.pte")},
                 "bad.ir: line 2");
  const std::string whole = compiler::testing::digits_like().SerializeAsString();
  for (const size_t length : {size_t{1}, size_t{40}, whole.size() / 2, whole.size() - 1}) {
    expect_failure(kTool, {"--model", write("cut.onnx", std::string_view(whole).substr(0, length)), "-o", at("x.pte")},
                   "cut.onnx");
  }
}

TEST_F(AotCompiler, NamesEveryUnsupportedOperator) {
  onnx::ModelProto model = compiler::testing::empty_model();
  compiler::testing::add_input(model, "x", {2, 3});
  compiler::testing::add_node(model, "NonZero", {"x"}, {"a"}, "first");
  compiler::testing::add_output(model, "a");
  const std::string file = write_model("one.onnx", model);
  expect_failure(kTool, {"--model", file, "-o", at("x.pte")}, "NonZero");
  compiler::testing::add_node(model, "GroupQueryAttention", {"x"}, {"b"}, "second").set_domain("com.microsoft");
  compiler::testing::add_output(model, "b");
  write_model("one.onnx", model);
  const testing::Finished finished = testing::run_process(kTool, {"--model", file, "-o", at("x.pte")});
  EXPECT_EQ(finished.exit_code, 1);
  EXPECT_THAT(finished.err,
              AllOf(HasSubstr("NonZero (first)"), HasSubstr("com.microsoft::GroupQueryAttention (second)"),
                    HasSubstr("2 nodes use operators that are not supported")));
  EXPECT_THAT(files(), ElementsAre("one.onnx"));
}

TEST_F(AotCompiler, RefusesGraphsThatCannotBe) {
  onnx::ModelProto cyclic = compiler::testing::empty_model();
  compiler::testing::add_input(cyclic, "x", {2});
  compiler::testing::add_node(cyclic, "Add", {"x", "b"}, {"a"}, "left");
  compiler::testing::add_node(cyclic, "Relu", {"a"}, {"b"}, "right");
  compiler::testing::add_output(cyclic, "b");
  expect_failure(kTool, {"--model", write_model("cyclic.onnx", cyclic), "-o", at("x.pte")}, "cycle");

  onnx::ModelProto large = compiler::testing::digits_like();
  large.mutable_graph()->mutable_initializer(0)->set_dims(0, 805306368);
  const std::string file = write_model("large.onnx", large);
  ASSERT_LT(read("large.onnx").size(), 2048u);
  expect_failure(kTool, {"--model", file, "-o", at("x.pte")}, "initializer 'w'");
  expect_failure(kTool,
                 {"--model",
                  write("large.ir",
                        "graph forward(%x: float32[2]) {\n  %c = const float32[805306368] "
                        "[1.0]\n  return %c\n}"),
                  "-o", at("x.pte")},
                 "large.ir");
}

TEST_F(AotCompiler, WantsEverySize) {
  onnx::ModelProto model = compiler::testing::empty_model();
  compiler::testing::add_input(model, "image", {-1, 3, -1});
  compiler::testing::add_node(model, "Relu", {"image"}, {"y"});
  compiler::testing::add_output(model, "y");
  const std::string file = write_model("open.onnx", model);
  expect_failure(kTool, {"--model", file, "-o", at("x.pte")}, "'image' [d0, 3, d2]");
  expect_failure(kTool, {"--model", file, "--shape", "image=1x4x2", "-o", at("x.pte")}, "does not fit");
  expect_failure(kTool, {"--model", file, "--shape", "photo=1x3x2", "-o", at("x.pte")}, "its inputs: image");
  expect_failure(kTool, {"--model", file, "--example_inputs", at("missing.npy"), "-o", at("x.pte")}, "missing.npy");
  expect_failure(kTool, {"--model_name", "add", "--shape", "x=1x4x2", "-o", at("x.pte")}, "--shape");
  succeed(kTool, {"--model", file, "--shape", "image=1x3x2", "-o", at("a.pte")});
  write_zeros("zeros.npy", DType::float32, {1, 3, 2});
  succeed(kTool, {"--model", file, "--example_inputs", at("zeros.npy"), "-o", at("b.pte")});
  EXPECT_EQ(read("a.pte"), read("b.pte"));
}

TEST_F(AotCompiler, RefusesModelsAndWeightsThatDoNotFit) {
  expect_failure(kTool, {"--model_name", "nope", "-o", at("x.pte")}, "known names: mv2, mv3");
  expect_failure(kTool, {"--model_name", "linear", "--weights", at("missing"), "-o", at("x.pte")}, "missing");
  expect_failure(kTool, {"--model_name", "linear", "--weights", write("empty", std::string_view()), "-o", at("x.pte")},
                 "empty");
  expect_failure(kTool,
                 {"--model_name", "linear", "--weights", write("text", "neither this nor that"), "-o", at("x.pte")},
                 "text");
  const std::string header = R"({"other":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})";
  std::string file = std::string(1, static_cast<char>(header.size())) + std::string(7, '\0') + header + "1234";
  expect_failure(kTool, {"--model_name", "linear", "--weights", write("other.safetensors", file), "-o", at("x.pte")},
                 "weight");
  const std::string large = R"({"a":{"dtype":"F32","shape":[805306368],"data_offsets":[0,3221225472]}})";
  file = std::string(1, static_cast<char>(large.size())) + std::string(7, '\0') + large;
  expect_failure(kTool, {"--model_name", "linear", "--weights", write("large.safetensors", file), "-o", at("x.pte")},
                 "large.safetensors");
}

TEST_F(AotCompiler, WritesAllOrNothing) {
  expect_failure(kTool, {"--model_name", "add", "-o", at("no/such/folder.pte")}, "No such file");
  expect_failure(kTool, {"--model_name", "add", "-o", at("")}, "cannot write");
  expect_failure(kTool, {"--model_name", "add", "-o", "/dev/full"}, "No space left");
  expect_failure(kTool, {"--model_name", "add", "-o", at("x.pte"), "--json", at("no/such/folder.json")},
                 "No such file");
  expect_failure(kTool, {"--model_name", "add", "-o", at("x.pte"), "--json", "/dev/full"}, "No space left");
  expect_failure(kTool, {"--model_name", "add", "-o", at("no/folder.pte"), "--json", at("x.json")}, "No such file");
  // What was there stays.
  write("old.pte", "as it was");
  expect_failure(kTool, {"--model_name", "nope", "-o", at("old.pte")}, "nope");
  expect_failure(kTool, {"--model_name", "add", "-o", at("old.pte"), "--json", "/dev/full"}, "No space left");
  EXPECT_EQ(read("old.pte"), "as it was");
}

}  // namespace
}  // namespace ingot
