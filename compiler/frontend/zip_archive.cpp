#include "compiler/frontend/zip_archive.h"

#include <zip.h>

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "compiler/frontend/zip_directory.h"
#include "runtime/core/checked_math.h"

namespace ingot::compiler {

namespace {

// Deflate turns no bit stream into more than 258 bytes for every 2 bits.
constexpr uint64_t kMaxDeflateRatio = 1032;

std::unexpected<Error> fail_to_open(zip_error_t* error) {
  auto result = fail(ErrorCode::invalid_file, "not a readable zip archive: %s", ::zip_error_strerror(error));
  ::zip_error_fini(error);
  return result;
}

struct CloseEntry {
  void operator()(zip_file_t* file) const { ::zip_fclose(file); }
};

}  // namespace

void ZipArchive::Discard::operator()(::zip* archive) const {
  ::zip_discard(archive);
}

Result<ZipArchive> ZipArchive::open(const std::string& path) {
  namespace fs = std::filesystem;
  std::error_code status;
  const fs::file_type type = fs::status(path, status).type();
  if (type == fs::file_type::not_found) return fail(ErrorCode::not_found, "%s: no such file", path.c_str());
  if (type != fs::file_type::regular) return fail(ErrorCode::io, "%s: not a regular file", path.c_str());
  const uintmax_t bytes = fs::file_size(path, status);
  if (status) return fail(ErrorCode::io, "%s: cannot read: %s", path.c_str(), status.message().c_str());

  int code = 0;
  ::zip* handle = ::zip_open(path.c_str(), ZIP_RDONLY, &code);
  Result<void> opened;
  if (handle == nullptr) {
    zip_error_t error;
    ::zip_error_init_with_code(&error, code);
    opened = fail_to_open(&error);
  }
  ZipArchive archive(handle);
  if (opened) opened = archive.list(bytes);
  if (opened) return archive;
  opened.error().add_context("%s", path.c_str());
  return std::unexpected(opened.error());
}

Result<ZipArchive> ZipArchive::open(std::span<const std::byte> bytes) {
  zip_error_t error;
  ::zip_error_init(&error);
  zip_source_t* source = ::zip_source_buffer_create(bytes.data(), bytes.size(), 0, &error);
  if (source == nullptr) return fail_to_open(&error);
  ::zip* handle = ::zip_open_from_source(source, ZIP_RDONLY, &error);
  if (handle == nullptr) {
    ::zip_source_free(source);
    return fail_to_open(&error);
  }
  ::zip_error_fini(&error);
  ZipArchive archive(handle);
  INGOT_TRY_VOID(archive.list(bytes.size()));
  archive.stored_ = stored_entries(bytes);
  return archive;
}

std::optional<std::span<const std::byte>> ZipArchive::stored(std::string_view name) const {
  const auto listed = entries_.find(name);
  const auto found = stored_.find(name);
  // libzip and the directory as it is read here must mean the same entry.
  if (listed == entries_.end() || found == stored_.end() || found->second.size() != listed->second.size)
    return std::nullopt;
  return found->second;
}

// Reads the directory and checks what it claims.
Result<void> ZipArchive::list(uint64_t archive_bytes) {
  const auto count = static_cast<uint64_t>(std::max<zip_int64_t>(0, ::zip_get_num_entries(archive_.get(), 0)));
  uint64_t unclaimed = archive_bytes;
  uint64_t budget = 0;
  if (!checked_mul(archive_bytes, kMaxExpansion, &budget) || !checked_add(budget, kMaxBytes, &budget)) {
    budget = UINT64_MAX;
  }
  for (uint64_t i = 0; i < count; ++i) {
    zip_stat_t info;
    constexpr zip_uint64_t kNeeded = ZIP_STAT_NAME | ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_COMP_METHOD;
    if (::zip_stat_index(archive_.get(), i, 0, &info) != 0 || (info.valid & kNeeded) != kNeeded) {
      return fail(ErrorCode::invalid_file, "entry %llu of the zip archive cannot be read",
                  static_cast<unsigned long long>(i));
    }
    if (info.comp_method != ZIP_CM_STORE && info.comp_method != ZIP_CM_DEFLATE) {
      return fail(ErrorCode::not_supported, "zip entry '%.80s': compression method %d, expected stored or deflated",
                  info.name, int{info.comp_method});
    }
    uint64_t most = info.comp_size;
    if (info.comp_method == ZIP_CM_DEFLATE && !checked_mul(most, kMaxDeflateRatio, &most)) most = UINT64_MAX;
    if (info.comp_size > unclaimed || info.size > most) {
      return fail(ErrorCode::invalid_file, "zip entry '%.80s' claims %llu bytes, more than the archive can hold",
                  info.name, static_cast<unsigned long long>(info.size));
    }
    if (info.size > budget) {
      return fail(ErrorCode::limit_exceeded,
                  "zip entry '%.80s' of %llu bytes: the archive expands beyond 256 MiB and 64 times its size",
                  info.name, static_cast<unsigned long long>(info.size));
    }
    unclaimed -= info.comp_size;
    budget -= info.size;
    if (!entries_.emplace(info.name, Entry{i, info.size}).second) {
      return fail(ErrorCode::invalid_file, "zip entry '%.80s' stands twice", info.name);
    }
    names_.emplace_back(info.name);
  }
  return {};
}

Result<std::vector<std::byte>> ZipArchive::read(std::string_view name) const {
  const auto found = entries_.find(name);
  const int shown = static_cast<int>(std::min<size_t>(name.size(), 80));
  if (found == entries_.end()) {
    return fail(ErrorCode::not_found, "no entry '%.*s' in the zip archive", shown, name.data());
  }
  const auto broken = [&](const char* reason) {
    return fail(ErrorCode::invalid_file, "cannot read the zip entry '%.*s': %s", shown, name.data(), reason);
  };
  const std::unique_ptr<zip_file_t, CloseEntry> file(::zip_fopen_index(archive_.get(), found->second.index, 0));
  if (file == nullptr) return broken(::zip_strerror(archive_.get()));
  std::vector<std::byte> bytes(found->second.size);
  size_t done = 0;
  while (done < bytes.size()) {
    const zip_int64_t got = ::zip_fread(file.get(), bytes.data() + done, bytes.size() - done);
    if (got < 0) return broken(::zip_file_strerror(file.get()));
    if (got == 0) return broken("it ends early");
    done += static_cast<size_t>(got);
  }
  // Reaching the end is what makes libzip compare the checksum.
  std::byte beyond;
  const zip_int64_t got = ::zip_fread(file.get(), &beyond, 1);
  if (got < 0) return broken(::zip_file_strerror(file.get()));
  if (got > 0) return broken("it is longer than the archive's directory says");
  return bytes;
}

}  // namespace ingot::compiler
