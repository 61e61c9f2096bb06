#include "compiler/ir/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>

namespace ingot::compiler {

Result<Bytes> map_file(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return fail(ErrorCode::io, "%s: cannot open: %s", path.c_str(), std::strerror(errno));
  struct stat info;
  int error = ::fstat(file, &info) == 0 ? 0 : errno;
  if (error == 0 && !S_ISREG(info.st_mode)) {
    ::close(file);
    return fail(ErrorCode::io, "%s: not a regular file", path.c_str());
  }
  const auto size = error == 0 ? static_cast<size_t>(info.st_size) : 0;
  void* data = nullptr;
  if (error == 0 && size > 0) {
    data = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file, 0);
    if (data == MAP_FAILED) error = errno;
  }
  ::close(file);
  if (error != 0) return fail(ErrorCode::io, "%s: cannot read: %s", path.c_str(), std::strerror(error));
  if (size == 0) return Bytes();
  std::shared_ptr<const void> owner(data, [size](const void* mapped) { ::munmap(const_cast<void*>(mapped), size); });
  return Bytes(std::move(owner), {static_cast<const std::byte*>(data), size});
}

}  // namespace ingot::compiler
