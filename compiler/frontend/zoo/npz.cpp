// NumPy's .npz: a zip archive with one .npy file for each array, called after it.
#include <memory>
#include <string_view>
#include <utility>

#include "compiler/frontend/zip_archive.h"
#include "compiler/frontend/zoo/weights.h"
#include "runtime/npy/npy.h"

namespace ingot::compiler {

Result<std::map<std::string, FileWeights::Entry>> parse_npz(const Bytes& file) {
  constexpr std::string_view kSuffix = ".npy";
  const ZipArchive archive = INGOT_TRY(ZipArchive::open(file.span()));
  std::map<std::string, FileWeights::Entry> entries;
  for (const std::string& name : archive.names()) {
    if (!name.ends_with(kSuffix)) {
      return fail(ErrorCode::invalid_file, "zip entry '%.80s' is no .npy array, as an .npz file would hold",
                  name.c_str());
    }
    const std::vector<std::byte> bytes = INGOT_TRY(archive.read(name));
    auto array = parse_npy(bytes);
    if (!array) {
      array.error().add_context("zip entry '%.80s'", name.c_str());
      return std::unexpected(array.error());
    }
    const auto owner = std::make_shared<const Array>(std::move(*array));
    entries.emplace(name.substr(0, name.size() - kSuffix.size()),
                    FileWeights::Entry{owner->dtype, {owner->sizes.begin(), owner->sizes.end()}, {owner, owner->data}});
  }
  return entries;
}

}  // namespace ingot::compiler
