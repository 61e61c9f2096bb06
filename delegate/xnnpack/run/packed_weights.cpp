#include "delegate/xnnpack/run/packed_weights.h"

#include <cstdlib>
#include <cstring>

#include "runtime/core/checked_math.h"

namespace ingot::xnnpack {
namespace {

// FNV-1a over 8-byte words: fast and good enough to find candidates, which are then compared.
uint64_t hash_of(const std::byte* bytes, size_t size) {
  uint64_t hash = 0xcbf29ce484222325u ^ size;
  size_t i = 0;
  for (; i + 8 <= size; i += 8) {
    uint64_t word;
    std::memcpy(&word, bytes + i, 8);
    hash = (hash ^ word) * 0x100000001b3u;
    hash ^= hash >> 29;
  }
  for (; i < size; ++i) hash = (hash ^ static_cast<uint64_t>(bytes[i])) * 0x100000001b3u;
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

Packing::Packing(PackedWeights& weights) : weights_(weights), provider_{} {
  provider_.context = this;
  provider_.look_up = [](void*, const xnn_weights_cache_look_up_key*) { return SIZE_MAX; };
  provider_.reserve_space = [](void* context, size_t size) -> void* {
    auto& self = *static_cast<Packing*>(context);
    self.pending_ = PackedWeights::allocate(size);
    self.pending_size_ = size;
    return self.pending_.get();
  };
  // Offsets are addresses: what is kept never moves.
  provider_.look_up_or_insert = [](void* context, const xnn_weights_cache_look_up_key*, void* bytes, size_t size) {
    auto& self = *static_cast<Packing*>(context);
    if (bytes != self.pending_.get() || bytes == nullptr || size > self.pending_size_) return SIZE_MAX;
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
