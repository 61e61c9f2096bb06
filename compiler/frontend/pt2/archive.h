// A torch.export archive: where its program and its tensors lie. Both forms are read: the one of PyTorch 2.6 (a plain
// zip that holds zips of pickled weights) and the one of 2.8 and later (raw weights under a root folder). Weights stay
// where the file was mapped. What is opened is checked; nothing in the archive is executed. For one thread.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "compiler/frontend/pt2/stored_tensor.h"
#include "compiler/frontend/zip_archive.h"
#include "compiler/ir/graph.h"

namespace ingot::compiler::pt2 {

// A zip whose entries are looked at in place where they are stored as they are.
class Container {
 public:
  static Result<Container> open(Bytes bytes);
  const ZipArchive& zip() const { return *zip_; }
  bool contains(std::string_view name) const { return zip_->contains(name); }
  Result<Bytes> read(std::string_view name) const;
  // Fails where the entry says that numbers are big-endian.
  Result<void> check_byte_order(std::string_view entry) const;

 private:
  Container(Bytes bytes, std::shared_ptr<const ZipArchive> zip) : bytes_(std::move(bytes)), zip_(std::move(zip)) {}

  Bytes bytes_;
  std::shared_ptr<const ZipArchive> zip_;
};

// Named tensors that lie in records of one container.
class TensorStore {
 public:
  TensorStore() = default;
  // `folder` goes before each record's name.
  TensorStore(Container container, std::string folder, std::map<std::string, StoredTensor> tensors)
      : container_(std::make_shared<const Container>(std::move(container))),
        folder_(std::move(folder)),
        tensors_(std::move(tensors)) {}

  // not_found where there is no tensor of that name. Tensors of one record share its bytes.
  Result<std::pair<TensorType, Bytes>> read(const std::string& name);

 private:
  std::shared_ptr<const Container> container_;
  std::string folder_;
  std::map<std::string, StoredTensor> tensors_;
  std::unordered_map<std::string, Bytes> records_;
};

struct Archive {
  Bytes program;        // JSON
  TensorStore weights;  // parameters and persistent buffers
  TensorStore constants;
};

Result<Archive> open_archive(Bytes file);

}  // namespace ingot::compiler::pt2
