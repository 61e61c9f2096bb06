// Functions of each element of dense float32 arrays, and of whole rows.
#pragma once

#include <stddef.h>

namespace ingot::portable {

struct ElementLoops {
  // y[i] = f(x[i]); y may be x.
  using Function = void (*)(const float* x, float* y, size_t n);
  Function exp;
  Function expm1;
  Function tanh;
  Function erf;
  Function sigmoid;
  Function hardswish;
  Function gelu_erf;
  Function gelu_tanh;

  // exp(x - max) / sum exp(x - max), or x - max - log(sum exp(x - max)): `log_sum` gives the logarithm, which is the
  // library's.
  void (*softmax)(const float* x, float* y, size_t n, double (*log_sum)(double));

  // The sum, added up in double.
  double (*sum)(const float* x, size_t n);
  // NaN wins; -infinity of none.
  float (*largest)(const float* x, size_t n);
};

}  // namespace ingot::portable
