#include "tests/support/recorded_calls.h"

#include <cstdlib>
#include <limits>
#include <stdexcept>

namespace ingot::testing {

using Json = nlohmann::json;

RecordedCalls::RecordedCalls(const std::string& path) : archive_(ZipArchive::open(path).value()) {
  cases_ = Json::parse(archive_.read_text("cases.json").value());
  const auto list = archive_.read_text("tensors.json");
  if (!list) return;
  size_t start = 0;
  for (const Json& item : Json::parse(*list)) {
    const size_t length = item[1].get<size_t>();
    positions_[item[0]] = {start, length};
    start += length;
  }
  packed_ = archive_.read("tensors.bin").value();
  if (packed_.size() != start) throw std::invalid_argument(path + ": tensors.json does not fit tensors.bin");
}

std::vector<std::byte> RecordedCalls::bytes_of(const std::string& name) const {
  if (packed_.empty()) return archive_.read(name).value();
  const auto [start, length] = positions_.at(name);
  const auto from = packed_.begin() + static_cast<ptrdiff_t>(start);
  return {from, from + static_cast<ptrdiff_t>(length)};
}

const Array& RecordedCalls::array(const std::string& name) {
  auto it = arrays_.find(name);
  if (it == arrays_.end()) {
    it = arrays_.emplace(name, parse_npy(bytes_of(name)).value()).first;
    if (name.ends_with(".bfloat16.npy")) it->second.dtype = DType::bfloat16;
  }
  return it->second;
}

std::vector<std::shared_ptr<RecordedCalls>> all_recorded_calls() {
  std::vector<std::shared_ptr<RecordedCalls>> all;
  if (const char* path = std::getenv("INGOT_RECORDED_CALLS")) {
    all.push_back(std::make_shared<RecordedCalls>(path));
  } else {
    for (const char* name : {"aten_ops.zip", "aten_ops_random.zip", "quantized_ops.zip"}) {
      all.push_back(std::make_shared<RecordedCalls>(std::string(INGOT_SOURCE_DIR "/tests/data/") + name));
    }
  }
  return all;
}

double recorded_number(const Json& json) {
  if (json.is_number()) return json.get<double>();
  const std::string text = json.get<std::string>();
  if (text == "nan") return std::numeric_limits<double>::quiet_NaN();
  return (text == "inf" ? 1 : -1) * std::numeric_limits<double>::infinity();
}

DType recorded_dtype(const std::string& name) {
  for (int number = 0; number < 32; ++number) {
    const DType dtype = static_cast<DType>(number);
    if (size_of(dtype) > 0 && name == to_string(dtype)) return dtype;
  }
  throw std::invalid_argument("no dtype " + name);
}

}  // namespace ingot::testing
