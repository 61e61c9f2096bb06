// Cuts the text form of a Graph into tokens. Pure; tokens point into the text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/core/error.h"

namespace ingot::compiler {

struct Token {
  enum class Kind : uint8_t {
    word,    // graph, aten::add.Tensor, float32, s0
    value,   // %x, %"a b": text holds the name
    number,  // 12, 0.5, 1e-3 (no sign)
    string,  // "...": text holds what is inside, escapes resolved
    sign,    // one of ( ) [ ] { } , : = @ + - * //
    end,
  };

  Kind kind = Kind::end;
  std::string text;
  size_t line = 1;
  size_t column = 1;
};

// Ends with a token of kind end.
Result<std::vector<Token>> tokenize(std::string_view text);

}  // namespace ingot::compiler
