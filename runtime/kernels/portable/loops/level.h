// What a source of this folder needs to know about the level it is compiled for. Each of these sources is compiled once
// per level (CMake defines INGOT_LOOP_LEVEL as the level's namespace), and the results are linked into one program of
// which an old processor runs only the parts that it understands. Therefore nothing here may end up in an object under
// a name that another object has, too, else the linker could keep the copy that the old processor cannot run: no
// headers of the standard library that define functions, no inline functions or templates outside an unnamed namespace,
// and one exported symbol an object, its table. tests/runtime/kernels/loop_symbols.cpp reads the objects and
// holds this.
#pragma once

#include <stddef.h>
#include <stdint.h>

#ifndef INGOT_LOOP_LEVEL
#error "compiled once per level, see runtime/CMakeLists.txt"
#endif

namespace ingot::portable::INGOT_LOOP_LEVEL {
namespace {

// Floats in a vector register, and whether there are 32 of these or 16.
#if defined(__AVX512F__)
inline constexpr size_t kLanes = 16;
inline constexpr bool kManyRegisters = true;
#elif defined(__AVX__)
inline constexpr size_t kLanes = 8;
inline constexpr bool kManyRegisters = false;
#elif defined(__aarch64__)
inline constexpr size_t kLanes = 4;
inline constexpr bool kManyRegisters = true;
#else
inline constexpr size_t kLanes = 4;
inline constexpr bool kManyRegisters = false;
#endif

// The compilers' portable vector type: arithmetic on it is arithmetic on registers.
using Lanes [[gnu::vector_size(kLanes * sizeof(float))]] = float;
// The same in memory, at any address.
typedef float LanesInMemory __attribute__((vector_size(kLanes * sizeof(float)), aligned(alignof(float)), may_alias));

inline Lanes load(const float* from) {
  return *reinterpret_cast<const LanesInMemory*>(from);
}
inline void store(float* to, Lanes lanes) {
  *reinterpret_cast<LanesInMemory*>(to) = lanes;
}

// As many integers, likewise.
using Ints [[gnu::vector_size(kLanes * sizeof(int32_t))]] = int32_t;
inline Ints load_ints(const int32_t* from) {
  Ints ints;
  __builtin_memcpy(&ints, from, sizeof ints);
  return ints;
}
inline void store_ints(int32_t* to, Ints ints) {
  __builtin_memcpy(to, &ints, sizeof ints);
}

inline Lanes all(float x) {
  return Lanes{} + x;
}
// NaN stays.
inline Lanes bound(Lanes x, Lanes low, Lanes high) {
  x = x < low ? low : x;
  return x > high ? high : x;
}
inline float bound(float x, float low, float high) {
  x = x < low ? low : x;
  return x > high ? high : x;
}
inline size_t smaller(size_t a, size_t b) {
  return a < b ? a : b;
}

}  // namespace
}  // namespace ingot::portable::INGOT_LOOP_LEVEL
