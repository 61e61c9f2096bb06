#include "tests/delegate/xnnpack/run/fixture.h"

#include <algorithm>
#include <cstring>
#include <numeric>

namespace ingot::xnnpack {

OwnedTensor::OwnedTensor(DType dtype, const std::vector<int32_t>& sizes, bool resizable)
    : sizes_(sizes), dim_order_(sizes.size()), strides_(sizes.size()), resizable_(resizable) {
  std::iota(dim_order_.begin(), dim_order_.end(), uint8_t{0});
  const size_t bytes = *tensor_nbytes(dtype, sizes);
  memory_ = std::make_unique<std::byte[]>(bytes);
  tensor_ = std::make_unique<Tensor>(dtype, sizes_.size(), sizes_.data(), dim_order_.data(), strides_.data(),
                                     memory_.get(), bytes, resizable_);
}

void OwnedTensor::set_dim_order(const std::vector<uint8_t>& order) {
  dim_order_ = order;
  *tensor_ = Tensor(tensor_->dtype(), sizes_.size(), sizes_.data(), dim_order_.data(), strides_.data(), memory_.get(),
                    tensor_->capacity(), resizable_);
}

Result<std::unique_ptr<LoadedPayload>> LoadedPayload::load(const WrittenPayload& written, size_t num_args,
                                                           void* threadpool) {
  auto data = std::make_unique<WrittenData>(written);
  auto loaded = load(written.blob, *data, num_args, threadpool);
  if (loaded) (*loaded)->data_ = std::move(data);
  return loaded;
}

Result<std::unique_ptr<LoadedPayload>> LoadedPayload::load(std::span<const std::byte> blob, const NamedData& named_data,
                                                           size_t num_args, void* threadpool) {
  static XnnpackDelegate delegate;
  auto loaded = std::make_unique<LoadedPayload>();
  // Exactly as long as the blob, at an address aligned to 16 (operator new's promise).
  loaded->memory_.assign(blob.begin(), blob.end());
  loaded->program_state_.reset(INGOT_TRY(delegate.make_program_state()));
  loaded->group_state_.reset(INGOT_TRY(delegate.make_group_state()));
  DelegateInit init;
  init.payload = loaded->memory_;
  init.named_data = &named_data;
  init.program_state = loaded->program_state_.get();
  init.group_state = loaded->group_state_.get();
  init.num_args = num_args;
  init.threadpool = threadpool;
  loaded->handle_.reset(INGOT_TRY(delegate.init(init)));
  return loaded;
}

void run(PayloadWriter&& writer, const std::vector<Tensor*>& args) {
  const WrittenPayload written = std::move(writer).finish();
  auto loaded = LoadedPayload::load(written, args.size());
  ASSERT_TRUE(loaded) << loaded.error().message();
  const auto done = (*loaded)->execute(args);
  ASSERT_TRUE(done) << done.error().message();
}

std::string refusal(PayloadWriter&& writer, size_t num_args) {
  const WrittenPayload written = std::move(writer).finish();
  const auto loaded = LoadedPayload::load(written, num_args);
  return loaded ? "" : loaded.error().message();
}

std::vector<float> sample(size_t count, float range, uint32_t seed) {
  std::vector<float> items(count);
  uint32_t state = seed * 2654435761u + 12345;
  for (float& item : items) {
    state = state * 1664525u + 1013904223u;
    item = (static_cast<float>(state >> 8) / static_cast<float>(1 << 23) - 1.0f) * range;
  }
  return items;
}

std::vector<int8_t> sample_int8(size_t count, uint32_t seed, int low, int high) {
  std::vector<int8_t> items;
  for (const float x : sample(count, 1.0f, seed)) {
    items.push_back(static_cast<int8_t>(
        std::clamp<long>(std::lround((x + 1) / 2 * static_cast<float>(high - low)) + low, low, high)));
  }
  return items;
}

std::vector<float> dequantize(const std::vector<int8_t>& items, float scale, int32_t zero_point) {
  std::vector<float> real;
  for (const int8_t item : items) real.push_back(static_cast<float>(item - zero_point) * scale);
  return real;
}

void expect_near(const std::vector<double>& expected, const std::vector<float>& actual, double tolerance) {
  ASSERT_EQ(expected.size(), actual.size());
  double largest = 0;
  for (const double x : expected) largest = std::max(largest, std::abs(x));
  for (size_t i = 0; i < expected.size(); ++i) {
    ASSERT_NEAR(expected[i], actual[i], tolerance * std::max(largest, 1e-3)) << "element " << i;
  }
}

void expect_steps(const std::vector<double>& expected, const std::vector<int8_t>& actual, float scale,
                  int32_t zero_point, double steps) {
  ASSERT_EQ(expected.size(), actual.size());
  for (size_t i = 0; i < expected.size(); ++i) {
    const double code = std::clamp(expected[i] / scale + zero_point, -128.0, 127.0);
    ASSERT_NEAR(code, actual[i], steps) << "element " << i;
  }
}

}  // namespace ingot::xnnpack
