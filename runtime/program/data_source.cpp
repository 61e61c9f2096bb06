#include "runtime/program/data_source.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <utility>

namespace ingot {
namespace {

// An open regular file, closed at the end of its scope.
class File {
 public:
  explicit File(const char* path) : descriptor_(::open(path, O_RDONLY | O_CLOEXEC)) {}
  ~File() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  int descriptor() const { return descriptor_; }

  Result<size_t> size(const char* path) const {
    struct stat info;
    if (descriptor_ < 0 || ::fstat(descriptor_, &info) != 0) {
      return fail(errno == ENOENT ? ErrorCode::not_found : ErrorCode::io, "cannot open '%s': %s", path,
                  std::strerror(errno));
    }
    if (!S_ISREG(info.st_mode)) return fail(ErrorCode::io, "cannot open '%s': not a regular file", path);
    if (static_cast<uint64_t>(info.st_size) > PTRDIFF_MAX) {
      return fail(ErrorCode::out_of_memory, "'%s' is larger than this machine's addresses", path);
    }
    return static_cast<size_t>(info.st_size);
  }

 private:
  int descriptor_;
};

}  // namespace

Result<DataSource> DataSource::map(const char* path) {
  const File file(path);
  const size_t size = INGOT_TRY(file.size(path));
  DataSource source;
  if (size == 0) return source;
  void* address = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.descriptor(), 0);
  if (address == MAP_FAILED) return fail(ErrorCode::io, "cannot map '%s': %s", path, std::strerror(errno));
  source.bytes_ = {static_cast<const std::byte*>(address), size};
  source.mapped_ = true;
  return source;
}

Result<DataSource> DataSource::read(const char* path) {
  const File file(path);
  const size_t size = INGOT_TRY(file.size(path));
  DataSource source;
  source.memory_ = INGOT_TRY(Memory::allocate(size));
  size_t done = 0;
  while (done < size) {
    const ssize_t got = ::read(file.descriptor(), source.memory_.bytes().data() + done, size - done);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) {
      return fail(ErrorCode::io, "cannot read '%s': %s", path, got < 0 ? std::strerror(errno) : "it became shorter");
    }
    done += static_cast<size_t>(got);
  }
  source.bytes_ = source.memory_.bytes();
  return source;
}

Result<DataSource> DataSource::borrow(std::span<const std::byte> bytes) {
  if (reinterpret_cast<uintptr_t>(bytes.data()) % kAlignment != 0) {
    return fail(ErrorCode::invalid_argument, "a program in memory must start at a multiple of %zu", kAlignment);
  }
  DataSource source;
  source.bytes_ = bytes;
  return source;
}

void DataSource::drop_pages(std::span<const std::byte> range) const {
  if (!mapped_) return;
  const auto page = static_cast<uintptr_t>(::sysconf(_SC_PAGESIZE));
  const auto start = reinterpret_cast<uintptr_t>(bytes_.data());
  const uintptr_t end = start + bytes_.size();
  const auto first = reinterpret_cast<uintptr_t>(range.data());
  if (first < start || first >= end) return;
  const uintptr_t last = first + std::min<size_t>(range.size(), end - first);
  const uintptr_t begin = (first + page - 1) / page * page;
  const uintptr_t stop = last / page * page;
  if (begin < stop) ::madvise(reinterpret_cast<void*>(begin), stop - begin, MADV_DONTNEED);
}

DataSource& DataSource::operator=(DataSource&& other) noexcept {
  std::swap(bytes_, other.bytes_);
  std::swap(memory_, other.memory_);
  std::swap(mapped_, other.mapped_);
  return *this;
}

DataSource::~DataSource() {
  if (mapped_) ::munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size());
}

}  // namespace ingot
