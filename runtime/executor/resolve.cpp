// Finding the kernels that a program calls, and checking that their arguments are what they expect.

#include <algorithm>
#include <cstdio>
#include <cstring>

#include "runtime/executor/method_impl.h"

namespace ingot {
namespace {

#if INGOT_ERROR_MESSAGES

// Collects names for one line: as many as fit, each once, and how many more there are.
class NameList {
 public:
  void add(std::string_view name, std::string_view overload) {
    char text[128];
    const int length =
        std::snprintf(text, sizeof text, "%s%.*s%s%.*s", used_ == 0 ? "" : ", ", static_cast<int>(name.size()),
                      name.data(), overload.empty() ? "" : ".", static_cast<int>(overload.size()), overload.data());
    if (std::strstr(text_, used_ == 0 ? text : text + 2) != nullptr) return;
    ++count_;
    if (length >= static_cast<int>(sizeof text) || used_ + static_cast<size_t>(length) >= sizeof text_) {
      ++cut_;
      return;
    }
    std::memcpy(text_ + used_, text, static_cast<size_t>(length) + 1);
    used_ += static_cast<size_t>(length);
  }
  size_t count() const { return count_; }
  size_t cut() const { return cut_; }
  const char* text() const { return text_; }

 private:
  char text_[240] = {};
  size_t used_ = 0;
  size_t count_ = 0;
  size_t cut_ = 0;
};

std::unexpected<Error> missing(const Method::Impl& method) {
  NameList kernels;
  NameList delegates;
  const ProgramFile& file = method.program.file;
  for (size_t i = 0; i < file.num_plans(); ++i) {
    const pte::ExecutionPlan& plan = file.plan(i);
    for (size_t k = 0; k < count(plan.operators()); ++k) {
      const pte::Operator& op = *plan.operators()->Get(static_cast<flatbuffers::uoffset_t>(k));
      if (method.runtime.find_kernel(as_text(op.name()), as_text(op.overload())) != nullptr) continue;
      kernels.add(as_text(op.name()), as_text(op.overload()));
    }
    for (size_t d = 0; d < count(plan.delegates()); ++d) {
      const pte::BackendDelegate& delegate = *plan.delegates()->Get(static_cast<flatbuffers::uoffset_t>(d));
      if (method.runtime.find_delegate(as_text(delegate.id())) != kMaxDelegates) continue;
      delegates.add(as_text(delegate.id()).substr(0, 64), "");
    }
  }
  char more[48] = "";
  if (kernels.cut() > 0) std::snprintf(more, sizeof more, " and %zu more", kernels.cut());
  if (delegates.count() == 0) {
    return fail(ErrorCode::missing_operator, "the program needs %zu kernels that no Runtime::add_kernels brought: %s%s",
                kernels.count(), kernels.text(), more);
  }
  if (kernels.count() == 0) {
    return fail(ErrorCode::missing_operator, "the program needs delegates that no Runtime::add_delegate brought: %s",
                delegates.text());
  }
  return fail(ErrorCode::missing_operator,
              "the program needs delegates that no Runtime::add_delegate brought: %s; and %zu kernels that no "
              "Runtime::add_kernels brought: %s%s",
              delegates.text(), kernels.count(), kernels.text(), more);
}

#else

std::unexpected<Error> missing(const Method::Impl&) {
  return std::unexpected(Error(ErrorCode::missing_operator));
}

#endif

bool is_number(const Value& value) {
  return value.kind == Value::Kind::integer || value.kind == Value::Kind::real || value.kind == Value::Kind::boolean;
}

bool all_present(std::span<Tensor* const> tensors) {
  return std::ranges::find(tensors, nullptr) == tensors.end();
}

bool any_read_only(std::span<Tensor* const> tensors) {
  return std::ranges::any_of(tensors, &Tensor::read_only);
}

bool is_number_kernel(const Kernel& kernel) {
  const std::span<const Kernel> kernels = number_kernels();
  return &kernel >= kernels.data() && &kernel < kernels.data() + kernels.size();
}

// May a value be passed for a letter of Kernel::signature?
Result<void> check_argument(char letter, bool optional, const Value& value) {
  if (optional && value.kind == Value::Kind::none) return {};
  bool fits = false;
  const char* expected;
  switch (letter) {
    case 'T':
      fits = value.kind == Value::Kind::tensor;
      expected = "a tensor";
      break;
    case 'O':
      fits = value.kind == Value::Kind::tensor;
      if (fits && value.tensor->read_only()) return fail(ErrorCode::invalid_file, "writes to a constant");
      expected = "a tensor";
      break;
    case 'S':
    case 'V':
      fits = is_number(value);
      expected = "a number";
      break;
    case 'i':
    case 'b':
      fits = value.kind == Value::Kind::integer || value.kind == Value::Kind::boolean;
      expected = letter == 'i' ? "an int" : "a bool";
      break;
    case 'f':
      fits = value.kind == Value::Kind::real || value.kind == Value::Kind::integer;
      expected = "a float";
      break;
    case 'r':
      fits = value.kind == Value::Kind::string;
      expected = "a string";
      break;
    case 'L':
      fits = value.kind == Value::Kind::int_list;
      expected = "an int list";
      break;
    case 'D':
      fits = value.kind == Value::Kind::double_list;
      expected = "a float list";
      break;
    case 'B':
      fits = value.kind == Value::Kind::bool_list;
      expected = "a bool list";
      break;
    case 'M':
      fits = value.kind == Value::Kind::tensor_list && all_present(value.tensors);
      expected = "a list of tensors";
      break;
    case 'm':
      fits = value.kind == Value::Kind::tensor_list;
      expected = "a list of optional tensors";
      break;
    case 'N':
      fits = value.kind == Value::Kind::tensor_list && all_present(value.tensors);
      if (fits && any_read_only(value.tensors)) return fail(ErrorCode::invalid_file, "writes to a constant");
      expected = "a list of tensors";
      break;
    default:
      return fail(ErrorCode::internal, "unknown letter '%c' in the kernel's signature", letter);
  }
  if (fits) return {};
  return fail(ErrorCode::invalid_file, "expected %s, found %s", expected, to_string(value.kind));
}

// After its arguments a call lists what it returns: its only output once more, or all its outputs as one list.
bool returns_outputs(const Kernel& kernel, std::span<Value* const> args, std::span<Value* const> returned) {
  size_t outputs = 0;
  bool single = false;
  bool listed = returned.size() == 1 && returned[0]->kind == Value::Kind::tensor_list;
  size_t arg = 0;
  for (const char* c = kernel.signature; *c != '\0'; ++c) {
    if (*c == '?') continue;
    if (*c == 'O' || *c == 'N') {
      const bool same = returned.size() == 1 && returned[0] == args[arg];
      const bool in_list = listed && *c == 'O' && outputs < returned[0]->tensors.size() &&
                           returned[0]->tensors[outputs] == args[arg]->tensor;
      single = single || same;
      listed = listed && in_list;
      ++outputs;
    }
    ++arg;
  }
  return (outputs == 1 && single) || (outputs > 1 && listed && outputs == returned[0]->tensors.size());
}

}  // namespace

Result<void> find_kernels(Method::Impl& method) {
  for (size_t i = 0; i < method.kernels.size(); ++i) {
    const pte::Operator& op = *method.plan.operators()->Get(static_cast<flatbuffers::uoffset_t>(i));
    method.kernels[i] = method.runtime.find_kernel(as_text(op.name()), as_text(op.overload()));
    if (method.kernels[i] == nullptr) return missing(method);
    if (method.kernels[i]->extras != nullptr) method.planner = method.kernels[i]->extras->planner;
  }
  for (size_t i = 0; i < method.delegates.size(); ++i) {
    const pte::BackendDelegate& delegate = *method.plan.delegates()->Get(static_cast<flatbuffers::uoffset_t>(i));
    if (method.runtime.find_delegate(as_text(delegate.id())) == kMaxDelegates) return missing(method);
  }
  return {};
}

Result<uint32_t> check_call(const Kernel& kernel, std::span<Value* const> args) {
  uint32_t number = 0;
  bool writes_tensors = false;
  for (const char* c = kernel.signature; *c != '\0'; ++c) {
    if (*c == '?') continue;
    if (number >= args.size()) return fail(ErrorCode::invalid_file, "only %zu arguments", args.size());
    Result<void> result = check_argument(*c, c[1] == '?', *args[number]);
    if (!result) {
      result.error().add_context("argument %u", number);
      return std::unexpected(result.error());
    }
    writes_tensors = writes_tensors || *c == 'O' || *c == 'N';
    ++number;
  }
  // Operators of the runtime's own that return numbers or views are called without the repetition.
  const bool may_omit = !writes_tensors || is_number_kernel(kernel);
  if (args.size() == number && may_omit) return number;
  if (writes_tensors && returns_outputs(kernel, args, args.subspan(number))) return number;
  return fail(ErrorCode::invalid_file, "expected %u arguments and then the output once more, found %zu arguments",
              number, args.size());
}

Result<void> check_overlap(const Kernel& kernel, std::span<Value* const> args) {
  const auto tensors_of = [](Value& value) -> std::span<Tensor* const> {
    if (value.kind == Value::Kind::tensor) return {&value.tensor, 1};
    if (value.kind == Value::Kind::tensor_list) return value.tensors;
    return {};
  };
  const auto overlap = [](const Tensor* a, const Tensor* b) {
    if (a == nullptr || b == nullptr || a->capacity() == 0 || b->capacity() == 0) return false;
    const auto start_a = reinterpret_cast<uintptr_t>(a->data());
    const auto start_b = reinterpret_cast<uintptr_t>(b->data());
    return start_a != 0 && start_b != 0 && start_a < start_b + b->capacity() && start_b < start_a + a->capacity();
  };
  if (is_number_kernel(kernel)) return {};  // these copy as if source and target may be the same
  size_t out = 0;
  for (const char* c = kernel.signature; *c != '\0'; ++c) {
    if (*c == '?') continue;
    size_t in = 0;
    for (const char* d = kernel.signature; (*c == 'O' || *c == 'N') && *d != '\0'; ++d) {
      if (*d == '?') continue;
      if (*d == 'T' || *d == 'M' || *d == 'm') {
        for (const Tensor* written : tensors_of(*args[out])) {
          for (const Tensor* read : tensors_of(*args[in])) {
            if (overlap(written, read)) {
              return fail(ErrorCode::invalid_file, "argument %zu is written over argument %zu", out, in);
            }
          }
        }
      }
      ++in;
    }
    ++out;
  }
  return {};
}

}  // namespace ingot
