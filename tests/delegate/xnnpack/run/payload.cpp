// What a payload may say: the header, the checks of values, and blobs in which bytes are wrong or missing.

#include "delegate/xnnpack/graph/payload.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cstring>

#include "delegate/xnnpack/graph/define.h"
#include "delegate/xnnpack/graph/sha256.h"
#include "tests/delegate/xnnpack/run/fixture.h"

namespace ingot::xnnpack {
namespace {

using testing::HasSubstr;

TEST(Sha256, KnownAnswers) {
  const auto hash = [](std::string_view text) { return sha256_hex(std::as_bytes(std::span(text))); };
  EXPECT_EQ(hash(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(hash("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  // The length lands in a block of its own.
  EXPECT_EQ(hash("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

// A convolution, a fused activation, a product with quantized weights, a concatenation: most of the format.
PayloadWriter example() {
  PayloadWriter writer;
  static const auto filter = sample(4 * 3 * 3 * 2, 1, 2);
  static const auto bias = sample(4, 1, 3);
  static const auto weights = sample_int8(6 * 4);
  static const std::vector<float> scales(6, 0.01f);
  wire::NodeConvolutionT conv;
  conv.padding_top = conv.padding_right = conv.padding_bottom = conv.padding_left = 1;
  conv.kernel_height = conv.kernel_width = 3;
  conv.subsampling_height = conv.subsampling_width = conv.dilation_height = conv.dilation_width = 1;
  conv.groups = 1;
  conv.group_input_channels = 2;
  conv.group_output_channels = 4;
  conv.input1_id = writer.add_input(0, kFloat, Dims{1, 3, 3, 2});
  conv.filter_id = writer.add_constant(kFloat, Dims{4, 3, 3, 2}, as_bytes(filter));
  conv.bias_id = writer.add_constant(kFloat, Dims{4}, as_bytes(bias));
  conv.output_id = writer.add_internal(kFloat, Dims{1, 3, 3, 4});
  writer.add_node(Type::Conv2d, conv, std::pair(0.0f, 6.0f));
  wire::NodeStaticReshapeT reshape;
  reshape.num_dims = 2;
  reshape.new_shape = {9, 4};
  reshape.input_id = conv.output_id;
  reshape.output_id = writer.add_internal(kFloat, Dims{9, 4});
  writer.add_node(Type::StaticReshape, reshape);
  wire::Node1x1T convert;
  convert.input_id = reshape.output_id;
  convert.output_id = writer.add_internal(ElementType::quantized(DataType::qdint8, PerToken{1}), Dims{9, 4});
  writer.add_node(Type::Convert, convert);
  wire::NodeFullyConnectedT fc;
  fc.input1_id = convert.output_id;
  fc.filter_id = writer.add_constant(ElementType::quantized(DataType::qcint8, PerChannel{scales, 0}), Dims{6, 4},
                                     as_bytes(weights));
  fc.bias_id = kNoId;
  fc.output_id = writer.add_internal(kFloat, Dims{9, 6});
  writer.add_node(Type::FullyConnected, fc);
  wire::NodeConcatenateT cat;
  cat.axis = 1;
  cat.input1_id = fc.output_id;
  cat.input2_id = reshape.output_id;
  cat.output_id = writer.add_output(1, kFloat, Dims{9, 10});
  writer.add_node(Type::Concatenate2, cat);
  return writer;
}

// Executes with arguments of the right shapes; both success and an error are fine, overruns and hangs are not.
void try_to_run(std::span<const std::byte> blob, const NamedData& data) {
  auto loaded = LoadedPayload::load(blob, data, 2);
  if (!loaded) return;
  auto in = OwnedTensor::of(DType::float32, {1, 3, 3, 2}, sample(18));
  OwnedTensor out(DType::float32, {9, 10});
  (void)(*loaded)->execute({in.get(), out.get()});
}

TEST(Payload, SameCallsGiveTheSameBytes) {
  const WrittenPayload first = example().finish(), second = example().finish();
  EXPECT_EQ(first.blob, second.blob);
  ASSERT_EQ(first.named_data.size(), 4u);
  EXPECT_EQ(first.named_data[0].first, sha256_hex(first.named_data[0].second));
  EXPECT_EQ(first.named_data[3].first, "scale_" + sha256_hex(first.named_data[3].second));
}

TEST(Payload, EveryByteMayBeWrong) {
  const WrittenPayload written = example().finish();
  const WrittenData data(written);
  for (size_t at = 0; at < written.blob.size(); ++at) {
    for (const uint8_t flip : {0x01, 0x80, 0xFF}) {
      auto blob = written.blob;
      blob[at] ^= std::byte{flip};
      try_to_run(blob, data);
    }
  }
}

TEST(Payload, MayEndAnywhere) {
  const WrittenPayload written = example().finish();
  const WrittenData data(written);
  for (size_t size = 0; size < written.blob.size(); ++size) {
    const auto blob = std::span(written.blob).first(size);
    // What is cut off beyond the FlatBuffer is padding.
    const auto loaded = LoadedPayload::load(blob, data, 2);
    EXPECT_TRUE(!loaded || size + 16 >= written.blob.size()) << size;
  }
}

TEST(Payload, BareFlatBufferAndOldIdentifier) {
  const WrittenPayload written = example().finish();
  const WrittenData data(written);
  uint32_t size;
  std::memcpy(&size, written.blob.data() + 14, 4);
  std::vector<std::byte> bare(written.blob.begin() + kFlatBufferOffset,
                              written.blob.begin() + static_cast<ptrdiff_t>(kFlatBufferOffset + size));
  EXPECT_TRUE(LoadedPayload::load(bare, data, 2));
  bare[7] = std::byte{'0'};
  EXPECT_TRUE(LoadedPayload::load(bare, data, 2));
  bare[7] = std::byte{'2'};
  const auto refused = LoadedPayload::load(bare, data, 2);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message(), HasSubstr("identifier is neither XN01 nor XN00"));
}

// An XN00 payload keeps its constants inside, in constant_buffer or behind the FlatBuffer.
TEST(Payload, ConstantsInsideTheBlob) {
  const std::vector<float> addend = {1, 2, 3, 4};
  for (const bool behind : {false, true}) {
    wire::GraphT graph;
    graph.num_externs = 2;
    for (uint32_t id = 0; id < 3; ++id) {
      wire::TensorValueT tensor;
      tensor.datatype = DataType::fp32;
      tensor.num_dims = 1;
      tensor.dims = {4};
      tensor.id_out = id;
      tensor.external_id = id < 2 ? id : kNoId;
      tensor.flags = id < 2 ? id + 1 : 0;
      tensor.constant_buffer_idx = id == 2 ? 1 : 0;
      graph.xvalues.push_back(std::make_unique<wire::XValueT>());
      graph.xvalues.back()->xvalue_union.Set(std::move(tensor));
    }
    wire::Node2x1T add;
    add.input1_id = 0;
    add.input2_id = 2;
    add.output_id = 1;
    graph.xnodes.push_back(std::make_unique<wire::XNodeT>());
    graph.xnodes.back()->xnode_union.type = Type::Add;
    graph.xnodes.back()->xnode_union.value = new wire::Node2x1T(add);
    const auto bytes = as_bytes(addend);
    if (behind) {
      for (const uint64_t size : {uint64_t{0}, uint64_t{16}}) {
        graph.constant_data.push_back(std::make_unique<wire::ConstantDataOffsetT>());
        graph.constant_data.back()->size = size;
      }
    } else {
      graph.constant_buffer.push_back(std::make_unique<wire::BufferT>());
      graph.constant_buffer.push_back(std::make_unique<wire::BufferT>());
      const auto* begin = reinterpret_cast<const uint8_t*>(bytes.data());
      graph.constant_buffer.back()->storage.assign(begin, begin + bytes.size());
    }
    flatbuffers::FlatBufferBuilder builder;
    wire::FinishGraphBuffer(builder, wire::Graph::Pack(builder, &graph));
    const uint32_t size = builder.GetSize(), offset = 32, constants = (offset + size + 15) / 16 * 16;
    std::vector<std::byte> blob(constants + 16);
    const uint64_t constants_size = 16;
    std::memcpy(blob.data() + 4, "XH00", 4);
    std::memcpy(blob.data() + 10, &offset, 4);
    std::memcpy(blob.data() + 14, &size, 4);
    std::memcpy(blob.data() + 18, &constants, 4);
    std::memcpy(blob.data() + 22, &constants_size, 8);
    std::memcpy(blob.data() + 32, builder.GetBufferPointer(), size);
    std::memcpy(blob.data() + constants, addend.data(), 16);

    const WrittenData none{WrittenPayload()};
    auto loaded = LoadedPayload::load(blob, none, 2);
    ASSERT_TRUE(loaded) << loaded.error().message();
    auto in = OwnedTensor::of<float>(DType::float32, {4}, {10, 20, 30, 40});
    OwnedTensor out(DType::float32, {4});
    ASSERT_TRUE((*loaded)->execute({in.get(), out.get()}));
    EXPECT_THAT(out.items<float>(), testing::ElementsAre(11, 22, 33, 44));

    if (behind) {  // a constant that lies beyond the region
      blob[22] = std::byte{15};
      const auto refused = LoadedPayload::load(blob, none, 2);
      ASSERT_FALSE(refused);
      EXPECT_THAT(refused.error().message(), HasSubstr("constant 1 lies outside"));
    }
  }
}

// Each change to a payload of one Add, and a part of the reason it is refused with.
TEST(Payload, RefusesValuesThatCannotBe) {
  const auto attempt = [](auto&& change) {
    PayloadWriter writer;
    static const std::vector<float> constant(4);
    wire::Node2x1T add;
    add.input1_id = writer.add_input(0, kFloat, Dims{2, 4});
    add.input2_id = writer.add_constant(kFloat, Dims{4}, as_bytes(constant));
    add.output_id = writer.add_output(1, kFloat, Dims{2, 4});
    writer.add_node(Type::Add, add);
    WrittenPayload written = std::move(writer).finish();
    wire::GraphT graph;
    wire::GetGraph(written.blob.data() + kFlatBufferOffset)->UnPackTo(&graph);
    change(graph);
    flatbuffers::FlatBufferBuilder builder;
    wire::FinishGraphBuffer(builder, wire::Graph::Pack(builder, &graph));
    const auto* begin = reinterpret_cast<const std::byte*>(builder.GetBufferPointer());
    const std::vector<std::byte> blob(begin, begin + builder.GetSize());
    const WrittenData data(written);
    const auto loaded = LoadedPayload::load(blob, data, 2);
    return loaded ? std::string() : std::string(loaded.error().message());
  };
  using Graph = wire::GraphT;
  const auto tensor = [](Graph& graph, size_t i) { return graph.xvalues[i]->xvalue_union.AsTensorValue(); };
  EXPECT_EQ(attempt([](Graph&) {}), "");
  EXPECT_THAT(attempt([&](Graph& g) { tensor(g, 0)->num_dims = 3; }), HasSubstr("num_dims is 3 but 2 dimensions"));
  EXPECT_THAT(attempt([&](Graph& g) { tensor(g, 0)->dims[0] = 0; }), HasSubstr("dimension 0 is 0"));
  EXPECT_THAT(attempt([&](Graph& g) { tensor(g, 0)->dims[0] = 0xFFFFFFFF; }), HasSubstr("a value has more than"));
  EXPECT_THAT(attempt([&](Graph& g) { tensor(g, 0)->flags = 5; }), HasSubstr("flags 0x5"));
  EXPECT_THAT(attempt([&](Graph& g) { tensor(g, 0)->flags = 3; }), HasSubstr("flags 0x3"));
  EXPECT_THAT(attempt([&](Graph& g) { tensor(g, 0)->external_id = 2; }),
              HasSubstr("external id 2, expected less than 2"));
  EXPECT_THAT(attempt([&](Graph& g) { tensor(g, 0)->external_id = 1; }), HasSubstr("two values have external id 1"));
  EXPECT_THAT(attempt([&](Graph& g) { tensor(g, 0)->id_out = 1; }), HasSubstr("two values have id 1"));
  EXPECT_THAT(attempt([&](Graph& g) { tensor(g, 1)->constant_buffer_idx = 2; }), HasSubstr("there is no constant 2"));
  EXPECT_THAT(attempt([&](Graph& g) { tensor(g, 1)->dims[0] = 5; }), HasSubstr("do not broadcast"));
  EXPECT_THAT(attempt([&](Graph& g) { tensor(g, 1)->dims = {2, 4}, tensor(g, 1)->num_dims = 2; }),
              HasSubstr("constant 1 has 16 bytes, expected 32"));
  EXPECT_THAT(attempt([&](Graph& g) { tensor(g, 1)->constant_buffer_idx = 0; }), HasSubstr("has not been computed"));
  EXPECT_THAT(attempt([&](Graph& g) { tensor(g, 0)->datatype = DataType::bf16; }), HasSubstr("its datatype is bf16"));
  EXPECT_THAT(attempt([&](Graph& g) { tensor(g, 0)->datatype = DataType::qint8; }),
              HasSubstr("quantization is not that of qint8"));
  EXPECT_THAT(attempt([&](Graph& g) { g.num_externs = 4097; }), HasSubstr("4097 external values"));
  EXPECT_THAT(attempt([&](Graph& g) { g.num_externs = 3; }), HasSubstr("its calls have 2 arguments"));
  EXPECT_THAT(attempt([&](Graph& g) { g.xnodes.clear(); }), HasSubstr("no list of nodes"));
  EXPECT_THAT(attempt([&](Graph& g) { g.constant_data[1]->named_key = "missing"; }),
              HasSubstr("no constant 'missing'"));
  EXPECT_THAT(attempt([&](Graph& g) { g.xnodes[0]->xnode_union.AsAdd()->output_id = 0; }),
              HasSubstr("already has a value"));
  EXPECT_THAT(attempt([&](Graph& g) { g.xnodes[0]->xnode_union.AsAdd()->input1_id = 77; }),
              HasSubstr("value 77, which is not defined"));
  EXPECT_THAT(attempt([&](Graph& g) {
                g.xnodes[0]->output_min_max = std::make_unique<wire::OutputMinMaxT>();
                g.xnodes[0]->output_min_max->output_min = 1;
              }),
              HasSubstr("bounded by [1, 0]"));
}

// A single node is tried without packing anything, and says why not.
TEST(Payload, TriesANode) {
  PayloadWriter writer(PayloadWriter::Names::by_number);
  wire::Node1x1T node;
  node.input_id = writer.add_input(0, ElementType::plain(DataType::int32), Dims{4});
  node.output_id = writer.add_output(1, ElementType::plain(DataType::int32), Dims{4});
  writer.add_node(Type::Gelu, node);
  const WrittenPayload written = std::move(writer).finish();
  const std::vector<std::byte> blob = written.blob;
  const auto payload = Payload::parse(blob);
  ASSERT_TRUE(payload);
  const auto tried = try_payload(*payload, WrittenData(written));
  ASSERT_FALSE(tried);
  EXPECT_THAT(tried.error().message(), HasSubstr("XNNPACK answers"));
}

}  // namespace
}  // namespace ingot::xnnpack
