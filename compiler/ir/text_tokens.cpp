#include "compiler/ir/text_tokens.h"

#include <charconv>

namespace ingot::compiler {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

class Tokenizer {
 public:
  explicit Tokenizer(std::string_view text) : text_(text) {}

  Result<std::vector<Token>> run() {
    while (skip_blanks()) INGOT_TRY_VOID(token());
    start(Token::Kind::end);
    return std::move(tokens_);
  }

 private:
  char peek(size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }

  char take() {
    const char c = text_[at_++];
    ++column_;
    if (c == '\n') {
      ++line_;
      column_ = 1;
    }
    return c;
  }

  // False at the end of the text.
  bool skip_blanks() {
    while (at_ < text_.size()) {
      if (peek() == '#') {
        while (at_ < text_.size() && peek() != '\n') take();
      } else if (peek() == ' ' || peek() == '\t' || peek() == '\r' || peek() == '\n') {
        take();
      } else {
        return true;
      }
    }
    return false;
  }

  Token& start(Token::Kind kind) {
    Token& token = tokens_.emplace_back();
    token.kind = kind;
    token.line = line_;
    token.column = column_;
    return token;
  }

  template <typename F>
  void take_while(std::string* text, F&& accepts) {
    while (at_ < text_.size() && accepts(peek())) *text += take();
  }

  Result<void> token() {
    const char c = peek();
    if (is_letter(c)) {
      Token& token = start(Token::Kind::word);
      // "::" and "." belong to operators' names; a single colon does not.
      while (is_letter(peek()) || is_digit(peek()) || peek() == '.' || (peek() == ':' && peek(1) == ':')) {
        if (peek() == ':') token.text += take();
        token.text += take();
      }
    } else if (is_digit(c)) {
      number(start(Token::Kind::number));
    } else if (c == '%') {
      Token& token = start(Token::Kind::value);
      take();
      if (peek() == '"') return quoted(token);
      take_while(&token.text, [](char x) { return is_letter(x) || is_digit(x) || x == '.' || x == '/' || x == '-'; });
      if (token.text.empty()) return wrong("a name is missing after %");
    } else if (c == '"') {
      return quoted(start(Token::Kind::string));
    } else if (c == '/' && peek(1) == '/') {
      Token& token = start(Token::Kind::sign);
      token.text += take();
      token.text += take();
    } else if (std::string_view("()[]{},:=@+-*").find(c) != std::string_view::npos) {
      Token& token = start(Token::Kind::sign);
      token.text += take();
    } else {
      return wrong("unexpected character");
    }
    return {};
  }

  void number(Token& token) {
    take_while(&token.text, is_digit);
    if (peek() == '.') {
      token.text += take();
      take_while(&token.text, is_digit);
    }
    const bool sign = peek(1) == '+' || peek(1) == '-';
    if (peek() == 'e' && is_digit(peek(sign ? 2 : 1))) {
      token.text += take();
      if (sign) token.text += take();
      take_while(&token.text, is_digit);
    }
  }

  Result<void> quoted(Token& token) {
    take();
    while (at_ < text_.size() && peek() != '"') {
      char c = take();
      if (c == '\\') {
        if (at_ >= text_.size()) break;
        c = take();
        if (c == 'x') {
          const std::string_view digits = text_.substr(at_, 2);
          unsigned code = 0;
          const auto result = std::from_chars(digits.data(), digits.data() + digits.size(), code, 16);
          if (digits.size() != 2 || result.ptr != digits.data() + 2) return wrong("expected two digits after \\x");
          take();
          take();
          c = static_cast<char>(code);
        }
      }
      token.text += c;
    }
    if (at_ >= text_.size()) return wrong("a quote is not closed");
    take();
    return {};
  }

  std::unexpected<Error> wrong(const char* what) const {
    return fail(ErrorCode::invalid_file, "line %zu, column %zu: %s", line_, column_, what);
  }

  std::string_view text_;
  size_t at_ = 0;
  size_t line_ = 1;
  size_t column_ = 1;
  std::vector<Token> tokens_;
};

}  // namespace

Result<std::vector<Token>> tokenize(std::string_view text) {
  return Tokenizer(text).run();
}

}  // namespace ingot::compiler
