// Declares the tables of one level, which its sources define: their only exported names. May be included for one level
// after the other.
#ifndef INGOT_LOOP_LEVEL
#error "which level?"
#endif

#include "runtime/kernels/portable/loops/bytes.h"
#include "runtime/kernels/portable/loops/copy.h"
#include "runtime/kernels/portable/loops/depthwise.h"
#include "runtime/kernels/portable/loops/elements.h"
#include "runtime/kernels/portable/loops/pairs.h"
#include "runtime/kernels/portable/loops/pixels.h"
#include "runtime/kernels/portable/loops/product.h"
#include "runtime/kernels/portable/loops/windows.h"

namespace ingot::portable::INGOT_LOOP_LEVEL {

extern const ProductLoops product_loops;
extern const CopyLoops copy_loops;
extern const DepthwiseLoops depthwise_loops;
extern const ElementLoops element_loops;
extern const ByteLoops byte_loops;
extern const PairLoops pair_loops;
extern const PixelLoops pixel_loops;
extern const WindowLoops window_loops;

}  // namespace ingot::portable::INGOT_LOOP_LEVEL
