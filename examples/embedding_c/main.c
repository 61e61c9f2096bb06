/* Runs a program's first method once, with all inputs 1, and prints what comes out.
 *
 *   embedding_c MODEL.pte
 */
#include <ingot.h>
#include <stdio.h>
#include <stdlib.h>

static int failed(const char* what) {
  fprintf(stderr, "%s: %s\n", what, ingot_error_message());
  return 1;
}

/* Every float32 input becomes ones. */
static int fill_inputs(const ingot_program* program, const ingot_method_info* info, ingot_method* method) {
  for (size_t i = 0; i < info->num_inputs; ++i) {
    ingot_tensor_info input = {sizeof input};
    if (ingot_program_input_info(program, info->name, i, &input) != INGOT_OK) return failed("input");
    if (input.dtype != INGOT_FLOAT32) {
      fprintf(stderr, "input %zu is not float32\n", i);
      return 1;
    }
    float* data = malloc(input.nbytes);
    if (data == NULL) return failed("malloc");
    for (size_t k = 0; k < input.nbytes / sizeof(float); ++k) data[k] = 1;
    const ingot_status status = ingot_method_set_input(method, i, input.dtype, input.sizes, input.rank, data);
    free(data); /* copied: the program plans memory for its inputs */
    if (status != INGOT_OK) return failed("set_input");
  }
  return 0;
}

static int print_outputs(const ingot_method_info* info, const ingot_method* method) {
  for (size_t i = 0; i < info->num_outputs; ++i) {
    ingot_tensor output = {sizeof output};
    if (ingot_method_output(method, i, &output) != INGOT_OK) return failed("output");
    printf("output %zu:", i);
    for (size_t d = 0; d < output.rank; ++d) printf("%s%d", d == 0 ? " " : "x", (int)output.sizes[d]);
    const size_t count = output.dtype == INGOT_FLOAT32 ? output.nbytes / sizeof(float) : 0;
    for (size_t k = 0; k < count && k < 5; ++k) printf(" %g", ((const float*)output.data)[k]);
    printf("\n");
  }
  return 0;
}

int main(int argc, char** argv) {
  if (argc != 2) {
    fprintf(stderr, "usage: %s MODEL.pte\n", argv[0]);
    return 2;
  }
  ingot_runtime* runtime = NULL;
  ingot_program* program = NULL;
  ingot_method* method = NULL;
  ingot_method_info info = {sizeof info};
  int result = 1;
  if (ingot_runtime_create(&runtime) != INGOT_OK || ingot_runtime_add_portable_kernels(runtime) != INGOT_OK ||
      ingot_runtime_add_xnnpack(runtime, 1) != INGOT_OK) {
    failed("runtime");
  } else if (ingot_program_open(runtime, argv[1], INGOT_SOURCE_MAP, &program) != INGOT_OK ||
             ingot_program_method_info(program, 0, &info) != INGOT_OK) {
    failed("program");
  } else if (ingot_method_load(program, info.name, &method) != INGOT_OK) {
    failed("load");
  } else if (fill_inputs(program, &info, method) == 0) {
    result = ingot_method_execute(method) == INGOT_OK ? print_outputs(&info, method) : failed("execute");
  }
  ingot_method_destroy(method);
  ingot_program_destroy(program);
  ingot_runtime_destroy(runtime);
  return result;
}
