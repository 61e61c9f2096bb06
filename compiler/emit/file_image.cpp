#include "compiler/emit/file_image.h"

#include <cstring>

namespace ingot::compiler {

void FileImage::append(Bytes bytes) {
  size_ += bytes.size();
  if (bytes.size() > 0) parts_.push_back(std::move(bytes));
}

void FileImage::pad_to(size_t offset) {
  if (offset <= size_) return;
  std::byte* zeros = nullptr;
  Bytes padding = Bytes::allocate(offset - size_, &zeros);
  std::memset(zeros, 0, offset - size_);
  append(std::move(padding));
}

std::vector<std::byte> FileImage::flatten() const {
  std::vector<std::byte> result;
  result.reserve(size_);
  for (const Bytes& part : parts_) result.insert(result.end(), part.span().begin(), part.span().end());
  return result;
}

Result<void> FileImage::write(AtomicFile& file) const {
  for (const Bytes& part : parts_) INGOT_TRY_VOID(file.write(part.span()));
  return {};
}

}  // namespace ingot::compiler
