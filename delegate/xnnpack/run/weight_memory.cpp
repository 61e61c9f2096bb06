#include "delegate/xnnpack/run/weight_memory.h"

#include <sys/mman.h>
#include <unistd.h>
#include <xnnpack.h>

#include <algorithm>
#include <cstring>
#include <limits>

#include "runtime/core/checked_math.h"

namespace ingot::xnnpack {
namespace {

constexpr size_t kLeastBlock = size_t{1} << 16;

size_t page_size() {
  return static_cast<size_t>(::sysconf(_SC_PAGESIZE));
}

// Zeroed pages; null where there are none.
std::byte* map(size_t size) {
  void* address = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return address == MAP_FAILED ? nullptr : static_cast<std::byte*>(address);
}

// Wishes: memory serves as well where the system knows no such thing.
void make_pages([[maybe_unused]] std::byte* begin, [[maybe_unused]] size_t size) {
#ifdef MADV_POPULATE_WRITE
  if (size > 0) ::madvise(begin, size, MADV_POPULATE_WRITE);
#endif
}
void allow_large_pages([[maybe_unused]] std::byte* begin, [[maybe_unused]] size_t size) {
#ifdef MADV_HUGEPAGE
  if (size > 0) ::madvise(begin, size, MADV_HUGEPAGE);
#endif
}

}  // namespace

WeightMemory::~WeightMemory() {
  for (const Block& block : blocks_) ::munmap(block.begin, block.size);
}

std::byte* WeightMemory::reserve(size_t size) {
  size_t padded, needed;
  if (!checked_add<size_t>(size, XNN_EXTRA_BYTES, &padded) || !checked_align_up(padded, kAlignment, &needed))
    return nullptr;
  if (blocks_.empty() || blocks_.back().size - used_ < needed) {
    trim();
    if (!add_block(needed)) return nullptr;
  }
  std::byte* begin = blocks_.back().begin;
  std::byte* piece = begin + used_;
  if (written_ > used_) std::memset(piece, 0, std::min(written_ - used_, needed));
  const size_t page = page_size(), made = (written_ + page - 1) / page * page, end = used_ + needed;
  if (end > made) make_pages(begin + made, (end - made) / page * page);
  written_ = std::max(written_, end);
  reserved_ = needed;
  return piece;
}

void WeightMemory::keep() {
  used_ += reserved_;
  reserved_ = 0;
}

void WeightMemory::trim() {
  reserved_ = 0;
  if (blocks_.empty()) return;
  Block& block = blocks_.back();
  const size_t page = page_size(), end = (used_ + page - 1) / page * page;
  if (end < block.size) ::munmap(block.begin + end, block.size - end);
  block.size = std::min(block.size, end);
  allow_large_pages(block.begin, block.size);
  written_ = std::min(written_, block.size);
  if (block.size == 0) blocks_.pop_back();
}

// The first block takes all that is expected, with room for padding: untouched pages cost nothing.
bool WeightMemory::add_block(size_t needed) {
  const uint64_t expected = std::min<uint64_t>(expected_, std::numeric_limits<size_t>::max() / 4);
  expected_ = 0;
  size_t size;
  if (!checked_align_up(needed, page_size(), &size)) return false;
  const auto roomy = static_cast<size_t>(expected + expected / 4 + kLeastBlock) / kLeastBlock * kLeastBlock;
  Block block{nullptr, std::max(size, roomy)};
  block.begin = map(block.size);
  if (block.begin == nullptr) block = {map(size), size};
  if (block.begin == nullptr) return false;
  blocks_.push_back(block);
  used_ = written_ = 0;
  return true;
}

}  // namespace ingot::xnnpack
