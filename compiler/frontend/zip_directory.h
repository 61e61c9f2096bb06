// Where the entries of a .zip archive lie, which libzip does not tell: what stored entries are read in place by. Trusts
// nothing: an archive whose directory cannot be followed has no entries here. A pure function; cost linear in entries.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string_view>

namespace ingot::compiler {

// Name (a view of `archive`) to the content of each entry that is stored as it is and lies inside the archive, as its
// central directory says. ZIP64 included.
std::map<std::string_view, std::span<const std::byte>> stored_entries(std::span<const std::byte> archive);

}  // namespace ingot::compiler
