#include <cstring>
#include <new>

#include "runtime/executor/runtime_impl.h"
#include "runtime/include/ingot.hpp"

namespace ingot {
namespace {

bool is_named(const Kernel& kernel, std::string_view name, std::string_view overload) {
  std::string_view text = kernel.name;
  if (!text.starts_with(name)) return false;
  text.remove_prefix(name.size());
  if (overload.empty()) return text.empty();
  return text.starts_with('.') && text.substr(1) == overload;
}

}  // namespace

Runtime::Runtime() : impl_(new Impl) {
  impl_->tables[0] = number_kernels();
  impl_->num_tables = 1;
}
Runtime::~Runtime() = default;

Result<void> Runtime::add_kernels(std::span<const Kernel> kernels) {
  if (impl_->num_tables == kMaxKernelTables) {
    return fail(ErrorCode::limit_exceeded, "more than %zu kernel tables", kMaxKernelTables);
  }
  for (const Kernel& kernel : kernels) {
    bool twice = impl_->find_kernel(kernel.name, "") != nullptr;
    for (const Kernel* other = kernels.data(); other != &kernel; ++other) {
      twice = twice || std::strcmp(other->name, kernel.name) == 0;
    }
    if (twice) return fail(ErrorCode::invalid_argument, "kernel '%s' is registered twice", kernel.name);
  }
  impl_->tables[impl_->num_tables++] = kernels;
  return {};
}

Result<void> Runtime::add_delegate(Delegate& delegate) {
  const std::string_view id = delegate.id();
  if (impl_->num_delegates == kMaxDelegates) {
    return fail(ErrorCode::limit_exceeded, "more than %zu delegates", kMaxDelegates);
  }
  if (impl_->find_delegate(id) != kMaxDelegates) {
    return fail(ErrorCode::invalid_argument, "delegate '%.*s' is registered twice", static_cast<int>(id.size()),
                id.data());
  }
  impl_->delegates[impl_->num_delegates++] = &delegate;
  return {};
}

void Runtime::set_threads(const Parallel& parallel, void* pthreadpool) {
  impl_->parallel = parallel;
  impl_->threadpool = pthreadpool;
}

void Runtime::set_instruction_limit(uint64_t limit) {
  impl_->instruction_limit = limit;
}

void Runtime::set_profiler(Profiler* profiler) {
  impl_->profiler = profiler;
}

const Kernel* Runtime::Impl::find_kernel(std::string_view name, std::string_view overload) const {
  for (size_t i = 0; i < num_tables; ++i) {
    for (const Kernel& kernel : tables[i]) {
      if (is_named(kernel, name, overload)) return &kernel;
    }
  }
  return nullptr;
}

size_t Runtime::Impl::find_delegate(std::string_view id) const {
  for (size_t i = 0; i < num_delegates; ++i) {
    if (delegates[i]->id() == id) return i;
  }
  return kMaxDelegates;
}

MethodGroup::MethodGroup(const Runtime&) : impl_(new Impl) {}
MethodGroup::~MethodGroup() = default;

}  // namespace ingot
