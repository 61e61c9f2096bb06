// Memory for what is packed when a payload is loaded and read at every run after that: pieces one behind another, in
// few large blocks. Pages are made for a whole piece at once, which takes a fifth off loading, where the first write to
// each would make it; and once a block is filled, the system may replace its pages by large ones when it has time.
// (Asking for large pages at once loads MobileNetV2 in half the time where they are at hand, but in virtual machines
// that give free memory back to their host they come from there: ResNet-50 then takes twice as long.)
//
// For one thread at a time. What was kept stays, where it is, until this is destroyed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace ingot::xnnpack {

class WeightMemory {
 public:
  static constexpr size_t kAlignment = 64;  // what XNNPACK aligns packed weights to

  // `expected`: about how many bytes will be kept.
  explicit WeightMemory(uint64_t expected) : expected_(expected) {}
  WeightMemory(const WeightMemory&) = delete;
  WeightMemory& operator=(const WeightMemory&) = delete;
  ~WeightMemory();

  // Zeroed, with XNN_EXTRA_BYTES more behind it; null where there is no memory. The piece before is lost unless kept.
  std::byte* reserve(size_t size);
  // The piece reserved last stays.
  void keep();
  // Gives back what is not kept; a block is filled.
  void trim();

 private:
  struct Block {
    std::byte* begin;
    size_t size;
  };

  bool add_block(size_t needed);

  uint64_t expected_;
  std::vector<Block> blocks_;  // the last one is filled
  size_t used_ = 0;            // of the last block
  size_t written_ = 0;         // of the last block: what may be other than zero
  size_t reserved_ = 0;
};

}  // namespace ingot::xnnpack
