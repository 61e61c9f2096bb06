#include "delegate/xnnpack/run/packed_weights.h"

#include <cstdlib>
#include <cstring>

#include "runtime/core/checked_math.h"

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

void PackedWeights::Free::operator()(std::byte* bytes) const {
  std::free(bytes);
}

PackedWeights::Buffer PackedWeights::allocate(size_t size) {
  size_t padded, rounded;
  if (!checked_add<size_t>(size, XNN_EXTRA_BYTES, &padded) || !checked_align_up(padded, kAlignment, &rounded))
    return nullptr;
  Buffer buffer(static_cast<std::byte*>(std::aligned_alloc(kAlignment, rounded)));
  if (buffer != nullptr) std::memset(buffer.get(), 0, rounded);
  return buffer;
}

std::byte* PackedWeights::keep(Buffer buffer, size_t size) {
  const uint64_t hash = hash_of(buffer.get(), size);
  const std::lock_guard lock(mutex_);
  const auto [begin, end] = entries_.equal_range(hash);
  for (auto entry = begin; entry != end; ++entry) {
    if (entry->second.size == size && std::memcmp(entry->second.buffer.get(), buffer.get(), size) == 0) {
      return entry->second.buffer.get();
    }
  }
  std::byte* kept = buffer.get();
  entries_.emplace(hash, Entry{std::move(buffer), size});
  bytes_ += size;
  return kept;
}

size_t PackedWeights::bytes() const {
  const std::lock_guard lock(mutex_);
  return bytes_;
}

Packing::Packing(PackedWeights& weights, const NamedData& source) : weights_(weights), source_(source), provider_{} {
  provider_.context = this;
  provider_.look_up = [](void*, const xnn_weights_cache_look_up_key*) { return SIZE_MAX; };
  provider_.reserve_space = [](void* context, size_t size) -> void* {
    auto& self = *static_cast<Packing*>(context);
    self.pending_ = PackedWeights::allocate(size);
    self.pending_size_ = size;
    return self.pending_.get();
  };
  // Offsets are addresses: what is kept never moves.
  provider_.look_up_or_insert = [](void* context, const xnn_weights_cache_look_up_key* key, void* bytes, size_t size) {
    auto& self = *static_cast<Packing*>(context);
    if (bytes != self.pending_.get() || bytes == nullptr || size > self.pending_size_) return SIZE_MAX;
    // The filter is about as large as its packed form. Without this, both would be in memory at once, for all filters.
    if (key != nullptr) self.source_.copied({static_cast<const std::byte*>(key->kernel), size});
    return reinterpret_cast<size_t>(self.weights_.keep(std::move(self.pending_), size));
  };
  provider_.is_finalized = [](void* context) { return static_cast<Packing*>(context)->finished_; };
  provider_.offset_to_addr = [](void*, size_t offset) { return reinterpret_cast<void*>(offset); };
  provider_.delete_cache = [](void*) { return xnn_status_success; };
}

void Packing::finish() {
  pending_.reset();
  finished_ = true;
}

}  // namespace ingot::xnnpack
