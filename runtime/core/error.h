// Errors as values. Every function that can fail returns Result<T>; an Error carries a code and one line of text that
// says what went wrong, where, what was expected and found. The text lives in a fixed buffer inside the Error: no heap.
// Built with INGOT_ERROR_MESSAGES=0, an Error is its code alone and the texts are not in the binary.
#pragma once

#include <cstdarg>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <utility>

#ifndef INGOT_ERROR_MESSAGES
#define INGOT_ERROR_MESSAGES 1
#endif

namespace ingot {

enum class ErrorCode : uint8_t {
  invalid_argument = 1,  // the caller passed something wrong: a shape, a dtype, an index
  invalid_file,          // a file's content breaks its format's rules
  invalid_state,         // called in the wrong order
  not_found,             // no such file, method, key
  not_supported,         // well-formed, but beyond what this build can do
  missing_operator,      // a kernel or delegate that the program needs is not registered
  out_of_memory,         // an allocation failed, or a caller's buffer is too small
  io,                    // the operating system refused to read or write
  delegate_failed,       // a delegate's library reported a failure
  limit_exceeded,        // a guard (instructions, nesting) was hit
  internal,              // a bug in Ingot
};

// The code's name, for logs of builds without messages.
const char* to_string(ErrorCode code);

class [[nodiscard]] Error {
 public:
  explicit Error(ErrorCode code) : code_(code) {}
  ErrorCode code() const { return code_; }

#if INGOT_ERROR_MESSAGES
  // One line without a final newline (control characters, which may come from a file, are shown as '?'); never null.
  // Valid as long as the Error.
  const char* message() const { return message_; }
  // Puts "CONTEXT: " before the message (text that no longer fits is cut at the end).
  [[gnu::format(printf, 2, 3)]] void add_context(const char* format, ...);
  [[gnu::format(printf, 2, 3)]] static Error make(ErrorCode code, const char* format, ...);
  [[gnu::format(printf, 2, 0)]] static Error make_from(ErrorCode code, const char* format, va_list args);

 private:
  static constexpr size_t kMessageBytes = 511;
  char message_[kMessageBytes] = {};
#else
  const char* message() const { return to_string(code_); }
  [[gnu::always_inline]] void add_context(const char*, ...) {}
  [[gnu::always_inline]] static Error make(ErrorCode code, const char*, ...) { return Error(code); }

 private:
#endif
  ErrorCode code_;
};

template <typename T>
using Result = std::expected<T, Error>;

// An unexpected Error to return: return fail(ErrorCode::not_found, "no method '%s'", name);
#if INGOT_ERROR_MESSAGES
[[gnu::format(printf, 2, 3)]] std::unexpected<Error> fail(ErrorCode code, const char* format, ...);
#else
[[gnu::always_inline]] inline std::unexpected<Error> fail(ErrorCode code, const char*, ...) {
  return std::unexpected(Error(code));
}
#endif

}  // namespace ingot

// The value of a Result, or an early return with its Error: auto x = INGOT_TRY(f());
#define INGOT_TRY(...)                                                            \
  ({                                                                              \
    auto ingot_result_ = (__VA_ARGS__);                                           \
    if (!ingot_result_) return std::unexpected(std::move(ingot_result_).error()); \
    std::move(*ingot_result_);                                                    \
  })

// The same for Result<void>: INGOT_TRY_VOID(g());
#define INGOT_TRY_VOID(...)                                                       \
  do {                                                                            \
    auto ingot_result_ = (__VA_ARGS__);                                           \
    if (!ingot_result_) return std::unexpected(std::move(ingot_result_).error()); \
  } while (false)
