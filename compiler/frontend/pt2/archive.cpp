#include "compiler/frontend/pt2/archive.h"

#include <algorithm>

#include "compiler/frontend/pt2/pickle.h"
#include "compiler/frontend/pt2/program.h"

namespace ingot::compiler::pt2 {
namespace {

std::string_view text_of(const Bytes& bytes) {
  return {reinterpret_cast<const char*>(bytes.span().data()), bytes.size()};
}

Result<TensorStore> with_context(Result<TensorStore> store, const std::string& entry) {
  if (!store) store.error().add_context("%.80s", entry.c_str());
  return store;
}

// A zip of torch.save: a pickle, and a record for each storage. Empty bytes stand for no tensors.
Result<TensorStore> read_saved_tensors(Bytes bytes) {
  if (bytes.size() == 0) return TensorStore();
  Container container = INGOT_TRY(Container::open(std::move(bytes)));
  const auto& names = container.zip().names();
  const auto pickle = std::ranges::find_if(names, [](const std::string& name) { return name.ends_with("data.pkl"); });
  if (pickle == names.end()) return fail(ErrorCode::invalid_file, "no data.pkl inside");
  const std::string root = pickle->substr(0, pickle->size() - std::string_view("data.pkl").size());
  INGOT_TRY_VOID(container.check_byte_order(root + "byteorder"));
  auto tensors = INGOT_TRY(read_pickled_tensors(INGOT_TRY(container.read(*pickle)).span()));
  return TensorStore(std::move(container), root + "data/", std::move(tensors));
}

Result<TensorStore> saved_tensors_of(const Container& container, const std::string& entry) {
  if (!container.contains(entry)) return TensorStore();
  return with_context(read_saved_tensors(INGOT_TRY(container.read(entry))), entry);
}

// "<folder><model>_weights_config.json" and raw records beside it, or "<folder><model>.pt".
Result<TensorStore> raw_tensors_of(const Container& container, const std::string& folder, const std::string& model,
                                   const char* kind) {
  if (container.contains(folder + model + ".pt")) return saved_tensors_of(container, folder + model + ".pt");
  const std::string entry = folder + model + "_" + kind + "_config.json";
  if (!container.contains(entry)) return TensorStore();
  auto tensors = parse_tensor_config(text_of(INGOT_TRY(container.read(entry))));
  if (!tensors) return with_context(std::unexpected(std::move(tensors.error())), entry);
  return TensorStore(container, folder, std::move(*tensors));
}

// The name of the archive's one program below "models/", without the suffix.
Result<std::string> find_model(const Container& container, const std::string& root) {
  std::vector<std::string> models;
  const std::string folder = root + "models/";
  for (const std::string& name : container.zip().names()) {
    if (name.starts_with(folder) && name.ends_with(".json") && name.find('/', folder.size()) == std::string::npos)
      models.push_back(name.substr(folder.size(), name.size() - folder.size() - 5));
  }
  if (models.size() == 1) return models[0];
  if (std::ranges::contains(models, "model")) return std::string("model");
  return fail(models.empty() ? ErrorCode::invalid_file : ErrorCode::not_supported,
              "%zu programs in the archive, expected one", models.size());
}

Result<Archive> open_flat(const Container& container) {
  Archive archive;
  archive.program = INGOT_TRY(container.read("serialized_exported_program.json"));
  archive.weights = INGOT_TRY(saved_tensors_of(container, "serialized_state_dict.pt"));
  archive.constants = INGOT_TRY(saved_tensors_of(container, "serialized_constants.pt"));
  return archive;
}

Result<Archive> open_rooted(const Container& container, const std::string& root) {
  INGOT_TRY_VOID(container.check_byte_order(root + "byteorder"));
  const std::string model = INGOT_TRY(find_model(container, root));
  Archive archive;
  archive.program = INGOT_TRY(container.read(root + "models/" + model + ".json"));
  archive.weights = INGOT_TRY(raw_tensors_of(container, root + "data/weights/", model, "weights"));
  archive.constants = INGOT_TRY(raw_tensors_of(container, root + "data/constants/", model, "constants"));
  return archive;
}

}  // namespace

Result<Container> Container::open(Bytes bytes) {
  auto zip = std::make_shared<const ZipArchive>(INGOT_TRY(ZipArchive::open(bytes.span())));
  return Container(std::move(bytes), std::move(zip));
}

Result<Bytes> Container::read(std::string_view name) const {
  if (const auto content = zip_->stored(name)) return Bytes(std::make_shared<Bytes>(bytes_), *content);
  auto content = std::make_shared<const std::vector<std::byte>>(INGOT_TRY(zip_->read(name)));
  return Bytes(content, *content);
}

Result<void> Container::check_byte_order(std::string_view entry) const {
  if (!contains(entry)) return {};
  const Bytes order = INGOT_TRY(read(entry));
  if (text_of(order).starts_with("little")) return {};
  return fail(ErrorCode::not_supported, "its weights are not little-endian");
}

Result<std::pair<TensorType, Bytes>> TensorStore::read(const std::string& name) {
  const auto found = tensors_.find(name);
  if (found == tensors_.end()) return fail(ErrorCode::not_found, "the archive holds no tensor '%.80s'", name.c_str());
  const StoredTensor& tensor = found->second;
  auto record = records_.find(tensor.storage);
  if (record == records_.end()) {
    Bytes bytes = INGOT_TRY(container_->read(folder_ + tensor.storage));
    record = records_.emplace(tensor.storage, std::move(bytes)).first;
  }
  auto elements = elements_of(tensor, record->second);
  if (!elements) elements.error().add_context("tensor '%.80s'", name.c_str());
  return elements;
}

Result<Archive> open_archive(Bytes file) {
  const Container container = INGOT_TRY(Container::open(std::move(file)));
  if (container.contains("serialized_exported_program.json")) return open_flat(container);
  for (const std::string& name : container.zip().names()) {
    const size_t slash = name.find('/');
    if (slash == std::string::npos || name.substr(slash + 1) != "archive_format") continue;
    if (text_of(INGOT_TRY(container.read(name))) == "pt2") return open_rooted(container, name.substr(0, slash + 1));
  }
  return fail(ErrorCode::invalid_file, "a zip archive, but not one of torch.export (%s)",
              container.zip().names().empty() ? "it is empty" : "it holds no exported program");
}

}  // namespace ingot::compiler::pt2
