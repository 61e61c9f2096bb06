// Damaged and hostile archives: every answer is a graph that obeys the rules, or one clear line.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "compiler/frontend/pt2/import.h"
#include "compiler/ir/verify.h"
#include "tests/support/damage.h"
#include "tests/support/graph/sound.h"
#include "tests/support/pt2_cases.h"
#include "tests/support/zip.h"

namespace ingot::compiler {
namespace {

using ::testing::HasSubstr;
using testing::make_zip;
using testing::ZipEntry;

void expect_sound(std::span<const std::byte> bytes) {
  ImportReport report;
  testing::expect_sound(import_pt2(bytes, {}, report));
}

std::string error_of(std::span<const std::byte> bytes) {
  ImportReport report;
  const auto graph = import_pt2(bytes, {}, report);
  return graph ? "imported" : graph.error().message();
}

std::vector<std::byte> bytes_of(const std::string& text) {
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

// An archive of the newer form: y = relu(x + w), where w has the given sizes, strides and offset in 8 floats.
struct Tiny {
  std::string sizes = R"([{"as_int":2},{"as_int":3}])";
  std::string strides = R"([{"as_int":3},{"as_int":1}])";
  std::string offset = R"({"as_int":1})";
  std::string dtype = "7";
  std::string other = R"({"as_tensor":{"name":"w"}})";  // what is added
  std::string target = "torch.ops.aten.add.Tensor";
  std::string extra;  // before the nodes' end
  std::string outputs = R"({"as_tensor":{"name":"y"}})";
  std::string output = R"({"user_output":{"arg":{"as_tensor":{"name":"y"}}}})";
  std::string version = "8";
  std::string order = "little";

  std::string program() const {
    const std::string meta = R"({"dtype":7,"sizes":[{"as_int":2},{"as_int":3}]})";
    return R"({"graph_module":{"graph":{"inputs":[{"as_tensor":{"name":"w"}},{"as_tensor":{"name":"x"}}],)"
           R"("outputs":[)" +
           outputs + R"(],"nodes":[{"target":")" + target +
           R"(","inputs":[{"name":"self","arg":{"as_tensor":{"name":"x"}}},{"name":"other","arg":)" + other +
           R"(}],"outputs":[{"as_tensor":{"name":"s"}}],"metadata":{"note":"left out"}},)"
           R"({"target":"torch.ops.aten.relu.default","inputs":[{"name":"self","arg":{"as_tensor":{"name":"s"}}}],)"
           R"("outputs":[{"as_tensor":{"name":"y"}}]})" +
           extra + R"(],"tensor_values":{"w":)" + meta + R"(,"x":)" + meta + R"(,"s":)" + meta + R"(,"y":)" + meta +
           R"(}},"signature":{"input_specs":[{"parameter":{"arg":{"name":"w"},"parameter_name":"p.w"}},)"
           R"({"user_input":{"arg":{"as_tensor":{"name":"x"}}}}],"output_specs":[)" +
           output + R"(]}},"range_constraints":{},"schema_version":{"major":)" + version + R"(,"minor":2}})";
  }
  std::string config() const {
    return R"({"config":{"p.w":{"path_name":"weight_0","is_param":true,"use_pickle":false,"tensor_meta":{"dtype":)" +
           dtype + R"(,"sizes":)" + sizes + R"(,"strides":)" + strides + R"(,"storage_offset":)" + offset + "}}}}";
  }
  std::vector<std::byte> archive() const {
    return make_zip({{"m/archive_format", bytes_of("pt2")},
                     {"m/byteorder", bytes_of(order)},
                     {"m/models/model.json", bytes_of(program())},
                     {"m/data/weights/model_weights_config.json", bytes_of(config())},
                     {"m/data/weights/weight_0", std::vector<std::byte>(32)}});
  }
};

std::vector<std::byte> recorded(const std::string& name) {
  const auto archive = testing::open_pt2_cases();
  const auto model = archive ? archive->read(name + "/model.pt2") : Result<std::vector<std::byte>>();
  return model ? *model : std::vector<std::byte>();
}

TEST(DamagedArchives, TheWholeOnesImport) {
  for (const auto& bytes : {Tiny().archive(), recorded("products/linear")}) {
    ImportReport report;
    const auto graph = import_pt2(bytes, {}, report);
    ASSERT_TRUE(graph) << graph.error().message();
    const auto verified = verify(*graph, Stage::imported);
    EXPECT_TRUE(verified) << verified.error().message();
  }
}

TEST(DamagedArchives, EveryByteFlipped) {
  for (const auto& bytes : {Tiny().archive(), recorded("products/mm")}) testing::flip_every_byte(bytes, expect_sound);
}

// The program's own characters: what a zip's checksum would hide is seen by the reader.
TEST(DamagedArchives, EveryCharacterOfTheProgramChanged) {
  const std::string whole = Tiny().program();
  for (size_t i = 0; i < whole.size(); ++i) {
    for (const char replaced : {'"', '9', '}', ']', '-', 'a'}) {
      std::string text = whole;
      text[i] = replaced;
      SCOPED_TRACE("character " + std::to_string(i) + " as " + replaced);
      expect_sound(make_zip({{"serialized_exported_program.json", bytes_of(text)}}));
    }
  }
}

TEST(DamagedArchives, EveryLength) {
  for (const auto& bytes : {Tiny().archive(), recorded("products/mm")})
    testing::cut_at_every_length(bytes, expect_sound);
}

TEST(DamagedArchives, NoArchiveOfTorchExport) {
  EXPECT_THAT(error_of(bytes_of("PK\3\4 and no more")), HasSubstr("zip"));
  EXPECT_THAT(error_of(make_zip({{"arr_0.npy", bytes_of("x")}})), HasSubstr("not one of torch.export"));
  ImportReport report;
  const auto missing = import_pt2("/nowhere/at/all.pt2", {}, report);
  ASSERT_FALSE(missing);
  EXPECT_THAT(missing.error().message(), HasSubstr("/nowhere/at/all.pt2"));
}

TEST(DamagedArchives, TensorsStayInsideTheirStorage) {
  const auto with = [](auto&& change) {
    Tiny tiny;
    change(tiny);
    return error_of(tiny.archive());
  };
  EXPECT_THAT(with([](Tiny& t) { t.offset = R"({"as_int":3})"; }), HasSubstr("beyond the 32 bytes"));
  EXPECT_THAT(with([](Tiny& t) { t.offset = R"({"as_int":-1})"; }), HasSubstr("beyond the 32 bytes"));
  EXPECT_THAT(with([](Tiny& t) { t.strides = R"([{"as_int":4611686018427387904},{"as_int":1}])"; }),
              HasSubstr("beyond"));
  EXPECT_THAT(with([](Tiny& t) { t.strides = R"([{"as_int":3}])"; }), HasSubstr("strides"));
  EXPECT_THAT(with([](Tiny& t) { t.sizes = R"([{"as_int":-2},{"as_int":3}])"; }), HasSubstr("a size of -2"));
  EXPECT_THAT(with([](Tiny& t) { t.sizes = R"([{"as_int":9223372036854775807},{"as_int":3}])"; }), HasSubstr("a size"));
  // Two billion elements out of one.
  EXPECT_THAT(with([](Tiny& t) {
                t.sizes = R"([{"as_int":2147483647},{"as_int":3}])";
                t.strides = R"([{"as_int":0},{"as_int":0}])";
              }),
              HasSubstr("made of 32 bytes"));
  EXPECT_THAT(with([](Tiny& t) { t.dtype = "10"; }), HasSubstr("dtype 10"));
  EXPECT_THAT(with([](Tiny& t) { t.dtype = "8"; }), HasSubstr("p.w"));
  EXPECT_THAT(with([](Tiny& t) { t.order = "big"; }), HasSubstr("little-endian"));
}

TEST(DamagedArchives, SaysWhatIsWrongWithTheProgram) {
  const auto with = [](auto&& change) {
    Tiny tiny;
    change(tiny);
    return error_of(tiny.archive());
  };
  EXPECT_THAT(with([](Tiny& t) { t.version = "9"; }), HasSubstr("version 9"));
  EXPECT_THAT(with([](Tiny& t) { t.target = "torch.ops.aten.frobnicate.default"; }), HasSubstr("aten::frobnicate (s)"));
  EXPECT_THAT(with([](Tiny& t) { t.target = "torch.ops.aten.sub_.Tensor"; }), HasSubstr("imported"));
  EXPECT_THAT(with([](Tiny& t) { t.other = R"({"as_tensor":{"name":"nobody"}})"; }), HasSubstr("'nobody'"));
  EXPECT_THAT(with([](Tiny& t) { t.other = R"({"as_string":"w"})"; }), HasSubstr("argument 'other'"));
  EXPECT_THAT(with([](Tiny& t) { t.other = R"({"as_float":"NaN"})"; }), HasSubstr("imported"));
  EXPECT_THAT(with([](Tiny& t) { t.other = R"({"as_float":Infinity})"; }), HasSubstr("imported"));
  EXPECT_THAT(with([](Tiny& t) { t.other = R"({"as_complex":{"real":1.0,"imag":2.0}})"; }),
              HasSubstr("argument 'other'"));
  EXPECT_THAT(with([](Tiny& t) { t.output = R"({"buffer_mutation":{"arg":{"name":"y"},"buffer_name":"count"}})"; }),
              HasSubstr("no output"));
  EXPECT_THAT(with([](Tiny& t) {
                t.outputs = R"({"as_tensor":{"name":"s"}},{"as_tensor":{"name":"y"}})";
                t.output = R"({"buffer_mutation":{"arg":{"name":"s"},"buffer_name":"p.w"}},)" + t.output;
              }),
              HasSubstr("depend on 'p.w', which the program changes from run to run; programs that keep a state"));
  EXPECT_THAT(with([](Tiny& t) { t.output = R"({"gradient_to_parameter":{}})"; }), HasSubstr("gradient_to_parameter"));
}

// Lists nested deeper than any program nests.
TEST(DamagedArchives, DeepJson) {
  const std::string deep(1 << 20, '[');
  EXPECT_THAT(error_of(make_zip({{"serialized_exported_program.json", bytes_of(deep)}})), HasSubstr("JSON"));
}

TEST(DamagedArchives, ListsEveryUnsupportedNode) {
  Tiny tiny;
  tiny.extra =
      R"(,{"target":"torch.ops.torchvision.nms.default","inputs":[],"outputs":[{"as_tensor":{"name":"n"}}]},)"
      R"({"target":"torch.ops.aten.relu.default","inputs":[{"name":"self","arg":{"as_tensor":{"name":"n"}}}],)"
      R"("outputs":[{"as_tensor":{"name":"m"}}]},{"target":"torch.ops.aten.lu.default","inputs":[],"outputs":[]})";
  ImportReport report;
  const auto graph = import_pt2(tiny.archive(), {}, report);
  ASSERT_FALSE(graph);
  EXPECT_EQ(graph.error().code(), ErrorCode::not_supported);
  ASSERT_EQ(report.unsupported.size(), 2u);  // what reads their results is not to blame
  EXPECT_EQ(report.unsupported[0].op, "torchvision::nms");
  EXPECT_EQ(report.unsupported[0].node, "n");
  EXPECT_EQ(report.unsupported[1].op, "aten::lu");
}

}  // namespace
}  // namespace ingot::compiler
