#include "runtime/core/error.h"

#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <cstring>

namespace ingot {

const char* to_string(ErrorCode code) {
  switch (code) {
    case ErrorCode::invalid_argument:
      return "invalid argument";
    case ErrorCode::invalid_file:
      return "invalid file";
    case ErrorCode::invalid_state:
      return "invalid state";
    case ErrorCode::not_found:
      return "not found";
    case ErrorCode::not_supported:
      return "not supported";
    case ErrorCode::missing_operator:
      return "missing operator";
    case ErrorCode::out_of_memory:
      return "out of memory";
    case ErrorCode::io:
      return "input/output error";
    case ErrorCode::delegate_failed:
      return "delegate failed";
    case ErrorCode::limit_exceeded:
      return "limit exceeded";
    case ErrorCode::internal:
      return "internal error";
  }
  return "unknown error";
}

#if INGOT_ERROR_MESSAGES

void Error::add_context(const char* format, ...) {
  char context[kMessageBytes];
  va_list args;
  va_start(args, format);
  std::vsnprintf(context, sizeof context, format, args);
  va_end(args);
  const size_t length = std::min(std::strlen(context), kMessageBytes - 3);
  const size_t rest = std::min(std::strlen(message_), kMessageBytes - 1 - (length + 2));
  std::memmove(message_ + length + 2, message_, rest);
  std::memcpy(message_, context, length);
  message_[length] = ':';
  message_[length + 1] = ' ';
  message_[length + 2 + rest] = '\0';
}

Error Error::make(ErrorCode code, const char* format, ...) {
  Error error(code);
  va_list args;
  va_start(args, format);
  std::vsnprintf(error.message_, sizeof error.message_, format, args);
  va_end(args);
  return error;
}

std::unexpected<Error> fail(ErrorCode code, const char* format, ...) {
  char text[256];
  va_list args;
  va_start(args, format);
  std::vsnprintf(text, sizeof text, format, args);
  va_end(args);
  return std::unexpected(Error::make(code, "%s", text));
}

#endif

}  // namespace ingot
