#include <cmath>
#include <numbers>
#include <random>

#include "compiler/quantize/samples.h"
#include "runtime/core/number.h"

namespace ingot::compiler {
namespace {

// Standard distributions differ between libraries: this gives the same numbers everywhere.
class Random {
 public:
  explicit Random(uint64_t seed) : engine_(seed) {}

  double uniform() { return static_cast<double>(engine_() >> 11) * 0x1p-53; }
  // Box and Muller's method.
  double normal() {
    const double radius = std::sqrt(-2 * std::log(1 - uniform()));
    return radius * std::cos(2 * std::numbers::pi * uniform());
  }

 private:
  std::mt19937_64 engine_;
};

class RandomSamples final : public SampleSource {
 public:
  RandomSamples(const Graph& graph, uint64_t seed, size_t count) : seed_(seed), count_(count) {
    for (const Value* input : graph.inputs()) types_.push_back(input->type);
  }

  size_t size() const override { return count_; }

  Result<Sample> read(size_t index) override {
    Random random(seed_ * 1000003 + index);
    Sample sample;
    for (const TensorType& type : types_) {
      Array& array = sample.inputs.emplace_back();
      array.dtype = type.dtype;
      for (const Dim& dim : type.shape) array.sizes.push_back(static_cast<int32_t>(dim.value()));
      array.data.resize(type.max_nbytes());
      const size_t size = size_of(type.dtype);
      for (size_t at = 0; at < array.data.size(); at += size) {
        const double number = is_floating(type.dtype) ? random.normal() : random.uniform() * 3;
        store_number(type.dtype, number, array.data.data() + at);
      }
    }
    return sample;
  }

 private:
  std::vector<TensorType> types_;
  uint64_t seed_;
  size_t count_;
};

}  // namespace

std::unique_ptr<SampleSource> random_samples(const Graph& graph, uint64_t seed, size_t count) {
  return std::make_unique<RandomSamples>(graph, seed, count);
}

}  // namespace ingot::compiler
