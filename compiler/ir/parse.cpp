#include <charconv>
#include <cmath>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>

#include "compiler/ir/builder.h"
#include "compiler/ir/text.h"
#include "compiler/ir/text_tokens.h"
#include "runtime/core/number.h"

namespace ingot::compiler {
namespace {

// Constants in text are small; this only keeps a typing mistake from taking all memory.
constexpr size_t kMaxConstantBytes = size_t{1} << 28;
constexpr int kMaxNesting = 64;

std::optional<DType> dtype_named(std::string_view name) {
  for (int i = 0; i <= std::numeric_limits<int8_t>::max(); ++i) {
    const auto dtype = static_cast<DType>(i);
    if (size_of(dtype) > 0 && name == to_string(dtype)) return dtype;
  }
  return std::nullopt;
}

// A number as it is written: an integer, or a real one with a point, an exponent, or a name.
struct Number {
  bool is_real = false;
  int64_t integer = 0;
  double real = 0;

  double as_double() const { return is_real ? real : static_cast<double>(integer); }
};

class Parser {
 public:
  explicit Parser(std::vector<Token> tokens) : tokens_(std::move(tokens)) {}

  Result<Graph> run() {
    INGOT_TRY_VOID(head());
    while (!next_is("return")) INGOT_TRY_VOID(statement());
    INGOT_TRY_VOID(results());
    INGOT_TRY_VOID(expect("}"));
    if (token().kind != Token::Kind::end) return wrong("expected the end, found '%s'", token().text.c_str());
    return std::move(graph_);
  }

 private:
  // --- Tokens.

  const Token& token() const { return tokens_[at_]; }
  Token take() {
    Token result = token();
    if (at_ + 1 < tokens_.size()) ++at_;
    return result;
  }
  bool next_is(std::string_view text) const {
    return (token().kind == Token::Kind::sign || token().kind == Token::Kind::word) && token().text == text;
  }
  bool accept(std::string_view text) {
    if (!next_is(text)) return false;
    take();
    return true;
  }
  Result<void> expect(const char* text) {
    if (accept(text)) return {};
    return wrong("expected '%s', found '%s'", text, token().text.c_str());
  }
  Result<std::string> expect_kind(Token::Kind kind, const char* what) {
    if (token().kind != kind) return wrong("expected %s, found '%s'", what, token().text.c_str());
    return take().text;
  }
  [[gnu::format(printf, 2, 3)]] std::unexpected<Error> wrong(const char* format, ...) const {
    char text[200];
    va_list list;
    va_start(list, format);
    std::vsnprintf(text, sizeof(text), format, list);
    va_end(list);
    return fail(ErrorCode::invalid_file, "line %zu, column %zu: %s", token().line, token().column, text);
  }
  std::unexpected<Error> at_line(const Token& where, Error error) const {
    error.add_context("line %zu, column %zu", where.line, where.column);
    return std::unexpected(error);
  }

  // item, item, ... up to `close`, which is taken.
  template <typename F>
  Result<void> list(const char* close, F&& item) {
    if (accept(close)) return {};
    do {
      INGOT_TRY_VOID(item());
    } while (accept(","));
    return expect(close);
  }

  // --- Numbers, sizes, types.

  Result<Number> number() {
    const bool negative = accept("-");
    const double sign = negative ? -1 : 1;
    if (accept("inf")) return Number{true, 0, sign * std::numeric_limits<double>::infinity()};
    if (accept("nan")) return Number{true, 0, std::nan("")};
    const std::string text = (negative ? "-" : "") + INGOT_TRY(expect_kind(Token::Kind::number, "a number"));
    Number result;
    const char* end = text.data() + text.size();
    result.is_real = text.find_first_of(".e") != std::string::npos;
    const auto read = result.is_real ? std::from_chars(text.data(), end, result.real)
                                     : std::from_chars(text.data(), end, result.integer);
    if (read.ec != std::errc() || read.ptr != end) return wrong("number '%s' is out of range", text.c_str());
    return result;
  }

  Result<int64_t> integer() {
    const Number value = INGOT_TRY(number());
    if (value.is_real) return wrong("expected an integer, found %g", value.real);
    return value.integer;
  }

  // sum := product ((+|-) product)*; product := factor ((*|//) factor)*
  Result<Dim> size(int depth = 0) {
    Dim sum = INGOT_TRY(product(depth));
    while (next_is("+") || next_is("-")) {
      const bool minus = take().text == "-";
      const Dim right = INGOT_TRY(product(depth));
      sum = minus ? sum - right : sum + right;
    }
    return sum;
  }

  Result<Dim> product(int depth) {
    Dim result = INGOT_TRY(factor(depth));
    while (next_is("*") || next_is("//")) {
      const bool times = take().text == "*";
      const Dim right = INGOT_TRY(factor(depth));
      result = times ? result * right : floor_div(result, right);
    }
    return result;
  }

  Result<Dim> factor(int depth) {
    if (depth > kMaxNesting) return wrong("a size is nested too deeply");
    if (accept("(")) {
      Dim inner = INGOT_TRY(size(depth + 1));
      INGOT_TRY_VOID(expect(")"));
      return inner;
    }
    if (next_is("max") || next_is("min")) {
      const bool larger = take().text == "max";
      INGOT_TRY_VOID(expect("("));
      const Dim a = INGOT_TRY(size(depth + 1));
      INGOT_TRY_VOID(expect(","));
      const Dim b = INGOT_TRY(size(depth + 1));
      INGOT_TRY_VOID(expect(")"));
      return larger ? max(a, b) : min(a, b);
    }
    if (token().kind != Token::Kind::word) return Dim(INGOT_TRY(integer()));
    const auto found = symbols_.find(token().text);
    if (found == symbols_.end()) return wrong("symbol '%s' has no bounds in the graph's head", token().text.c_str());
    take();
    return found->second;
  }

  Result<Shape> shape() {
    INGOT_TRY_VOID(expect("["));
    Shape sizes;
    INGOT_TRY_VOID(list("]", [&]() -> Result<void> {
      sizes.push_back(INGOT_TRY(size()));
      return {};
    }));
    return sizes;
  }

  Result<TensorType> type() {
    const std::string name = INGOT_TRY(expect_kind(Token::Kind::word, "a dtype"));
    const std::optional<DType> dtype = dtype_named(name);
    if (!dtype) return wrong("'%s' is not a dtype", name.c_str());
    TensorType result{*dtype, INGOT_TRY(shape()), {}};
    for (const Dim& dim : result.shape) {
      if (dim.max() < 0 || dim.max() > std::numeric_limits<int32_t>::max()) {
        return wrong("size %s is outside [0, 2147483647]", dim.str().c_str());
      }
    }
    if (!accept("order")) return result;
    for (const Dim& dim : INGOT_TRY(shape())) {
      if (!dim.is_static() || dim.value() < 0 || dim.value() >= static_cast<int64_t>(result.rank())) {
        return wrong("%s is no dimension", dim.str().c_str());
      }
      result.dim_order.push_back(static_cast<uint8_t>(dim.value()));
    }
    if (result.dim_order.size() != result.rank()) return wrong("the order needs %zu dimensions", result.rank());
    return result;
  }

  // --- The graph.

  Result<void> head() {
    INGOT_TRY_VOID(expect("graph"));
    const bool quoted = token().kind == Token::Kind::string;
    graph_.set_name(INGOT_TRY(expect_kind(quoted ? Token::Kind::string : Token::Kind::word, "the graph's name")));
    INGOT_TRY_VOID(expect("("));
    // The bounds of symbols come after the inputs that use them.
    const size_t inputs_at = at_;
    for (size_t depth = 1; depth > 0;) {
      if (token().kind == Token::Kind::end) return wrong("expected ')'");
      if (next_is("(")) ++depth;
      if (next_is(")")) --depth;
      take();
    }
    if (accept("where")) {
      do {
        INGOT_TRY_VOID(symbol());
      } while (accept(","));
    }
    INGOT_TRY_VOID(expect("{"));
    const size_t body_at = at_;
    at_ = inputs_at;
    INGOT_TRY_VOID(list(")", [&]() -> Result<void> {
      const std::string name = INGOT_TRY(new_name());
      INGOT_TRY_VOID(expect(":"));
      values_[name] = graph_.add_input(name, INGOT_TRY(type()));
      return {};
    }));
    at_ = body_at;
    return {};
  }

  Result<void> symbol() {
    const std::string name = INGOT_TRY(expect_kind(Token::Kind::word, "a symbol"));
    INGOT_TRY_VOID(expect("in"));
    INGOT_TRY_VOID(expect("["));
    const int64_t min = INGOT_TRY(integer());
    INGOT_TRY_VOID(expect(","));
    const int64_t max = INGOT_TRY(integer());
    INGOT_TRY_VOID(expect("]"));
    if (min < 0 || min > max) return wrong("bounds of '%s' must be 0 <= min <= max", name.c_str());
    symbols_[name] = Dim::symbol(name, min, max);
    return {};
  }

  Result<std::string> new_name() {
    std::string name = INGOT_TRY(expect_kind(Token::Kind::value, "a value such as %x"));
    if (values_.contains(name)) return wrong("value %%%s is defined twice", name.c_str());
    values_[name] = nullptr;
    return name;
  }

  Result<Value*> value() {
    const Token where = token();
    const std::string name = INGOT_TRY(expect_kind(Token::Kind::value, "a value such as %x"));
    const auto found = values_.find(name);
    if (found != values_.end() && found->second != nullptr) return found->second;
    return at_line(where, fail(ErrorCode::invalid_file, "value %%%s is not defined here", name.c_str()).error());
  }

  Result<void> statement() {
    const Token where = token();
    std::vector<std::string> names;
    std::vector<std::optional<TensorType>> types;
    while (!next_is("=")) {
      if (!names.empty()) INGOT_TRY_VOID(expect(","));
      names.push_back(INGOT_TRY(new_name()));
      types.emplace_back();
      if (accept(":")) types.back() = INGOT_TRY(type());
    }
    take();
    if (next_is("const")) {
      if (names.size() != 1) return wrong("a constant has one name");
      return constant(names[0]);
    }
    const std::string op_name = INGOT_TRY(expect_kind(Token::Kind::word, "an operator"));
    const OpSchema* op = find_op(op_name);
    if (op == nullptr) return wrong("operator '%s' is not known", op_name.c_str());
    std::vector<Argument> args = INGOT_TRY(arguments(*op));
    std::string source;
    if (accept("@")) source = INGOT_TRY(expect_kind(Token::Kind::string, "a quoted name"));

    Result<std::vector<Argument>> complete = complete_args(*op, std::move(args));
    if (!complete) return at_line(where, complete.error());
    const Result<std::vector<TensorType>> inferred = infer_types(*op, *complete);
    if (!inferred) return at_line(where, inferred.error());
    if (inferred->size() != names.size()) {
      return wrong("%s gives %zu results, not %zu", op_name.c_str(), inferred->size(), names.size());
    }
    for (size_t i = 0; i < names.size(); ++i) {
      if (types[i] && *types[i] != (*inferred)[i]) {
        return wrong("%%%s is %s, not %s", names[i].c_str(), to_string((*inferred)[i]).c_str(),
                     to_string(*types[i]).c_str());
      }
    }
    const Node* node = graph_.add_node(*op, std::move(*complete), *inferred, std::move(source));
    for (size_t i = 0; i < names.size(); ++i) {
      graph_.rename(node->output(i), names[i]);
      values_[names[i]] = node->output(i);
    }
    return {};
  }

  // --- Arguments, read as the schema types them.

  Result<std::vector<Argument>> arguments(const OpSchema& op) {
    INGOT_TRY_VOID(expect("("));
    std::vector<Argument> args;
    INGOT_TRY_VOID(list(")", [&]() -> Result<void> {
      if (args.size() >= op.args().size()) {
        return wrong("%s takes %zu arguments", op.full_name().c_str(), op.args().size());
      }
      args.push_back(INGOT_TRY(argument(op.args()[args.size()])));
      return {};
    }));
    return args;
  }

  Result<Argument> argument(const ArgSpec& spec) {
    using Type = ArgSpec::Type;
    if (accept("none")) return std::monostate();
    switch (spec.type) {
      case Type::tensor:
        return INGOT_TRY(value());
      case Type::scalar: {
        if (next_is("true") || next_is("false")) return INGOT_TRY(boolean());
        const Number written = INGOT_TRY(number());
        if (written.is_real) return written.real;
        return written.integer;
      }
      case Type::integer:
        return INGOT_TRY(size());
      case Type::real:
        return INGOT_TRY(number()).as_double();
      case Type::boolean:
        return INGOT_TRY(boolean());
      case Type::string:
        return INGOT_TRY(expect_kind(Token::Kind::string, "a quoted string"));
      case Type::dtype: {
        const std::string name = INGOT_TRY(expect_kind(Token::Kind::word, "a dtype"));
        if (const std::optional<DType> dtype = dtype_named(name)) return *dtype;
        return wrong("'%s' is not a dtype", name.c_str());
      }
      case Type::int_list:
        if (!next_is("[")) return INGOT_TRY(size());
        return INGOT_TRY(shape());
      case Type::tensor_list:
      case Type::double_list:
      case Type::bool_list:
        return list_argument(spec.type);
    }
    return std::monostate();
  }

  Result<Argument> list_argument(ArgSpec::Type type) {
    std::vector<Value*> values;
    std::vector<double> numbers;
    std::vector<bool> flags;
    INGOT_TRY_VOID(expect("["));
    INGOT_TRY_VOID(list("]", [&]() -> Result<void> {
      if (type == ArgSpec::Type::double_list) {
        numbers.push_back(INGOT_TRY(number()).as_double());
      } else if (type == ArgSpec::Type::bool_list) {
        flags.push_back(INGOT_TRY(boolean()));
      } else {
        values.push_back(accept("none") ? nullptr : INGOT_TRY(value()));
      }
      return {};
    }));
    if (type == ArgSpec::Type::double_list) return numbers;
    if (type == ArgSpec::Type::bool_list) return flags;
    return values;
  }

  Result<bool> boolean() {
    if (accept("true")) return true;
    if (accept("false")) return false;
    return wrong("expected true or false, found '%s'", token().text.c_str());
  }

  // --- Constants.

  // Writes the number that comes next as an element.
  Result<void> element(DType dtype, std::byte* data) {
    if (dtype == DType::boolean && (next_is("true") || next_is("false"))) {
      store_number(dtype, INGOT_TRY(boolean()) ? 1 : 0, data);
      return {};
    }
    const Number written = INGOT_TRY(number());
    if (written.is_real && !is_floating(dtype)) return wrong("%g is not %s", written.real, to_string(dtype));
    if (dtype == DType::int64) {
      std::memcpy(data, &written.integer, sizeof(written.integer));
    } else {
      store_number(dtype, written.as_double(), data);
    }
    return {};
  }

  // Reproducible values: floats in [-1, 1), integers from -4 to 4 (0 to 8 where there are no negative ones).
  static void random_elements(DType dtype, uint64_t seed, std::span<std::byte> data) {
    uint64_t state = seed * 0x9E3779B97F4A7C15u + 0x632BE59BD9B4E019u;
    for (size_t at = 0; at < data.size(); at += size_of(dtype)) {
      // xorshift64*
      state ^= state >> 12;
      state ^= state << 25;
      state ^= state >> 27;
      const uint64_t bits = (state * 0x2545F4914F6CDD1Du) >> 40;  // 24 of them
      const double unit = static_cast<double>(bits) / (1 << 24);
      const bool below_zero =
          dtype != DType::uint8 && dtype != DType::uint16 && dtype != DType::uint32 && dtype != DType::uint64;
      const double number = dtype == DType::boolean ? std::floor(unit * 2)
                            : is_floating(dtype)    ? unit * 2 - 1
                                                    : std::floor(unit * 9) - (below_zero ? 4 : 0);
      store_number(dtype, number, data.data() + at);
    }
  }

  Result<void> constant(const std::string& name) {
    take();
    TensorType constant_type = INGOT_TRY(type());
    const size_t bytes = constant_type.max_nbytes();
    if (!is_static(constant_type.shape) || bytes > kMaxConstantBytes) {
      return wrong("a constant cannot be %s", to_string(constant_type).c_str());
    }
    const DType dtype = constant_type.dtype;
    std::byte* data = nullptr;
    const Bytes content = Bytes::allocate(bytes, &data);
    const size_t size = size_of(dtype);
    if (accept("splat")) {
      const Token where = token();
      const size_t again = at_;
      for (size_t at = 0; at < bytes; at += size) {
        at_ = again;
        INGOT_TRY_VOID(element(dtype, data + at));
      }
      if (bytes == 0) INGOT_TRY(number());
    } else if (accept("seed")) {
      random_elements(dtype, static_cast<uint64_t>(INGOT_TRY(integer())), {data, bytes});
    } else if (next_is("elided")) {
      return wrong("the values of %%%s are elided", name.c_str());
    } else {
      INGOT_TRY_VOID(expect("["));
      size_t at = 0;
      INGOT_TRY_VOID(list("]", [&]() -> Result<void> {
        if (at >= bytes) return wrong("%%%s has more than %zu values", name.c_str(), bytes / size);
        INGOT_TRY_VOID(element(dtype, data + at));
        at += size;
        return {};
      }));
      if (at != bytes) return wrong("%%%s has %zu values, expected %zu", name.c_str(), at / size, bytes / size);
    }
    values_[name] = graph_.add_constant(name, std::move(constant_type), content);
    return {};
  }

  Result<void> results() {
    take();
    bool named = false;
    std::vector<std::string> names;
    while (token().kind == Token::Kind::value) {
      graph_.outputs().push_back(INGOT_TRY(value()));
      names.emplace_back();
      if (accept("as")) {
        names.back() = INGOT_TRY(expect_kind(Token::Kind::string, "a quoted name"));
        named = true;
      }
      if (!accept(",")) break;
    }
    if (named) graph_.output_names = std::move(names);
    return {};
  }

  std::vector<Token> tokens_;
  size_t at_ = 0;
  Graph graph_;
  std::map<std::string, Dim> symbols_;
  std::unordered_map<std::string, Value*> values_;  // null: the name is taken, the value not yet made
};

}  // namespace

Result<Graph> parse(std::string_view text) {
  return Parser(INGOT_TRY(tokenize(text))).run();
}

}  // namespace ingot::compiler
