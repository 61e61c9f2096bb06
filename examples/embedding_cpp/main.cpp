// Runs a program's first method once, with all inputs 1, and prints what comes out.
//
//   embedding_cpp MODEL.pte

#include <delegate/xnnpack/run/xnnpack_delegate.h>

#include <algorithm>
#include <cstdio>
#include <ingot.hpp>
#include <vector>

namespace {

ingot::Result<void> run(const char* path) {
  ingot::XnnpackDelegate xnnpack;
  ingot::Runtime runtime;
  INGOT_TRY_VOID(runtime.add_kernels(ingot::portable_kernels()));
  INGOT_TRY_VOID(runtime.add_delegate(xnnpack));

  const ingot::Program program = INGOT_TRY(ingot::Program::open(runtime, path));
  const ingot::MethodInfo info = INGOT_TRY(program.method_info(0));
  ingot::Method method = INGOT_TRY(ingot::Method::load(program, info.name));

  for (size_t i = 0; i < info.num_inputs; ++i) {
    const ingot::TensorInfo input = INGOT_TRY(program.input_info(info.name, i));
    if (input.dtype != ingot::DType::float32) {
      return ingot::fail(ingot::ErrorCode::not_supported, "input %zu is %s, this example fills float32 only", i,
                         to_string(input.dtype));
    }
    const std::vector<float> ones(input.nbytes / sizeof(float), 1);
    INGOT_TRY_VOID(method.set_input(i, input.dtype, input.sizes, ones.data()));
  }
  INGOT_TRY_VOID(method.execute());

  for (size_t i = 0; i < info.num_outputs; ++i) {
    const ingot::Tensor* output = INGOT_TRY(method.output(i));
    std::printf("output %zu:", i);
    for (size_t d = 0; d < output->rank(); ++d) std::printf("%s%d", d == 0 ? " " : "x", output->size(d));
    const size_t count = output->dtype() == ingot::DType::float32 ? output->numel() : 0;
    for (size_t k = 0; k < std::min<size_t>(count, 5); ++k) {
      std::printf(" %g", static_cast<double>(output->data_as<float>()[k]));
    }
    std::printf("\n");
  }
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: %s MODEL.pte\n", argv[0]);
    return 2;
  }
  const ingot::Result<void> result = run(argv[1]);
  if (!result) std::fprintf(stderr, "%s\n", result.error().message());
  return result ? 0 : 1;
}
