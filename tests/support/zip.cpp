#include "tests/support/zip.h"

#include <zip.h>

namespace ingot::testing {

Result<ZipArchive> ZipArchive::open(const std::string& path) {
  return ZipArchive(INGOT_TRY(compiler::ZipArchive::open(path)));
}

Result<std::string> ZipArchive::read_text(std::string_view name) const {
  const std::vector<std::byte> bytes = INGOT_TRY(read(name));
  return std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

Result<Array> ZipArchive::read_npy(std::string_view name) const {
  const std::vector<std::byte> bytes = INGOT_TRY(read(name));
  Result<Array> array = parse_npy(bytes);
  if (!array) array.error().add_context("%.*s", static_cast<int>(name.size()), name.data());
  return array;
}

std::vector<std::byte> make_zip(const std::vector<ZipEntry>& entries) {
  zip_source_t* target = ::zip_source_buffer_create(nullptr, 0, 0, nullptr);
  if (target == nullptr) return {};
  ::zip_source_keep(target);  // beyond the archive, to read what it wrote
  ::zip* archive = ::zip_open_from_source(target, ZIP_TRUNCATE, nullptr);
  bool ok = archive != nullptr;
  for (const ZipEntry& entry : entries) {
    if (!ok) break;
    zip_source_t* source = ::zip_source_buffer(archive, entry.data.data(), entry.data.size(), 0);
    const zip_int64_t index = ::zip_file_add(archive, entry.name.c_str(), source, ZIP_FL_ENC_UTF_8);
    ok = index >= 0 && ::zip_set_file_compression(archive, static_cast<zip_uint64_t>(index),
                                                  entry.deflate ? ZIP_CM_DEFLATE : ZIP_CM_STORE, 9) == 0;
  }
  std::vector<std::byte> bytes;
  zip_stat_t info;
  if (ok && ::zip_close(archive) == 0 && ::zip_source_stat(target, &info) == 0 && ::zip_source_open(target) == 0) {
    bytes.resize(info.size);
    if (::zip_source_read(target, bytes.data(), bytes.size()) != static_cast<zip_int64_t>(bytes.size())) bytes.clear();
    ::zip_source_close(target);
  }
  ::zip_source_free(target);
  return bytes;
}

}  // namespace ingot::testing
