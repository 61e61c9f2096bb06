// What a kernel is and how a set of them is handed to a Runtime: a constant array of rows, passed to
// Runtime::add_kernels. Nothing registers itself.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string_view>

#include "runtime/core/checked_math.h"
#include "runtime/core/error.h"
#include "runtime/core/parallel.h"
#include "runtime/core/tensor.h"
#include "runtime/core/value.h"

namespace ingot {

// A Scalar argument: an int, a float or a bool, as the caller wrote it.
struct Scalar {
  Value::Kind kind = Value::Kind::integer;
  double real = 0;
  int64_t integer = 0;

  // A float that T, an integer, cannot hold becomes the nearest it can.
  template <typename T>
  T to() const {
    if (kind != Value::Kind::real) return static_cast<T>(integer);
    if constexpr (std::integral<T> && !std::same_as<T, bool>) {
      return saturate_cast<T>(real);
    } else {
      return static_cast<T>(real);
    }
  }
  bool is_real() const { return kind == Value::Kind::real; }
};

// The arguments of one call, in the order of the operator's `out` schema, the outputs included and the repeated return
// values left off. Their kinds were checked against Kernel::signature when the method was loaded, so these do not fail.
class KernelArgs {
 public:
  explicit KernelArgs(std::span<Value* const> values) : values_(values) {}

  size_t size() const { return values_.size(); }
  bool has(size_t i) const { return values_[i]->kind != Value::Kind::none; }

  Tensor& tensor(size_t i) const { return *values_[i]->tensor; }
  // Null where the argument is none.
  Tensor* optional_tensor(size_t i) const { return has(i) ? values_[i]->tensor : nullptr; }
  std::span<Tensor* const> tensors(size_t i) const { return values_[i]->tensors; }

  int64_t integer(size_t i) const {
    return values_[i]->kind == Value::Kind::boolean ? values_[i]->boolean : values_[i]->integer;
  }
  int64_t integer_or(size_t i, int64_t otherwise) const { return has(i) ? integer(i) : otherwise; }
  bool boolean(size_t i) const {
    return values_[i]->kind == Value::Kind::boolean ? values_[i]->boolean : values_[i]->integer != 0;
  }
  double real(size_t i) const { return scalar(i).to<double>(); }
  double real_or(size_t i, double otherwise) const { return has(i) ? real(i) : otherwise; }
  Scalar scalar(size_t i) const {
    const Value& v = *values_[i];
    if (v.kind == Value::Kind::real) return {v.kind, v.real, 0};
    return {v.kind, 0, integer(i)};
  }

  std::span<const int64_t> ints(size_t i) const { return has(i) ? values_[i]->ints.get() : std::span<const int64_t>{}; }
  std::span<const double> doubles(size_t i) const { return has(i) ? values_[i]->doubles : std::span<const double>{}; }
  std::span<const bool> bools(size_t i) const { return has(i) ? values_[i]->bools : std::span<const bool>{}; }
  // For operators whose result is a number (`V` in a signature): the number to write, whose kind stays as it is.
  Value& value(size_t i) const { return *values_[i]; }
  std::string_view string(size_t i) const { return has(i) ? values_[i]->string : std::string_view{}; }

 private:
  std::span<Value* const> values_;
};

// What a kernel does to the elements of its float32 result before it stores them: the work of the kernels that follow
// it and read nothing else, folded into it when the method was loaded (KernelExtras::accepts).
struct Epilogue {
  // First, where `variance` is not null, batch normalization of dimension 1 by these constants of one element a
  // channel; `weight` and `bias` may be null.
  const Tensor* weight = nullptr;
  const Tensor* bias = nullptr;
  const Tensor* mean = nullptr;
  const Tensor* variance = nullptr;
  double eps = 0;
  // Then these bounds; NaN stays.
  float low = -std::numeric_limits<float>::infinity();
  float high = std::numeric_limits<float>::infinity();

  bool clamps() const {
    return low != -std::numeric_limits<float>::infinity() || high != std::numeric_limits<float>::infinity();
  }
};

// What a kernel may use besides its arguments.
struct KernelContext {
  Parallel parallel;
  std::span<std::byte> scratch;   // as many bytes as Kernel::scratch asked for, 64-byte aligned, contents undefined
  std::span<std::byte> prepared;  // of this call, as KernelExtras::prepare left them, 64-byte aligned, or empty
  const Epilogue* epilogue = nullptr;  // of this call: one that KernelExtras::accepts said yes to
};

struct MethodPlanner;
extern const MethodPlanner kMethodPlanner;

// What serves a kernel's speed. All of it is asked when a method is loaded: the tensors have their largest sizes then,
// and only constants (Tensor::is_constant) have data.
struct KernelExtras {
  // Bytes that one call keeps for as long as its method lives, and what fills them (context.prepared) once, before
  // anything runs: what can be made of constants alone, such as weights in the order in which the kernel reads them.
  Result<size_t> (*prepared)(const KernelContext& context, KernelArgs args) = nullptr;
  Result<void> (*prepare)(KernelContext& context, KernelArgs args) = nullptr;
  // Can this call do the work of an epilogue besides its own?
  bool (*accepts)(KernelArgs args, const Epilogue& epilogue) = nullptr;
  // For a kernel whose first argument may be the result of another, with as many elements as its own first output:
  // adds what this call does to the epilogue of the other; false where an epilogue cannot say it.
  bool (*follow)(KernelArgs args, Epilogue& epilogue) = nullptr;
  // What makes use of the above; a runtime whose kernels have no extras need not link it.
  const MethodPlanner* planner = &kMethodPlanner;
};

// A row of a kernel table. Kernels must accept any values inside their arguments (these come from files): wrong shapes,
// dtypes, ranges and axes are errors, never undefined behaviour.
struct Kernel {
  // Namespace, name and overload: "aten::add.out". A static string.
  const char* name;
  // A letter an argument:
  //   T tensor   S Scalar   i int   f float (an int serves)   b bool   r string
  //   L int list   D float list   B bool list   M tensor list   m list of optional tensors
  //   O output tensor   N output tensor list   V output number (int, float or bool)
  // and `?` after a letter where none is allowed: "TTT?LLLbLiO".
  const char* signature;
  Result<void> (*run)(KernelContext& context, KernelArgs args);
  // Bytes of scratch for these arguments at their largest sizes; null where a kernel needs none.
  Result<size_t> (*scratch)(KernelArgs args) = nullptr;
  const KernelExtras* extras = nullptr;
};

}  // namespace ingot
