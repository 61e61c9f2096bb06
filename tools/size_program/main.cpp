// The least that runs a program: load a file, load a method, run it. Built a second time with kernels.

#include "runtime/include/ingot.hpp"

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  ingot::Runtime runtime;
#ifdef INGOT_WITH_KERNELS
  if (const auto added = runtime.add_kernels(ingot::portable_kernels()); !added) return 1;
#endif
  const ingot::Result<ingot::Program> program = ingot::Program::open(runtime, argv[1]);
  if (!program) return static_cast<int>(program.error().code());
  ingot::Result<ingot::Method> method = ingot::Method::load(*program);
  if (!method) return static_cast<int>(method.error().code());
  const ingot::Result<void> result = method->execute();
  return result ? 0 : static_cast<int>(result.error().code());
}
