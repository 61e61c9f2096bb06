#include "tests/support/zip.h"

#include <zip.h>

namespace ingot::testing {

Result<ZipArchive> ZipArchive::open(const std::string& path) {
  int code = 0;
  ::zip* archive = ::zip_open(path.c_str(), ZIP_RDONLY, &code);
  if (archive == nullptr) return fail(ErrorCode::io, "%s: cannot open as a zip archive (error %d)", path.c_str(), code);
  return ZipArchive(archive);
}

ZipArchive::~ZipArchive() {
  if (archive_ != nullptr) ::zip_discard(archive_);
}

std::vector<std::string> ZipArchive::names() const {
  std::vector<std::string> names;
  const zip_int64_t count = ::zip_get_num_entries(archive_, 0);
  for (zip_int64_t i = 0; i < count; ++i) names.emplace_back(::zip_get_name(archive_, static_cast<zip_uint64_t>(i), 0));
  return names;
}

bool ZipArchive::contains(const std::string& name) const {
  return ::zip_name_locate(archive_, name.c_str(), 0) >= 0;
}

Result<std::vector<std::byte>> ZipArchive::read(const std::string& name) const {
  struct zip_stat info;
  if (::zip_stat(archive_, name.c_str(), 0, &info) != 0) {
    return fail(ErrorCode::not_found, "no entry '%s' in the zip archive", name.c_str());
  }
  std::vector<std::byte> bytes(info.size);
  zip_file_t* file = ::zip_fopen(archive_, name.c_str(), 0);
  if (file == nullptr) return fail(ErrorCode::io, "cannot open the zip entry '%s'", name.c_str());
  const zip_int64_t got = ::zip_fread(file, bytes.data(), bytes.size());
  ::zip_fclose(file);
  if (got != static_cast<zip_int64_t>(bytes.size())) {
    return fail(ErrorCode::io, "cannot read the zip entry '%s'", name.c_str());
  }
  return bytes;
}

Result<std::string> ZipArchive::read_text(const std::string& name) const {
  const std::vector<std::byte> bytes = INGOT_TRY(read(name));
  return std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

Result<Array> ZipArchive::read_npy(const std::string& name) const {
  const std::vector<std::byte> bytes = INGOT_TRY(read(name));
  Result<Array> array = parse_npy(bytes);
  if (!array) array.error().add_context("%s", name.c_str());
  return array;
}

}  // namespace ingot::testing
