// What a program file keeps outside its FlatBuffer: constants, delegate payloads, named data. Equal contents are stored
// once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "compiler/emit/file_image.h"
#include "compiler/ir/graph.h"

namespace ingot::compiler {

class Segments {
 public:
  struct Named {
    std::string key;
    uint32_t segment = 0;
  };
  struct Placed {
    uint64_t offset = 0;  // from the first segment's start
    uint64_t size = 0;
  };

  static constexpr size_t kAlignment = 128;
  static constexpr size_t kConstantAlignment = 16;

  // The number of a constant in constant_offsets(); from 1.
  uint32_t add_constant(const Bytes& bytes);
  // The number of the payload's segment.
  uint32_t add_payload(const Bytes& bytes);
  // An error where the key already stands for other bytes.
  Result<void> add_named(std::string_view key, const Bytes& bytes);

  // Where each constant starts in segment 0; entry 0 is a placeholder.
  const std::vector<uint64_t>& constant_offsets() const { return constant_offsets_; }
  // Keys with their segments; only valid once everything is added.
  std::vector<Named> named() const;
  // The segments in file order.
  std::vector<Placed> layout() const;
  // Appends all segments' bytes to the image, whose size must be a multiple of kAlignment where there are any bytes.
  void write(FileImage& image) const;
  bool empty() const { return constants_.empty() && payloads_.empty() && named_.empty(); }
  // Constants and named data.
  size_t weights_bytes() const;

 private:
  // The index of equal bytes in `list`, appended where there are none.
  static size_t deduplicate(std::vector<Bytes>& list, std::unordered_multimap<size_t, size_t>& index,
                            const Bytes& bytes);

  std::vector<Bytes> constants_;
  std::unordered_multimap<size_t, size_t> constant_index_;
  std::vector<uint64_t> constant_offsets_ = {0};
  uint64_t constant_bytes_ = 0;
  std::vector<Bytes> payloads_;
  std::unordered_multimap<size_t, size_t> payload_index_;
  std::vector<std::pair<std::string, Bytes>> named_;
  std::unordered_map<std::string, size_t> named_index_;
};

}  // namespace ingot::compiler
