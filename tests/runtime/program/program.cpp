#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "runtime/include/ingot.hpp"
#include "tests/support/pte_builder.h"

namespace ingot {
namespace {

using ::testing::HasSubstr;
using testing::HeaderPlaces;
using testing::PteBuilder;

std::string text(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

PteBuilder small() {
  PteBuilder builder;
  const float one = 1;
  builder.output(builder.constant(DType::float32, {1}, &one));
  builder.named("b", "second").named("a", "first").named("c", "");
  return builder;
}

TEST(Header, MayBeShorterOrLonger) {
  const Runtime runtime;
  std::vector<std::byte> file = small().finish();
  testing::poke(file, HeaderPlaces::kLength, 24, 4);  // of old files: no size of the segments
  EXPECT_TRUE(Program::from_memory(runtime, file));
  testing::poke(file, HeaderPlaces::kLength, 23, 4);
  EXPECT_THAT(Program::from_memory(runtime, file).error().message(), HasSubstr("length 23"));
  testing::poke(file, HeaderPlaces::kLength, 48, 4);  // of newer files: an unknown tail
  EXPECT_TRUE(Program::from_memory(runtime, file));
  testing::poke(file, HeaderPlaces::kLength, UINT32_MAX, 4);
  EXPECT_FALSE(Program::from_memory(runtime, file));
}

TEST(Header, RangesAreChecked) {
  const Runtime runtime;
  const std::vector<std::byte> good = small().finish();
  for (const size_t field : {HeaderPlaces::kProgramSize, HeaderPlaces::kSegmentBase, HeaderPlaces::kSegmentBytes}) {
    for (const uint64_t value : {uint64_t{1}, uint64_t{1} << 20, uint64_t{1} << 63, UINT64_MAX, UINT64_MAX - 15}) {
      std::vector<std::byte> bad = good;
      testing::poke(bad, field, value, 8);
      EXPECT_FALSE(Program::from_memory(runtime, bad)) << field << " " << value;
    }
  }
  std::vector<std::byte> unknown_size = good;
  testing::poke(unknown_size, HeaderPlaces::kSegmentBytes, 0, 8);
  EXPECT_TRUE(Program::from_memory(runtime, unknown_size));
  testing::poke(unknown_size, HeaderPlaces::kSegmentBase, 0, 8);
  EXPECT_FALSE(Program::from_memory(runtime, unknown_size));
}

TEST(Segments, AreCheckedAgainstTheFile) {
  const Runtime runtime;
  for (const auto& [offset, size] : std::vector<std::pair<uint64_t, uint64_t>>{
           {0, 3'000'000'000}, {1 << 20, 1}, {UINT64_MAX, 2}, {16, UINT64_MAX - 8}, {UINT64_MAX - 7, 16}}) {
    PteBuilder builder = small();
    builder.program.segments.resize(builder.segments.size());
    for (auto& s : builder.program.segments) s = std::make_unique<pte::DataSegmentT>();
    builder.program.segments[1]->offset = offset;
    builder.program.segments[1]->size = size;
    const std::vector<std::byte> file = builder.finish();
    EXPECT_THAT(Program::from_memory(runtime, file).error().message(), HasSubstr("segment 1: offset"));
  }
}

TEST(Segments, WithoutAlignmentAreCopied) {
  const Runtime runtime;
  PteBuilder builder = small();
  builder.segments[0] += "x";
  builder.alignment = 1;
  const std::vector<std::byte> file = builder.finish();
  const Result<Program> program = Program::from_memory(runtime, file);
  ASSERT_TRUE(program) << program.error().message();
  for (const char* key : {"a", "b"}) {
    EXPECT_EQ(reinterpret_cast<uintptr_t>(program->find(key)->data()) % 16, 0u);
  }
  EXPECT_EQ(text(*program->find("b")), "second");
}

TEST(Segments, StayReadableOnceCopied) {
  const Runtime runtime;
  PteBuilder builder = small();
  builder.named("large", std::string(100'000, 'x'));
  const std::vector<std::byte> file = builder.finish();
  const std::string path = builder.finish_to_file("copied.pte");
  for (const auto source : {Program::Source::map, Program::Source::read}) {
    const Result<Program> program = Program::open(runtime, path.c_str(), source);
    ASSERT_TRUE(program) << program.error().message();
    const auto large = program->find("large");
    ASSERT_TRUE(large) << large.error().message();
    const NamedData& data = *program;
    data.copied(*large);
    data.copied({large->data(), SIZE_MAX / 2});   // hints may exceed the file
    data.copied(std::as_bytes(std::span(file)));  // or be elsewhere
    EXPECT_EQ(text(*large), std::string(100'000, 'x'));
  }
  std::filesystem::remove(path);
}

TEST(Segments, ThatOverlapDoNotMultiply) {
  PteBuilder builder;
  builder.segments[0].assign(4096, 'x');
  for (int i = 0; i < 5000; ++i) {
    builder.program.segments.push_back(std::make_unique<pte::DataSegmentT>());
    builder.program.segments.back()->offset = 1;
    builder.program.segments.back()->size = 4095;
  }
  const Runtime runtime;
  const std::vector<std::byte> file = builder.finish();
  EXPECT_THAT(Program::from_memory(runtime, file).error().message(), HasSubstr("unaligned segments overlap"));
}

TEST(NamedData, IsFoundByKey) {
  const Runtime runtime;
  const std::vector<std::byte> file = small().finish();
  const Result<Program> program = Program::from_memory(runtime, file);
  ASSERT_TRUE(program) << program.error().message();
  EXPECT_EQ(text(*program->find("a")), "first");
  EXPECT_EQ(text(*program->find("b")), "second");
  EXPECT_EQ(text(*program->find("c")), "");
  EXPECT_EQ(program->find("").error().code(), ErrorCode::not_found);
  EXPECT_EQ(program->find("d").error().code(), ErrorCode::not_found);
}

TEST(Sources, AgreeAndReportMissingFiles) {
  const Runtime runtime;
  const std::string path = small().finish_to_file("sources.pte");
  for (const Program::Source source : {Program::Source::map, Program::Source::read}) {
    const Result<Program> program = Program::open(runtime, path.c_str(), source);
    ASSERT_TRUE(program) << program.error().message();
    EXPECT_EQ(text(*program->find("a")), "first");
    EXPECT_GT(program->load_times().verify_ns, 0);
    const Result<Program> missing = Program::open(runtime, "/nowhere/x.pte", source);
    EXPECT_EQ(missing.error().code(), ErrorCode::not_found);
    EXPECT_THAT(missing.error().message(), HasSubstr("cannot open '/nowhere/x.pte'"));
    EXPECT_EQ(Program::open(runtime, "/tmp", source).error().code(), ErrorCode::io);
    EXPECT_FALSE(Program::open(runtime, nullptr, source));
  }
  std::ofstream(path, std::ios::trunc).flush();
  for (const Program::Source source : {Program::Source::map, Program::Source::read}) {
    EXPECT_THAT(Program::open(runtime, path.c_str(), source).error().message(), HasSubstr("has 0 bytes"));
  }
  std::filesystem::remove(path);
}

TEST(Sources, MustBeAligned) {
  const Runtime runtime;
  std::vector<std::byte> file = small().finish();
  file.insert(file.begin(), std::byte{0});
  EXPECT_EQ(Program::from_memory(runtime, std::span(file).subspan(1)).error().code(), ErrorCode::invalid_argument);
}

TEST(Methods, AreFoundAndDescribed) {
  PteBuilder builder("first");
  builder.input(builder.planned(DType::float32, {2, 3})).input(builder.integer(7));
  builder.begin_method("second");
  const int x = builder.planned(DType::int8, {4}, true);
  builder.output(x);
  const Runtime runtime;
  const std::vector<std::byte> file = builder.finish();
  const Result<Program> program = Program::from_memory(runtime, file);
  ASSERT_TRUE(program) << program.error().message();
  EXPECT_EQ(program->num_methods(), 2u);
  EXPECT_EQ(program->method_info(0)->name, "first");
  EXPECT_EQ(program->method_info("second")->num_outputs, 1u);
  EXPECT_EQ(program->input_info("first", 0)->sizes[1], 3);
  EXPECT_EQ(program->input_info("first", 1).error().code(), ErrorCode::not_supported);
  EXPECT_EQ(*program->input_kind("first", 1), Value::Kind::integer);
  EXPECT_TRUE(program->output_info("second", 0)->resizable);
  EXPECT_EQ(program->output_info("second", 1).error().code(), ErrorCode::invalid_argument);
  EXPECT_EQ(program->method_info(2).error().code(), ErrorCode::invalid_argument);
  EXPECT_THAT(program->method_info("third").error().message(), HasSubstr("no method 'third'"));
}

}  // namespace
}  // namespace ingot
