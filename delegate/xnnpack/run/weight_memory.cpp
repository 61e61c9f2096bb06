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

constexpr size_t kLargePage = size_t{1} << 21;
constexpr size_t kLeastBlock = size_t{1} << 16;

size_t page_size() {
  return static_cast<size_t>(::sysconf(_SC_PAGESIZE));
}

// Zeroed pages, of which the first `large` bytes (a multiple of kLargePage) shall be large; null where there are none.
std::byte* map(size_t size, size_t large) {
  const size_t slack = large > 0 ? kLargePage : 0;
  size_t total;
  if (!checked_add(size, slack, &total)) return nullptr;
  void* address = ::mmap(nullptr, total, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (address == MAP_FAILED) return nullptr;
  auto* begin = static_cast<std::byte*>(address);
  if (large == 0) return begin;
  const size_t before = (kLargePage - reinterpret_cast<uintptr_t>(begin) % kLargePage) % kLargePage;
  if (before > 0) ::munmap(begin, before);
  if (before < slack) ::munmap(begin + before + size, slack - before);
#ifdef MADV_HUGEPAGE
  ::madvise(begin + before, large, MADV_HUGEPAGE);  // a wish: small pages serve as well
#endif
  return begin + before;
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
  std::byte* piece = blocks_.back().begin + used_;
  if (written_ > used_) std::memset(piece, 0, std::min(written_ - used_, needed));
  written_ = std::max(written_, used_ + needed);
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
  written_ = std::min(written_, block.size);
  if (block.size == 0) blocks_.pop_back();
}

// The first block takes all that is expected, with room for padding: untouched pages cost nothing.
bool WeightMemory::add_block(size_t needed) {
  const uint64_t expected = std::min<uint64_t>(expected_, std::numeric_limits<size_t>::max() / 4);
  expected_ = 0;
  size_t size;
  if (!checked_align_up(needed, page_size(), &size)) return false;
  const size_t wanted =
      std::max(size, static_cast<size_t>(expected + expected / 4 + kLeastBlock) / kLeastBlock * kLeastBlock);
  Block block{map(wanted, static_cast<size_t>(expected) / kLargePage * kLargePage), wanted};
  if (block.begin == nullptr) block = {map(size, 0), size};
  if (block.begin == nullptr) return false;
  blocks_.push_back(block);
  used_ = written_ = 0;
  return true;
}

}  // namespace ingot::xnnpack
