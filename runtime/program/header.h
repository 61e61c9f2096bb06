// The first bytes of a program file: which part of it is the FlatBuffer and which part holds the segments.
//
//   byte 0   u32  offset of the FlatBuffer's root
//        4        "ET12"
//        8        "eh00": an extended header follows (only in files with segments)
//       12   u32  its length L, at least 24
//       16   u64  bytes of the FlatBuffer, from byte 0
//       24   u64  where segment offsets count from; 0 for a file without segments
//       32   u64  bytes of all segments (L >= 32; 0 if unknown)
//      8+L        the rest of the FlatBuffer
#pragma once

#include <cstddef>
#include <span>

#include "runtime/core/error.h"

namespace ingot {

struct FileLayout {
  std::span<const std::byte> flatbuffer;
  std::span<const std::byte> segments;  // segment offsets count from its start; empty in a file without segments
};

// Both parts lie within `file`.
Result<FileLayout> parse_file_layout(std::span<const std::byte> file);

}  // namespace ingot
