// A progress bar on standard error, where that is a terminal.
#pragma once

#include <cstddef>
#include <string_view>

namespace ingot::tools {

// Draws the bar of a stage, over that of before; nothing where standard error is no terminal. The bar of a stage that
// is done disappears.
void show_progress(std::string_view stage, size_t done, size_t total);

}  // namespace ingot::tools
