#include "compiler/frontend/pt2/pickle.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace ingot::compiler::pt2 {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Result<std::map<std::string, StoredTensor>> read(const std::string& stream) {
  return read_pickled_tensors(std::as_bytes(std::span(stream)));
}

std::string error_of(const std::string& stream) {
  const auto tensors = read(stream);
  return tensors ? "read" : tensors.error().message();
}

const std::string kProtocol("\x80\x02", 2);

std::string text(const std::string& content) {
  return std::string("X") + static_cast<char>(content.size()) + std::string(3, '\0') + content;
}

// A float storage under that key, as torch.save refers to it.
std::string storage(const std::string& key) {
  return "(" + text("storage") + "ctorch\nFloatStorage\n" + text(key) + text("cpu") + "K\x0c" + "tQ";
}

// 2 x 3 from element 1 on.
std::string tensor(const std::string& key) {
  return "ctorch._utils\n_rebuild_tensor_v2\n(" + storage(key) + "K\1" + "K\2K\3\x86" + "K\3K\1\x86" + "\x89" +
         "ccollections\nOrderedDict\n)RtR";
}

TEST(PickleTest, ReadsTensors) {
  const auto tensors = read(kProtocol + "}(" + text("a") + tensor("0") + text("b") + tensor("7") + "u.");
  ASSERT_TRUE(tensors) << tensors.error().message();
  ASSERT_EQ(tensors->size(), 2u);
  const StoredTensor& b = tensors->at("b");
  EXPECT_EQ(b.dtype, DType::float32);
  EXPECT_THAT(b.sizes, ElementsAre(2, 3));
  EXPECT_THAT(b.strides, ElementsAre(3, 1));
  EXPECT_EQ(b.offset, 1);
  EXPECT_EQ(b.storage, "7");
}

TEST(PickleTest, RecallsWhatItKept) {
  const std::string head = "ctorch._utils\n_rebuild_tensor_v2\n(";
  const std::string tail = "K\1K\2\x85K\1\x85\x89)tR";
  // The storage of the first tensor is kept under number 5.
  const auto tensors = read(kProtocol + "}" + text("a") + head + storage("9") + "q\5" + tail + "s" + text("b") + head +
                            "h\5" + tail + "s.");
  ASSERT_TRUE(tensors) << tensors.error().message();
  EXPECT_EQ(tensors->at("a").storage, "9");
  EXPECT_EQ(tensors->at("b").storage, "9");
}

TEST(PickleTest, RefusesEveryOtherOpcode) {
  constexpr char kKnown[] = "\x80}()]XKMJ\x8aG\x88\x89Ncqrhj\x85\x86\x87tQRsuaeb.";
  const std::string known(kKnown, sizeof kKnown - 1);
  for (int opcode = 0; opcode < 256; ++opcode) {
    const char c = static_cast<char>(opcode);
    if (known.find(c) != std::string::npos) continue;
    EXPECT_THAT(error_of(kProtocol + "}" + c + "."), HasSubstr("opcode")) << opcode;
  }
}

TEST(PickleTest, RefusesEveryOtherGlobal) {
  for (const char* global : {"cos\nsystem\n", "cbuiltins\neval\n", "cposix\nsystem\n", "ctorch\nload\n",
                             "ctorch._utils\n_rebuild_qtensor\n", "ccollections\ndefaultdict\n"}) {
    EXPECT_THAT(error_of(kProtocol + global + "(" + text("echo") + "tR."), HasSubstr("no part of a tensor")) << global;
  }
}

TEST(PickleTest, RefusesBrokenStreams) {
  const std::string whole = kProtocol + "}(" + text("a") + tensor("0") + "u.";
  for (size_t size = 0; size < whole.size(); ++size) EXPECT_FALSE(read(whole.substr(0, size))) << size;
  EXPECT_THAT(error_of(kProtocol + "0."), HasSubstr("opcode"));
  EXPECT_THAT(error_of(kProtocol + "."), HasSubstr("not put there"));
  EXPECT_THAT(error_of(kProtocol + "t."), HasSubstr("not put there"));
  EXPECT_THAT(error_of(kProtocol + "h\7."), HasSubstr("never kept"));
  EXPECT_THAT(error_of(kProtocol + "K\1."), HasSubstr("no dictionary"));
  EXPECT_THAT(error_of(kProtocol + "}K\1K\1s."), HasSubstr("without a name"));
  EXPECT_THAT(error_of(kProtocol + "K\1K\2R."), HasSubstr("something else than a global"));
  EXPECT_THAT(error_of(kProtocol + "ctorch._utils\n_rebuild_tensor_v2\n)R."), HasSubstr("other arguments"));
  EXPECT_THAT(error_of("\x80\x05}."), HasSubstr("protocol 2"));
  // A string that claims 4 GB.
  EXPECT_THAT(error_of(kProtocol + "X\xff\xff\xff\xff" + "abc."), HasSubstr("ends early"));
}

TEST(PickleTest, SurvivesEveryFlippedByte) {
  const std::string whole = kProtocol + "}(" + text("a") + tensor("0") + "u.";
  for (size_t i = 0; i < whole.size(); ++i) {
    for (int value = 0; value < 256; ++value) {
      std::string damaged = whole;
      damaged[i] = static_cast<char>(value);
      const auto tensors = read(damaged);
      if (!tensors) {
        EXPECT_NE(tensors.error().message()[0], '\0');
      }
    }
  }
}

}  // namespace
}  // namespace ingot::compiler::pt2
