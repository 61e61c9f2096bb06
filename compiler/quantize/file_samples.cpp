#include <algorithm>
#include <cctype>
#include <charconv>
#include <filesystem>
#include <sstream>
#include <string_view>
#include <utility>

#include "compiler/frontend/zip_archive.h"
#include "compiler/ir/mapped_file.h"
#include "compiler/quantize/samples.h"
#include "runtime/npy/whole_file.h"

namespace ingot::compiler {
namespace {

namespace fs = std::filesystem;

enum class FileKind : uint8_t { image, npy, npz, other };

FileKind kind_of(const fs::path& path) {
  std::string suffix = path.extension().string();
  std::ranges::transform(suffix, suffix.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (suffix == ".jpg" || suffix == ".jpeg" || suffix == ".png") return FileKind::image;
  if (suffix == ".npy") return FileKind::npy;
  if (suffix == ".npz") return FileKind::npz;
  return FileKind::other;
}

// One line of a list, or one file of a folder.
struct Entry {
  std::string path;
  std::optional<int64_t> label;
};

Result<std::vector<Entry>> list_folder(const std::string& path) {
  std::vector<Entry> entries;
  std::error_code error;
  fs::recursive_directory_iterator it(path, error);
  for (const fs::recursive_directory_iterator end; !error && it != end; it.increment(error)) {
    if (kind_of(it->path()) != FileKind::other && it->is_regular_file(error))
      entries.push_back({it->path().string(), {}});
  }
  if (error) return fail(ErrorCode::io, "%s: %s", path.c_str(), error.message().c_str());
  if (entries.empty()) return fail(ErrorCode::not_found, "%s: no .jpg, .png, .npy or .npz file is in it", path.c_str());
  std::ranges::sort(entries, {}, &Entry::path);
  return entries;
}

Result<std::vector<Entry>> read_list(const std::string& path) {
  const std::vector<std::byte> bytes = INGOT_TRY(read_file(path));
  std::istringstream file(std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
  std::vector<Entry> entries;
  size_t number = 0;
  for (std::string line; std::getline(file, line);) {
    ++number;
    if (line.ends_with('\r')) line.pop_back();
    if (line.empty()) continue;
    const size_t tab = line.find('\t');
    Entry& entry = entries.emplace_back();
    entry.path = (fs::path(path).parent_path() / line.substr(0, tab)).string();
    if (tab == std::string::npos) continue;
    int64_t label = 0;
    const char* const end = line.data() + line.size();
    const auto [stop, error] = std::from_chars(line.data() + tab + 1, end, label);
    if (error != std::errc() || stop != end || label < 0) {
      return fail(ErrorCode::invalid_file, "%s:%zu: expected path<TAB>label, the label a number from 0, found '%.80s'",
                  path.c_str(), number, line.c_str());
    }
    entry.label = label;
  }
  if (entries.empty()) return fail(ErrorCode::invalid_file, "%s: the list is empty", path.c_str());
  return entries;
}

std::vector<int32_t> sizes_of(const Value& input) {
  std::vector<int32_t> sizes;
  for (const Dim& dim : input.type.shape) sizes.push_back(static_cast<int32_t>(dim.value()));
  return sizes;
}

// How many inputs of this type an array holds, along its first dimension.
Result<size_t> count_in(const NpyLayout& array, const Value& input) {
  const std::vector<int32_t> wanted = sizes_of(input);
  const bool same_rest = array.sizes.size() == wanted.size() && !wanted.empty() &&
                         std::equal(wanted.begin() + 1, wanted.end(), array.sizes.begin() + 1);
  const bool whole = same_rest && wanted[0] > 0 && array.sizes[0] > 0 && array.sizes[0] % wanted[0] == 0;
  if (array.dtype == input.type.dtype && (array.sizes == wanted || whole)) {
    return array.sizes == wanted ? 1 : static_cast<size_t>(array.sizes[0] / wanted[0]);
  }
  std::vector<int64_t> sizes(array.sizes.begin(), array.sizes.end());
  return fail(ErrorCode::invalid_argument,
              "input '%s': expected %s, or several of them along the first dimension, found %s", input.name.c_str(),
              to_string(input.type).c_str(), to_string(TensorType{array.dtype, to_shape(sizes), {}}).c_str());
}

// A file with arrays for one sample or several.
class ArrayFile {
 public:
  virtual ~ArrayFile() = default;
  virtual size_t count() const = 0;
  virtual Result<std::vector<Array>> read(size_t index) const = 0;
};

// Input `index` of an array's data.
Array slice(const Value& input, std::span<const std::byte> data, size_t index) {
  const size_t bytes = input.type.max_nbytes();
  const auto part = data.subspan(index * bytes, bytes);
  return {input.type.dtype, sizes_of(input), {part.begin(), part.end()}};
}

// Mapped: only what is read takes memory.
class NpyFile final : public ArrayFile {
 public:
  static Result<std::unique_ptr<ArrayFile>> open(const std::string& path, const Graph& graph) {
    if (graph.inputs().size() != 1) {
      return fail(ErrorCode::invalid_argument, "the model has %zu inputs: give .npz archives, with an array for each",
                  graph.inputs().size());
    }
    auto file = std::make_unique<NpyFile>();
    file->input_ = graph.inputs()[0];
    file->bytes_ = INGOT_TRY(map_file(path));
    const NpyLayout layout = INGOT_TRY(npy_layout(file->bytes_.span()));
    file->count_ = INGOT_TRY(count_in(layout, *file->input_));
    file->offset_ = layout.data_offset;
    // What is stored otherwise is converted whole.
    if (layout.fortran_order || layout.big_endian) file->converted_ = INGOT_TRY(parse_npy(file->bytes_.span()));
    return file;
  }

  size_t count() const override { return count_; }
  Result<std::vector<Array>> read(size_t index) const override {
    const auto data = converted_ ? std::span<const std::byte>(converted_->data) : bytes_.span().subspan(offset_);
    return std::vector<Array>{slice(*input_, data, index)};
  }

 private:
  const Value* input_ = nullptr;
  Bytes bytes_;
  std::optional<Array> converted_;
  size_t offset_ = 0;
  size_t count_ = 0;
};

class NpzFile final : public ArrayFile {
 public:
  static Result<std::unique_ptr<ArrayFile>> open(const std::string& path, const Graph& graph) {
    auto file = std::make_unique<NpzFile>();
    const ZipArchive archive = INGOT_TRY(ZipArchive::open(path));
    for (const Value* input : graph.inputs()) {
      const std::string name = input->name + ".npy";
      if (!archive.contains(name)) {
        return fail(ErrorCode::invalid_file, "it has no array '%s', as the model's input is called",
                    input->name.c_str());
      }
      Array array = INGOT_TRY(parse_npy(INGOT_TRY(archive.read(name))));
      const size_t count = INGOT_TRY(count_in({array.dtype, array.sizes}, *input));
      if (input != graph.inputs()[0] && count != file->count_) {
        return fail(ErrorCode::invalid_file, "it has %zu samples of input '%s', %zu of others", count,
                    input->name.c_str(), file->count_);
      }
      file->count_ = count;
      file->arrays_.emplace_back(input, std::move(array));
    }
    return file;
  }

  size_t count() const override { return count_; }
  Result<std::vector<Array>> read(size_t index) const override {
    std::vector<Array> inputs;
    for (const auto& [input, array] : arrays_) inputs.push_back(slice(*input, array.data, index));
    return inputs;
  }

 private:
  std::vector<std::pair<const Value*, Array>> arrays_;
  size_t count_ = 0;
};

Result<std::unique_ptr<ArrayFile>> open_arrays(const std::string& path, const Graph& graph) {
  auto file = kind_of(path) == FileKind::npy ? NpyFile::open(path, graph) : NpzFile::open(path, graph);
  if (!file && !std::string_view(file.error().message()).starts_with(path)) {
    file.error().add_context("%s", path.c_str());
  }
  return file;
}

class FileSamples final : public SampleSource {
 public:
  FileSamples(const Graph& graph, const Preprocess& preprocess) : graph_(graph), preprocess_(preprocess) {}

  Result<void> add(std::vector<Entry> entries) {
    for (Entry& entry : entries) {
      size_t count = 1;
      const FileKind kind = kind_of(entry.path);
      if (kind == FileKind::npy || kind == FileKind::npz) count = INGOT_TRY(open_arrays(entry.path, graph_))->count();
      if (count > 1 && entry.label) {
        return fail(ErrorCode::invalid_argument, "%s: one label, but %zu samples", entry.path.c_str(), count);
      }
      entries_.push_back(std::move(entry));
      ends_.push_back(size() + count);
    }
    return {};
  }

  size_t size() const override { return ends_.empty() ? 0 : ends_.back(); }

  Result<Sample> read(size_t index) override {
    const auto file = static_cast<size_t>(std::ranges::upper_bound(ends_, index) - ends_.begin());
    const Entry& entry = entries_[file];
    Sample sample{{}, entry.label};
    const FileKind kind = kind_of(entry.path);
    if (kind == FileKind::image || kind == FileKind::other) {
      const Image image = INGOT_TRY(read_image(entry.path));
      if (graph_.inputs().size() != 1) {
        return fail(ErrorCode::invalid_argument, "%s: the model has %zu inputs, an image can be only one",
                    entry.path.c_str(), graph_.inputs().size());
      }
      sample.inputs.push_back(INGOT_TRY(to_input(image, preprocess_, *graph_.inputs()[0])));
      return sample;
    }
    if (open_ == nullptr || open_index_ != file) {
      open_ = INGOT_TRY(open_arrays(entry.path, graph_));
      open_index_ = file;
    }
    sample.inputs = INGOT_TRY(open_->read(index - (file == 0 ? 0 : ends_[file - 1])));
    return sample;
  }

 private:
  const Graph& graph_;
  Preprocess preprocess_;
  std::vector<Entry> entries_;
  std::vector<size_t> ends_;  // of each entry's samples
  std::unique_ptr<ArrayFile> open_;
  size_t open_index_ = 0;
};

}  // namespace

Result<std::unique_ptr<SampleSource>> open_samples(const Graph& graph, const std::string& path,
                                                   const Preprocess& preprocess) {
  std::vector<Entry> entries;
  std::error_code error;
  if (fs::is_directory(path, error)) {
    entries = INGOT_TRY(list_folder(path));
  } else if (kind_of(path) == FileKind::other) {
    entries = INGOT_TRY(read_list(path));
  } else {
    entries.push_back({path, {}});
  }
  auto samples = std::make_unique<FileSamples>(graph, preprocess);
  INGOT_TRY_VOID(samples->add(std::move(entries)));
  return samples;
}

}  // namespace ingot::compiler
