// The packed weights of a program's payloads. XNNPACK packs each constant filter once a runtime; equal results are kept
// once, found by content. (XNNPACK's own cache goes by the addresses of filter and bias, which says nothing about
// scales, and takes nothing new once it is in use.)
//
// PackedWeights may be used from several threads. It outlives every Packing, and a Packing the runtime it was made for.
#pragma once

#include <xnnpack.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <unordered_map>
#include <vector>

#include "delegate/xnnpack/run/weight_memory.h"
#include "runtime/delegate.h"

namespace ingot::xnnpack {

class PackedWeights final : public DelegateState {
 public:
  // Memory to pack into, which lives as long as this; `expected` is what WeightMemory takes. Null where there is none.
  WeightMemory* open(uint64_t expected);
  // Where `size` bytes packed in the piece that was reserved last in `memory` lie for good: there, or where an equal
  // buffer is kept already.
  const std::byte* keep(WeightMemory& memory, const std::byte* packed, size_t size);
  // Of all that is kept.
  size_t bytes() const;

 private:
  mutable std::mutex mutex_;
  std::unordered_multimap<uint64_t, std::span<const std::byte>> entries_;  // by a hash of the content
  std::vector<std::unique_ptr<WeightMemory>> memory_;
  size_t bytes_ = 0;
};

// The interface through which one XNNPACK runtime packs into PackedWeights and then reads from it.
class Packing {
 public:
  // `source` is told what has been packed; it outlives this. `memory` is of the weights.
  Packing(PackedWeights& weights, WeightMemory& memory, const NamedData& source);
  Packing(const Packing&) = delete;
  Packing& operator=(const Packing&) = delete;
  ~Packing() { finish(); }

  xnn_weights_cache_t cache() { return &provider_; }
  // After the runtime has been made: from now on it reads only.
  void finish();

 private:
  PackedWeights& weights_;
  WeightMemory& memory_;
  const NamedData& source_;
  std::byte* pending_ = nullptr;  // reserved, not inserted yet
  size_t pending_size_ = 0;
  bool finished_ = false;
  xnn_weights_cache_provider provider_;
};

}  // namespace ingot::xnnpack
