// Who may know whom: every file includes only what its room is allowed to know (the map is in README.md). Linking holds
// most of this already; headers need a look.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace {

namespace fs = std::filesystem;

struct Room {
  std::string_view folder;
  std::vector<std::string_view> may_include;  // rooms, by folder; a room may always include itself
};

// The first room whose folder holds a file is the file's.
const std::vector<Room>& rooms() {
  static const std::vector<Room> all = {
      {"schema", {}},
      {"runtime/npy", {"runtime"}},
      {"runtime", {"schema"}},
      {"delegate/xnnpack/graph", {"runtime", "schema"}},
      {"delegate/xnnpack/run", {"delegate/xnnpack/graph", "runtime", "schema"}},
      {"delegate/xnnpack/lower",
       {"delegate/xnnpack/graph", "delegate/xnnpack/run", "compiler/partition", "compiler/passes", "compiler/ir",
        "runtime", "schema"}},
      {"compiler/ir", {"runtime", "runtime/npy", "schema"}},
      {"compiler/passes", {"compiler/ir", "runtime", "schema"}},
      {"compiler/partition", {"compiler/ir", "runtime", "schema"}},
      {"compiler/plan", {"compiler/ir", "runtime"}},
      {"compiler/emit", {"compiler/plan", "compiler/ir", "runtime", "runtime/npy", "schema"}},
      {"compiler/quantize",
       {"compiler/ir", "compiler/passes", "compiler/partition", "compiler/plan", "compiler/emit", "compiler/frontend",
        "runtime", "runtime/npy"}},
      {"compiler/frontend/aten", {"compiler/ir", "runtime", "schema"}},
      {"compiler/frontend/onnx", {"compiler/frontend", "compiler/frontend/aten", "compiler/ir", "runtime", "schema"}},
      {"compiler/frontend/tflite", {"compiler/frontend", "compiler/frontend/aten", "compiler/ir", "runtime", "schema"}},
      {"compiler/frontend/pt2", {"compiler/frontend", "compiler/frontend/aten", "compiler/ir", "runtime", "schema"}},
      {"compiler/frontend/zoo", {"compiler/frontend", "compiler/ir", "runtime", "runtime/npy", "schema"}},
      {"compiler/frontend", {"runtime", "compiler/ir"}},
      {"compiler",
       {"compiler/ir", "compiler/passes", "compiler/quantize", "compiler/partition", "compiler/plan", "compiler/emit",
        "compiler/frontend/aten", "compiler/frontend/onnx", "compiler/frontend/pt2", "compiler/frontend/tflite",
        "compiler/frontend/zoo", "compiler/frontend", "runtime", "schema"}},
  };
  return all;
}

// The room that a path from the repository's root lies in; empty for rooms that may know everything.
std::string_view room_of(std::string_view path) {
  std::string_view best;
  for (const Room& room : rooms()) {
    if (path.starts_with(room.folder) && path.size() > room.folder.size() && path[room.folder.size()] == '/' &&
        room.folder.size() > best.size()) {
      best = room.folder;
    }
  }
  return best;
}

std::vector<std::string> quoted_includes(const fs::path& file) {
  std::vector<std::string> includes;
  std::ifstream stream(file);
  for (std::string line; std::getline(stream, line);) {
    constexpr std::string_view kStart = "#include \"";
    if (line.starts_with(kStart)) includes.push_back(line.substr(kStart.size(), line.rfind('"') - kStart.size()));
  }
  return includes;
}

TEST(ArchitectureTest, RoomsIncludeOnlyWhatTheyMayKnow) {
  const fs::path root = INGOT_SOURCE_DIR;
  size_t files = 0;
  for (const char* top : {"schema", "runtime", "delegate", "compiler"}) {
    for (const auto& entry : fs::recursive_directory_iterator(root / top)) {
      const std::string extension = entry.path().extension().string();
      if (extension != ".h" && extension != ".hpp" && extension != ".cpp") continue;
      const std::string path = fs::relative(entry.path(), root).string();
      const std::string_view room = room_of(path);
      ASSERT_FALSE(room.empty()) << path << " lies in no room: add its folder to the list here and in README.md";
      const auto& allowed = std::ranges::find(rooms(), room, &Room::folder)->may_include;
      ++files;
      for (const std::string& include : quoted_includes(entry.path())) {
        const std::string_view other = room_of(include);
        const bool known = other == room || std::ranges::find(allowed, other) != allowed.end();
        EXPECT_TRUE(known || !include.contains('/')) << path << " may not include " << include;
      }
    }
  }
  EXPECT_GT(files, 100u);
}

TEST(ArchitectureTest, ExamplesUseOnlyWhatIsInstalled) {
  const fs::path root = fs::path(INGOT_SOURCE_DIR) / "examples";
  static const std::set<std::string> kInstalledFolders = {"runtime/core", "runtime/npy", "runtime/kernels", "runtime",
                                                          "delegate/xnnpack/run"};
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    if (!entry.path().extension().string().starts_with(".c") || entry.path().extension() == ".cmake") continue;
    for (const std::string& include : quoted_includes(entry.path())) {
      const std::string folder = fs::path(include).parent_path().string();
      EXPECT_TRUE(folder.empty() || kInstalledFolders.contains(folder)) << entry.path() << " includes " << include;
    }
  }
}

}  // namespace
