// A file that is put together from byte ranges which others own, so that weights are written from where they already
// lie.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "compiler/ir/graph.h"

namespace ingot::compiler {

class FileImage {
 public:
  void append(Bytes bytes);
  // Zeros up to the offset, which must not lie before size().
  void pad_to(size_t offset);
  size_t size() const { return size_; }

  // Everything in one piece.
  std::vector<std::byte> flatten() const;
  // Written to a temporary file beside `path` and renamed: an existing file stays whole until the new one is.
  Result<void> write(const std::string& path) const;

 private:
  std::vector<Bytes> parts_;
  size_t size_ = 0;
};

}  // namespace ingot::compiler
