#include "compiler/frontend/model_kind.h"

#include <algorithm>
#include <string_view>

namespace ingot::compiler {

ModelKind model_kind(std::span<const std::byte> file) {
  std::string_view text(reinterpret_cast<const char*>(file.data()), std::min<size_t>(file.size(), 4096));
  // The first record of an archive, or its end where it has none.
  if (text.starts_with("PK\3\4") || text.starts_with("PK\5\6")) return ModelKind::pt2;
  // A FlatBuffer's identifier stands behind the offset of its root.
  if (text.size() >= 8 && text.substr(4, 4) == "TFL3") return ModelKind::tflite;
  while (!text.empty() && (text.front() == ' ' || text.front() == '\n')) text.remove_prefix(1);
  return text.starts_with("graph ") ? ModelKind::graph_text : ModelKind::onnx;
}

}  // namespace ingot::compiler
