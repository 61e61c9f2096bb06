#include "runtime/npy/whole_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace ingot {

Result<std::vector<std::byte>> read_file(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) {
    return fail(errno == ENOENT ? ErrorCode::not_found : ErrorCode::io, "%s: cannot open: %s", path.c_str(),
                std::strerror(errno));
  }
  struct stat info;
  std::vector<std::byte> bytes;
  size_t done = 0;
  int error = ::fstat(file, &info) == 0 ? 0 : errno;
  const bool regular = error == 0 && S_ISREG(info.st_mode);
  if (regular) bytes.resize(static_cast<size_t>(info.st_size));
  while (error == 0 && done < bytes.size()) {
    const ssize_t got = ::read(file, bytes.data() + done, bytes.size() - done);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) {
      error = got < 0 ? errno : EIO;
      break;
    }
    done += static_cast<size_t>(got);
  }
  ::close(file);
  if (error != 0) return fail(ErrorCode::io, "%s: cannot read: %s", path.c_str(), std::strerror(error));
  if (!regular) return fail(ErrorCode::io, "%s: cannot read: not a regular file", path.c_str());
  return bytes;
}

Result<AtomicFile> AtomicFile::create(const std::string& path) {
  struct stat info;
  const bool direct = ::stat(path.c_str(), &info) == 0 && !S_ISREG(info.st_mode);
  std::string target = direct ? path : path + ".tmp" + std::to_string(::getpid());
  const int file = ::open(target.c_str(), O_WRONLY | O_CLOEXEC | (direct ? 0 : O_CREAT | O_TRUNC), 0666);
  if (file < 0) return fail(ErrorCode::io, "%s: cannot write: %s", path.c_str(), std::strerror(errno));
  return AtomicFile(path, std::move(target), file);
}

AtomicFile::AtomicFile(AtomicFile&& other) noexcept
    : path_(std::move(other.path_)), target_(std::move(other.target_)), file_(std::exchange(other.file_, -1)) {}

AtomicFile::~AtomicFile() {
  if (file_ < 0) return;
  ::close(file_);
  if (target_ != path_) ::unlink(target_.c_str());
}

std::unexpected<Error> AtomicFile::failed(int error) const {
  return fail(ErrorCode::io, "%s: cannot write: %s", path_.c_str(), std::strerror(error));
}

Result<void> AtomicFile::write(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(file_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return failed(errno);
    bytes = bytes.subspan(static_cast<size_t>(written));
  }
  return {};
}

Result<void> AtomicFile::commit() {
  int error = ::close(std::exchange(file_, -1)) == 0 ? 0 : errno;
  if (target_ == path_) return error == 0 ? Result<void>() : failed(error);
  if (error == 0 && ::rename(target_.c_str(), path_.c_str()) != 0) error = errno;
  if (error == 0) return {};
  ::unlink(target_.c_str());
  return failed(error);
}

Result<void> write_file(const std::string& path, std::span<const std::byte> bytes) {
  AtomicFile file = INGOT_TRY(AtomicFile::create(path));
  INGOT_TRY_VOID(file.write(bytes));
  return file.commit();
}

}  // namespace ingot
