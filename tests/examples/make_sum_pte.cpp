// Writes a program that adds its two float inputs of 2x3: what the embedding examples are tried on.
//
//   make_sum_pte FILE

#include <fstream>

#include "tests/support/pte_builder.h"

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  ingot::testing::PteBuilder builder;
  const int a = builder.planned(ingot::DType::float32, {2, 3});
  const int b = builder.planned(ingot::DType::float32, {2, 3});
  const int alpha = builder.integer(1);
  const int out = builder.planned(ingot::DType::float32, {2, 3});
  builder.input(a).input(b).output(out);
  builder.kernel_call("aten::add", "out", {a, b, alpha, out, out});
  const std::vector<std::byte> bytes = builder.finish();
  std::ofstream file(argv[1], std::ios::binary);
  file.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  return file.flush() ? 0 : 1;
}
