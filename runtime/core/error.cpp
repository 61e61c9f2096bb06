#include "runtime/core/error.h"

#include <algorithm>
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

namespace {

void hide_control_characters(char* text) {
  for (; *text != '\0'; ++text) {
    if (static_cast<unsigned char>(*text) < 0x20 || *text == 0x7F) *text = '?';
  }
}

}  // namespace

void Error::add_context(const char* format, ...) {
  char context[kMessageBytes];
  va_list args;
  va_start(args, format);
  std::vsnprintf(context, sizeof context, format, args);
  va_end(args);
  hide_control_characters(context);
  const size_t length = std::min(std::strlen(context), kMessageBytes - 3);
  const size_t rest = std::min(std::strlen(message_), kMessageBytes - 1 - (length + 2));
  std::memmove(message_ + length + 2, message_, rest);
  std::memcpy(message_, context, length);
  message_[length] = ':';
  message_[length + 1] = ' ';
  message_[length + 2 + rest] = '\0';
}

Error Error::make_from(ErrorCode code, const char* format, va_list args) {
  Error error(code);
  std::vsnprintf(error.message_, sizeof error.message_, format, args);
  hide_control_characters(error.message_);
  return error;
}

Error Error::make(ErrorCode code, const char* format, ...) {
  va_list args;
  va_start(args, format);
  Error error = make_from(code, format, args);
  va_end(args);
  return error;
}

std::unexpected<Error> fail(ErrorCode code, const char* format, ...) {
  va_list args;
  va_start(args, format);
  std::unexpected<Error> result(Error::make_from(code, format, args));
  va_end(args);
  return result;
}

#endif

}  // namespace ingot
