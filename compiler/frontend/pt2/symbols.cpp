#include "compiler/frontend/pt2/symbols.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include "runtime/core/checked_math.h"

namespace ingot::compiler::pt2 {
namespace {

constexpr int kMostDepth = 100;

std::unexpected<Error> unknown_expression(std::string_view text) {
  return fail(ErrorCode::not_supported, "the size '%.100s' is not one that can be computed here",
              std::string(text.substr(0, 100)).c_str());
}

// a - floor(a / b) * b, whose sign is that of b, as Python has it.
Result<Dim> floor_divide(const Dim& a, const Dim& b) {
  if (a.is_static() && b.is_static()) {
    if (b.value() == 0 || (a.value() == INT64_MIN && b.value() == -1))
      return fail(ErrorCode::invalid_file, "a division of sizes by zero");
    const int64_t quotient = a.value() / b.value();
    return Dim(a.value() % b.value() != 0 && (a.value() < 0) != (b.value() < 0) ? quotient - 1 : quotient);
  }
  if (b.min() <= 0) return fail(ErrorCode::not_supported, "a division by the size %s", b.str().c_str());
  return floor_div(a, b);
}

Result<Dim> modulo(const Dim& a, const Dim& b) {
  const Dim quotient = INGOT_TRY(floor_divide(a, b));
  return a - quotient * b;
}

// --- Expressions.

// A recursive descent over "Add(Symbol('s0', integer=True), Integer(-1))".
class ExpressionReader {
 public:
  ExpressionReader(std::string_view text, const Symbols& symbols) : text_(text), symbols_(symbols) {}

  Result<Dim> run() {
    Dim value = INGOT_TRY(expression(0));
    if (at_ != text_.size()) return unknown_expression(text_);
    return value;
  }

 private:
  bool accept(char c) {
    skip_spaces();
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  void skip_spaces() {
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
  }
  std::string_view word() {
    skip_spaces();
    const size_t begin = at_;
    while (at_ < text_.size() && (std::isalnum(static_cast<unsigned char>(text_[at_])) != 0 || text_[at_] == '_'))
      ++at_;
    return text_.substr(begin, at_ - begin);
  }

  Result<Dim> expression(int depth) {
    if (depth > kMostDepth) return unknown_expression(text_);
    const std::string_view function = word();
    if (function.empty() || !accept('(')) return unknown_expression(text_);
    if (function == "Symbol") return symbol();
    if (function == "Integer") return integer();
    std::vector<Dim> args;
    do args.push_back(INGOT_TRY(expression(depth + 1)));
    while (accept(','));
    if (!accept(')')) return unknown_expression(text_);
    return apply(function, args);
  }

  Result<Dim> integer() {
    skip_spaces();
    int64_t value = 0;
    const auto [end, error] = std::from_chars(text_.data() + at_, text_.data() + text_.size(), value);
    if (error != std::errc()) return unknown_expression(text_);
    at_ = static_cast<size_t>(end - text_.data());
    if (!accept(')')) return unknown_expression(text_);
    return Dim(value);
  }

  // The name; what follows are assumptions ("positive=True").
  Result<Dim> symbol() {
    if (!accept('\'')) return unknown_expression(text_);
    const std::string_view name = word();
    const size_t end = text_.find(')', at_);
    if (!accept('\'') || end == std::string_view::npos) return unknown_expression(text_);
    at_ = end + 1;
    const auto found = symbols_.find(name);
    if (found == symbols_.end())
      return fail(ErrorCode::not_supported, "the size %.40s shows only when the model runs", std::string(name).c_str());
    return found->second;
  }

  Result<Dim> apply(std::string_view function, const std::vector<Dim>& args) {
    Dim result = args[0];
    if (function == "Add" || function == "Mul" || function == "Max" || function == "Min") {
      for (size_t i = 1; i < args.size(); ++i) {
        if (function == "Add") result = result + args[i];
        if (function == "Mul") result = result * args[i];
        if (function == "Max") result = max(result, args[i]);
        if (function == "Min") result = min(result, args[i]);
      }
      return result;
    }
    if ((function == "Identity" || function == "ToFloat") && args.size() == 1) return result;
    if (args.size() != 2) return unknown_expression(text_);
    if (function == "FloorDiv" || function == "CleanDiv") return floor_divide(args[0], args[1]);
    if (function == "Mod" || function == "PythonMod") return modulo(args[0], args[1]);
    if (function == "CeilDiv") return floor_divide(args[0] + args[1] - Dim(1), args[1]);
    if ((function == "Pow" || function == "PowByNatural") && args[1].is_static() && args[1].value() >= 1 &&
        args[1].value() <= 8) {
      for (int64_t i = 1; i < args[1].value(); ++i) result = result * args[0];
      return result;
    }
    return unknown_expression(text_);
  }

  std::string_view text_;
  const Symbols& symbols_;
  size_t at_ = 0;
};

// --- Functions of symbolic numbers.

std::unexpected<Error> depends_on_size(const Dim& dim) {
  return fail(ErrorCode::not_supported, "it depends on the size %s, which shows only when the model runs",
              dim.str().c_str());
}

// Floats and bools, and sizes that are numbers.
Result<double> as_real(const SymbolicNumber& number) {
  if (const auto* dim = std::get_if<Dim>(&number)) {
    if (!dim->is_static()) return depends_on_size(*dim);
    return static_cast<double>(dim->value());
  }
  if (const auto* flag = std::get_if<bool>(&number)) return *flag ? 1.0 : 0.0;
  return std::get<double>(number);
}

Result<bool> as_flag(const SymbolicNumber& number) {
  return INGOT_TRY(as_real(number)) != 0;
}

Result<SymbolicNumber> whole(double value) {
  if (std::isnan(value)) return fail(ErrorCode::invalid_file, "a size that is not a number");
  return SymbolicNumber(Dim(saturate_cast<int64_t>(value)));
}

// Is every value of `a - b` for the symbols at hand below 0, or none?
std::optional<bool> surely_less(const Dim& a, const Dim& b) {
  const Dim difference = a - b;
  if (difference.max() < 0) return true;
  if (difference.min() >= 0) return false;
  return std::nullopt;
}

std::optional<bool> surely_equal(const Dim& a, const Dim& b) {
  if (a == b) return true;
  if (surely_less(a, b) == true || surely_less(b, a) == true) return false;
  return std::nullopt;
}

using Args = std::span<const SymbolicNumber>;

bool are_dims(Args args) {
  return std::ranges::all_of(args, [](const SymbolicNumber& n) { return std::holds_alternative<Dim>(n); });
}

Result<SymbolicNumber> compare(std::string_view op, Args args) {
  std::optional<bool> result;
  if (are_dims(args)) {
    const Dim& a = std::get<Dim>(args[0]);
    const Dim& b = std::get<Dim>(args[1]);
    const auto negated = [](std::optional<bool> flag) { return flag ? std::optional(!*flag) : flag; };
    if (op == "eq") result = surely_equal(a, b);
    if (op == "ne") result = negated(surely_equal(a, b));
    if (op == "lt") result = surely_less(a, b);
    if (op == "gt") result = surely_less(b, a);
    if (op == "ge") result = negated(surely_less(a, b));
    if (op == "le") result = negated(surely_less(b, a));
    if (!result) return depends_on_size(a.is_static() ? b : a);
    return SymbolicNumber(*result);
  }
  const double a = INGOT_TRY(as_real(args[0]));
  const double b = INGOT_TRY(as_real(args[1]));
  if (op == "eq") return SymbolicNumber(a == b);
  if (op == "ne") return SymbolicNumber(a != b);
  if (op == "lt") return SymbolicNumber(a < b);
  if (op == "gt") return SymbolicNumber(a > b);
  return SymbolicNumber(op == "ge" ? a >= b : a <= b);
}

Result<SymbolicNumber> compute_sizes(std::string_view op, const Dim& a, const Dim& b) {
  if (op == "add") return SymbolicNumber(a + b);
  if (op == "sub") return SymbolicNumber(a - b);
  if (op == "mul") return SymbolicNumber(a * b);
  if (op == "max") return SymbolicNumber(max(a, b));
  if (op == "min") return SymbolicNumber(min(a, b));
  if (op == "floordiv") return SymbolicNumber(INGOT_TRY(floor_divide(a, b)));
  if (op == "mod") return SymbolicNumber(INGOT_TRY(modulo(a, b)));
  return fail(ErrorCode::not_supported, "a power of sizes");
}

Result<SymbolicNumber> compute(std::string_view op, Args args) {
  if (are_dims(args) && op != "truediv" && op != "pow")
    return compute_sizes(op, std::get<Dim>(args[0]), std::get<Dim>(args[1]));
  const double a = INGOT_TRY(as_real(args[0]));
  const double b = INGOT_TRY(as_real(args[1]));
  if (op == "add") return SymbolicNumber(a + b);
  if (op == "sub") return SymbolicNumber(a - b);
  if (op == "mul") return SymbolicNumber(a * b);
  if (op == "max") return SymbolicNumber(std::max(a, b));
  if (op == "min") return SymbolicNumber(std::min(a, b));
  if (op == "pow") return are_dims(args) ? whole(std::pow(a, b)) : SymbolicNumber(std::pow(a, b));
  if (b == 0) return fail(ErrorCode::invalid_file, "a division by zero");
  if (op == "truediv") return SymbolicNumber(a / b);
  if (op == "floordiv") return SymbolicNumber(std::floor(a / b));
  return SymbolicNumber(a - std::floor(a / b) * b);
}

Result<SymbolicNumber> negate(std::string_view, Args args) {
  if (const auto* dim = std::get_if<Dim>(&args[0])) return SymbolicNumber(Dim(0) - *dim);
  return SymbolicNumber(-INGOT_TRY(as_real(args[0])));
}

Result<SymbolicNumber> to_whole(std::string_view op, Args args) {
  if (std::holds_alternative<Dim>(args[0])) return args[0];
  const double value = INGOT_TRY(as_real(args[0]));
  if (op == "ceil") return whole(std::ceil(value));
  if (op == "floor") return whole(std::floor(value));
  return whole(op == "round" ? std::nearbyint(value) : std::trunc(value));
}

Result<SymbolicNumber> to_real(std::string_view op, Args args) {
  const double value = INGOT_TRY(as_real(args[0]));
  return SymbolicNumber(op == "sqrt" ? std::sqrt(value) : value);
}

Result<SymbolicNumber> logic(std::string_view op, Args args) {
  const bool a = INGOT_TRY(as_flag(args[0]));
  if (op == "not") return SymbolicNumber(!a);
  const bool b = INGOT_TRY(as_flag(args[1]));
  return SymbolicNumber(op == "and" ? a && b : a || b);
}

Result<SymbolicNumber> choose(std::string_view, Args args) {
  return INGOT_TRY(as_flag(args[0])) ? args[1] : args[2];
}

struct Row {
  std::string_view target;
  std::string_view op;
  size_t args;
  Result<SymbolicNumber> (*call)(std::string_view op, Args args);
};

constexpr Row kRows[] = {
    {"_operator.add", "add", 2, compute},     {"_operator.sub", "sub", 2, compute},
    {"_operator.mul", "mul", 2, compute},     {"_operator.floordiv", "floordiv", 2, compute},
    {"_operator.mod", "mod", 2, compute},     {"_operator.truediv", "truediv", 2, compute},
    {"_operator.pow", "pow", 2, compute},     {"torch.sym_max", "max", 2, compute},
    {"torch.sym_min", "min", 2, compute},     {"_operator.neg", "neg", 1, negate},
    {"_operator.eq", "eq", 2, compare},       {"_operator.ne", "ne", 2, compare},
    {"_operator.lt", "lt", 2, compare},       {"_operator.le", "le", 2, compare},
    {"_operator.gt", "gt", 2, compare},       {"_operator.ge", "ge", 2, compare},
    {"_operator.and_", "and", 2, logic},      {"_operator.or_", "or", 2, logic},
    {"torch.sym_not", "not", 1, logic},       {"torch.sym_ite", "ite", 3, choose},
    {"torch.sym_float", "float", 1, to_real}, {"torch._sym_sqrt", "sqrt", 1, to_real},
    {"torch.sym_int", "trunc", 1, to_whole},  {"math.trunc", "trunc", 1, to_whole},
    {"math.ceil", "ceil", 1, to_whole},       {"math.floor", "floor", 1, to_whole},
    {"builtins.round", "round", 1, to_whole},
};

const Row* find_row(std::string_view target) {
  const auto found = std::ranges::find(kRows, target, &Row::target);
  return found == std::end(kRows) ? nullptr : found;
}

}  // namespace

std::string symbol_name(std::string_view expression) {
  constexpr std::string_view kStart = "Symbol('";
  if (!expression.starts_with(kStart)) return {};
  const std::string_view rest = expression.substr(kStart.size());
  const size_t end = rest.find('\'');
  // Nothing but assumptions may follow.
  if (end == std::string_view::npos || rest.find('(') != std::string_view::npos) return {};
  return std::string(rest.substr(0, end));
}

std::string readable(std::string_view expression) {
  const std::string name = symbol_name(expression);
  return name.empty() ? std::string(expression.substr(0, 60)) : name;
}

Result<Dim> evaluate(std::string_view expression, const Symbols& symbols) {
  return ExpressionReader(expression, symbols).run();
}

bool is_symbolic_function(std::string_view target) {
  return find_row(target) != nullptr;
}

Result<SymbolicNumber> call_symbolic(std::string_view target, Args args) {
  const Row* row = find_row(target);
  if (row == nullptr || args.size() != row->args)
    return fail(ErrorCode::invalid_file, "%.60s takes other arguments", std::string(target).c_str());
  return row->call(row->op, args);
}

}  // namespace ingot::compiler::pt2
