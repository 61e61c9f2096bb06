// The hot loops of the kernels (loops/) are compiled several times, for instruction sets of different age; this picks
// the best that the processor and the operating system can run, once, at the first call. Any thread. Tests and
// measurements may choose another.
#pragma once

#include <span>
#include <string_view>

#include "runtime/kernels/portable/loops/bytes.h"
#include "runtime/kernels/portable/loops/copy.h"
#include "runtime/kernels/portable/loops/depthwise.h"
#include "runtime/kernels/portable/loops/elements.h"
#include "runtime/kernels/portable/loops/pairs.h"
#include "runtime/kernels/portable/loops/pixels.h"
#include "runtime/kernels/portable/loops/product.h"
#include "runtime/kernels/portable/loops/windows.h"

namespace ingot::portable {

struct LoopLevel {
  const char* name;  // "baseline", "avx2", "avx512", "avx512vnni"
  bool (*runs_here)();
  const ProductLoops* product;
  const DepthwiseLoops* depthwise;
  const ElementLoops* elements;
  const CopyLoops* copy;
  const ByteLoops* bytes;  // of these two: null in builds without quantized kernels (kernels/selection.h)
  const PairLoops* pairs;
  const PixelLoops* pixels;
  const WindowLoops* windows;
};

// Every level that this program has, each better than those before it; the first runs everywhere.
std::span<const LoopLevel> loop_levels();

// The level in use.
const LoopLevel& loops();

// Uses the named level from now on; false where there is none or where it does not run here. Not while kernels run.
bool choose_loops(std::string_view name);

}  // namespace ingot::portable
