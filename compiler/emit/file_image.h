// A file that is put together from byte ranges which others own, so that weights are written from where they already
// lie.
#pragma once

#include <cstddef>
#include <vector>

#include "compiler/ir/graph.h"
#include "runtime/npy/whole_file.h"

namespace ingot::compiler {

class FileImage {
 public:
  void append(Bytes bytes);
  // Zeros up to the offset, which must not lie before size().
  void pad_to(size_t offset);
  size_t size() const { return size_; }

  // Everything in one piece.
  std::vector<std::byte> flatten() const;
  // Appends everything to the file, which the caller then commits.
  Result<void> write(AtomicFile& file) const;

 private:
  std::vector<Bytes> parts_;
  size_t size_ = 0;
};

}  // namespace ingot::compiler
