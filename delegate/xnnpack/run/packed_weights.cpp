#include "delegate/xnnpack/run/packed_weights.h"

#include <cstring>
#include <new>
#include <utility>

namespace ingot::xnnpack {
namespace {

constexpr uint64_t kHashPrime = 0x100000001b3u;

uint64_t mix(uint64_t hash, uint64_t word) {
  hash = (hash ^ word) * kHashPrime;
  return hash ^ hash >> 29;
}

// FNV-1a over 8-byte words, in four streams so that their multiplications overlap: fast and good enough to find
// candidates, which are then compared.
uint64_t hash_of(const std::byte* bytes, size_t size) {
  uint64_t lanes[4] = {0xcbf29ce484222325u ^ size, 1, 2, 3};
  size_t i = 0;
  for (; i + sizeof(lanes) <= size; i += sizeof(lanes)) {
    uint64_t words[4];
    std::memcpy(words, bytes + i, sizeof(words));
    for (size_t k = 0; k < 4; ++k) lanes[k] = mix(lanes[k], words[k]);
  }
  uint64_t hash = lanes[0];
  for (size_t k = 1; k < 4; ++k) hash = mix(hash, lanes[k]);
  for (; i < size; ++i) hash = mix(hash, static_cast<uint64_t>(bytes[i]));
  return hash;
}

}  // namespace

WeightMemory* PackedWeights::open(uint64_t expected) {
  std::unique_ptr<WeightMemory> memory(new (std::nothrow) WeightMemory(expected));
  const std::lock_guard lock(mutex_);
  return memory != nullptr ? memory_.emplace_back(std::move(memory)).get() : nullptr;
}

const std::byte* PackedWeights::keep(WeightMemory& memory, const std::byte* packed, size_t size) {
  const uint64_t hash = hash_of(packed, size);
  const std::lock_guard lock(mutex_);
  const auto [begin, end] = entries_.equal_range(hash);
  for (auto entry = begin; entry != end; ++entry) {
    const std::span<const std::byte> kept = entry->second;
    if (kept.size() == size && std::memcmp(kept.data(), packed, size) == 0) return kept.data();
  }
  memory.keep();
  entries_.emplace(hash, std::span(packed, size));
  bytes_ += size;
  return packed;
}

size_t PackedWeights::bytes() const {
  const std::lock_guard lock(mutex_);
  return bytes_;
}

Packing::Packing(PackedWeights& weights, WeightMemory& memory, const NamedData& source)
    : weights_(weights), memory_(memory), source_(source), provider_{} {
  provider_.context = this;
  provider_.look_up = [](void*, const xnn_weights_cache_look_up_key*) { return SIZE_MAX; };
  provider_.reserve_space = [](void* context, size_t size) -> void* {
    auto& self = *static_cast<Packing*>(context);
    self.pending_ = self.memory_.reserve(size);
    self.pending_size_ = size;
    return self.pending_;
  };
  // Offsets are addresses: what is kept never moves.
  provider_.look_up_or_insert = [](void* context, const xnn_weights_cache_look_up_key* key, void* bytes, size_t size) {
    auto& self = *static_cast<Packing*>(context);
    if (bytes != self.pending_ || bytes == nullptr || size > self.pending_size_) return SIZE_MAX;
    // The filter is about as large as its packed form. Without this, both would be in memory at once, for all filters.
    if (key != nullptr) self.source_.copied({static_cast<const std::byte*>(key->kernel), size});
    self.pending_ = nullptr;
    return reinterpret_cast<size_t>(self.weights_.keep(self.memory_, static_cast<std::byte*>(bytes), size));
  };
  provider_.is_finalized = [](void* context) { return static_cast<Packing*>(context)->finished_; };
  provider_.offset_to_addr = [](void*, size_t offset) { return reinterpret_cast<void*>(offset); };
  provider_.delete_cache = [](void*) { return xnn_status_success; };
}

void Packing::finish() {
  if (finished_) return;
  memory_.trim();
  finished_ = true;
}

}  // namespace ingot::xnnpack
