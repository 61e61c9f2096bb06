// Where a zoo model's parameters come from: a seeded generator, or a file of named arrays.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/ir/graph.h"

namespace ingot::compiler {

class WeightSource {
 public:
  virtual ~WeightSource() = default;
  // float32 values of the given sizes. `mean` and `stddev` say what a generator should draw.
  virtual Result<Bytes> get(const std::string& name, const std::vector<int64_t>& sizes, double mean, double stddev) = 0;
  // Called once the model is built: an error where a file holds parameters that the model does not have.
  virtual Result<void> finish() { return {}; }
};

// Normally distributed values (the sum of twelve uniform ones), the same on every machine; each parameter's own stream
// depends on the seed and its name, not on the order of calls.
class SeededWeights : public WeightSource {
 public:
  explicit SeededWeights(uint64_t seed = 0) : seed_(seed) {}
  Result<Bytes> get(const std::string& name, const std::vector<int64_t>& sizes, double mean, double stddev) override;

 private:
  uint64_t seed_;
};

// Arrays of a .safetensors or .npz file, told apart by content. float16, bfloat16 and float64 become float32.
class FileWeights : public WeightSource {
 public:
  struct Entry {
    DType dtype;
    std::vector<int64_t> sizes;
    Bytes data;
  };

  static Result<std::unique_ptr<FileWeights>> open(const std::string& path);
  Result<Bytes> get(const std::string& name, const std::vector<int64_t>& sizes, double mean, double stddev) override;
  Result<void> finish() override;

 private:
  FileWeights(std::string path, std::map<std::string, Entry> entries)
      : path_(std::move(path)), entries_(std::move(entries)) {}

  std::string path_;
  std::map<std::string, Entry> entries_;
  std::set<std::string> used_;
};

// The entries of a file already in memory; `owner` keeps the bytes alive.
Result<std::map<std::string, FileWeights::Entry>> parse_safetensors(const Bytes& file);
Result<std::map<std::string, FileWeights::Entry>> parse_npz(const Bytes& file);

}  // namespace ingot::compiler
