#include "tools/aot_compiler/progress.h"

#include <unistd.h>

#include <cstdio>
#include <string>

namespace ingot::tools {

void show_progress(std::string_view stage, size_t done, size_t total) {
  static const bool terminal = ::isatty(STDERR_FILENO) == 1;
  if (!terminal || total == 0) return;
  constexpr size_t kWidth = 40;
  const std::string bar(kWidth * done / total, '#');
  std::fprintf(stderr, "\r%-12.*s [%-40s] %zu/%zu", static_cast<int>(stage.size()), stage.data(), bar.c_str(), done,
               total);
  if (done == total) std::fprintf(stderr, "\r\033[K");
  std::fflush(stderr);
}

}  // namespace ingot::tools
