#include "compiler/emit/segments.h"

#include <algorithm>
#include <functional>
#include <string_view>

namespace ingot::compiler {

namespace {

uint64_t align(uint64_t x, uint64_t alignment) {
  return (x + alignment - 1) / alignment * alignment;
}

bool same_bytes(const Bytes& a, const Bytes& b) {
  return std::ranges::equal(a.span(), b.span());
}

}  // namespace

size_t Segments::deduplicate(std::vector<Bytes>& list, std::unordered_multimap<size_t, size_t>& index,
                             const Bytes& bytes) {
  const size_t hash = std::hash<std::string_view>{}({reinterpret_cast<const char*>(bytes.span().data()), bytes.size()});
  const auto [first, last] = index.equal_range(hash);
  for (auto it = first; it != last; ++it) {
    if (same_bytes(list[it->second], bytes)) return it->second;
  }
  index.emplace(hash, list.size());
  list.push_back(bytes);
  return list.size() - 1;
}

uint32_t Segments::add_constant(const Bytes& bytes) {
  const size_t count = constants_.size();
  const size_t index = deduplicate(constants_, constant_index_, bytes);
  if (index == count) {
    const uint64_t offset = align(constant_bytes_, kConstantAlignment);
    constant_offsets_.push_back(offset);
    constant_bytes_ = offset + bytes.size();
  }
  return static_cast<uint32_t>(index + 1);
}

uint32_t Segments::add_payload(const Bytes& bytes) {
  return static_cast<uint32_t>(1 + deduplicate(payloads_, payload_index_, bytes));
}

Result<void> Segments::add_named(std::string_view key, const Bytes& bytes) {
  const auto [it, added] = named_index_.emplace(std::string(key), named_.size());
  if (added) {
    named_.emplace_back(std::string(key), bytes);
  } else if (!same_bytes(named_[it->second].second, bytes)) {
    return fail(ErrorCode::internal, "two different blobs under the name '%.*s'", static_cast<int>(key.size()),
                key.data());
  }
  return {};
}

std::vector<Segments::Named> Segments::named() const {
  std::vector<Named> result;
  for (size_t i = 0; i < named_.size(); ++i) {
    result.push_back({named_[i].first, static_cast<uint32_t>(1 + payloads_.size() + i)});
  }
  return result;
}

std::vector<Segments::Placed> Segments::layout() const {
  std::vector<Placed> result;
  uint64_t end = 0;
  const auto place = [&](uint64_t size) {
    const uint64_t offset = align(end, kAlignment);
    result.push_back({offset, size});
    end = offset + size;
  };
  place(constant_bytes_);
  for (const Bytes& payload : payloads_) place(payload.size());
  for (const auto& [key, bytes] : named_) place(bytes.size());
  return result;
}

void Segments::write(FileImage& image) const {
  const size_t base = image.size();
  const std::vector<Placed> places = layout();
  for (size_t i = 0; i < constants_.size(); ++i) {
    image.pad_to(base + constant_offsets_[i + 1]);
    image.append(constants_[i]);
  }
  size_t segment = 1;
  const auto append = [&](const Bytes& bytes) {
    if (bytes.size() > 0) image.pad_to(base + places[segment].offset);
    image.append(bytes);
    ++segment;
  };
  for (const Bytes& payload : payloads_) append(payload);
  for (const auto& [key, bytes] : named_) append(bytes);
}

size_t Segments::weights_bytes() const {
  size_t total = constant_bytes_;
  for (const auto& [key, bytes] : named_) total += bytes.size();
  return total;
}

}  // namespace ingot::compiler
