#include "compiler/ir/dim.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <utility>

namespace ingot::compiler {
namespace {

constexpr int64_t kLargest = std::numeric_limits<int64_t>::max();
constexpr int64_t kSmallest = std::numeric_limits<int64_t>::min();

// Beyond these an expression is not multiplied out, or not spelled out. No model comes near.
constexpr size_t kMaxTerms = 256;
constexpr size_t kMaxDegree = 64;
constexpr size_t kMaxText = 2000;

int64_t add(int64_t a, int64_t b) {
  int64_t sum;
  if (!__builtin_add_overflow(a, b, &sum)) return sum;
  return a > 0 ? kLargest : kSmallest;
}

int64_t multiply(int64_t a, int64_t b) {
  int64_t product;
  if (!__builtin_mul_overflow(a, b, &product)) return product;
  return (a > 0) == (b > 0) ? kLargest : kSmallest;
}

int64_t negate(int64_t a) {
  return a == kSmallest ? kLargest : -a;
}

int64_t divide_down(int64_t a, int64_t b) {
  if (b <= 0) return 0;
  return a / b - (a % b < 0 ? 1 : 0);
}

}  // namespace

// A canonical sum of products: terms in the order of their atoms' texts, the constant last, no zero coefficients. Two
// expressions are equal where their terms are.
class DimExpr {
 public:
  using Kind = DimFactor::Kind;

  struct Atom {
    Kind kind;
    std::string text;
    int64_t min;
    int64_t max;
    Dim a;
    Dim b;
  };
  using Atoms = std::vector<std::shared_ptr<const Atom>>;

  struct Term {
    int64_t coefficient;
    Atoms atoms;  // in the order of their texts
  };
  using Terms = std::vector<Term>;

  static Terms terms_of(const Dim& dim) {
    if (dim.expr() != nullptr) return dim.expr()->terms;
    return dim.value() == 0 ? Terms{} : Terms{{dim.value(), {}}};
  }
  static Dim make(Terms terms);
  static Dim atom(Kind kind, std::string text, int64_t min, int64_t max, const Dim& a, const Dim& b) {
    // Expressions that hold each other would grow without bound: a long one stands under its hash.
    if (text.size() > kMaxText) text = "#" + std::to_string(std::hash<std::string>()(text));
    return make({{1, {std::make_shared<const Atom>(Atom{kind, std::move(text), min, max, a, b})}}});
  }
  static int compare(const Atoms& a, const Atoms& b);
  // Takes the atoms of `divisor` out of `atoms`; false where one is missing.
  static bool remove(const Atoms& divisor, Atoms* atoms);

  Terms terms;
};

int DimExpr::compare(const Atoms& a, const Atoms& b) {
  if (a.empty() != b.empty()) return a.empty() ? 1 : -1;
  for (size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    if (const int order = a[i]->text.compare(b[i]->text); order != 0) return order;
  }
  return a.size() == b.size() ? 0 : a.size() < b.size() ? -1 : 1;
}

bool DimExpr::remove(const Atoms& divisor, Atoms* atoms) {
  for (const auto& wanted : divisor) {
    const auto found = std::ranges::find_if(*atoms, [&](const auto& atom) { return atom->text == wanted->text; });
    if (found == atoms->end()) return false;
    atoms->erase(found);
  }
  return true;
}

Dim DimExpr::make(Terms terms) {
  std::ranges::sort(terms, [](const Term& a, const Term& b) { return compare(a.atoms, b.atoms) < 0; });
  Terms merged;
  for (Term& term : terms) {
    if (!merged.empty() && compare(merged.back().atoms, term.atoms) == 0) {
      merged.back().coefficient = add(merged.back().coefficient, term.coefficient);
    } else {
      merged.push_back(std::move(term));
    }
  }
  std::erase_if(merged, [](const Term& term) { return term.coefficient == 0; });
  if (merged.empty()) return Dim(0);
  if (merged.size() == 1 && merged[0].atoms.empty()) return Dim(merged[0].coefficient);

  Dim result;
  result.min_ = result.max_ = 0;
  for (const Term& term : merged) {
    int64_t low = term.coefficient;
    int64_t high = term.coefficient;
    for (const auto& atom : term.atoms) {
      const auto [smallest, largest] = std::minmax(
          {multiply(low, atom->min), multiply(low, atom->max), multiply(high, atom->min), multiply(high, atom->max)});
      low = smallest;
      high = largest;
    }
    result.min_ = add(result.min_, low);
    result.max_ = add(result.max_, high);
  }
  auto expr = std::make_shared<DimExpr>();
  expr->terms = std::move(merged);
  result.expr_ = std::move(expr);
  return result;
}

Dim Dim::symbol(std::string name, int64_t min, int64_t max) {
  return DimExpr::atom(DimExpr::Kind::symbol, std::move(name), min, max, Dim(), Dim());
}

std::string Dim::str() const {
  if (is_static()) return std::to_string(max_);
  std::string text;
  for (const DimExpr::Term& term : expr_->terms) {
    int64_t coefficient = term.coefficient;
    if (!text.empty()) {
      text += coefficient < 0 ? " - " : " + ";
      coefficient = coefficient < 0 ? negate(coefficient) : coefficient;
    }
    if (term.atoms.empty() || coefficient != 1) text += std::to_string(coefficient);
    for (size_t i = 0; i < term.atoms.size(); ++i) {
      if (i > 0 || coefficient != 1) text += '*';
      const bool division = term.atoms[i]->kind == DimExpr::Kind::floor_div;
      const bool alone = expr_->terms.size() == 1 && term.atoms.size() == 1 && coefficient == 1;
      text += division && !alone ? "(" + term.atoms[i]->text + ")" : term.atoms[i]->text;
    }
  }
  return text;
}

int64_t Dim::evaluate(const std::map<std::string, int64_t>& symbols) const {
  if (is_static()) return max_;
  int64_t sum = 0;
  for (const DimExpr::Term& term : expr_->terms) {
    int64_t product = term.coefficient;
    for (const auto& atom : term.atoms) {
      int64_t value = atom->max;
      if (atom->kind == DimExpr::Kind::symbol) {
        if (const auto found = symbols.find(atom->text); found != symbols.end()) value = found->second;
      } else {
        const int64_t a = atom->a.evaluate(symbols);
        const int64_t b = atom->b.evaluate(symbols);
        value = atom->kind == DimExpr::Kind::floor_div ? divide_down(a, b)
                : atom->kind == DimExpr::Kind::product ? multiply(a, b)
                : atom->kind == DimExpr::Kind::max     ? std::max(a, b)
                                                       : std::min(a, b);
      }
      product = multiply(product, value);
    }
    sum = add(sum, product);
  }
  return sum;
}

std::vector<DimTerm> Dim::terms() const {
  std::vector<DimTerm> terms;
  for (const DimExpr::Term& term : DimExpr::terms_of(*this)) {
    DimTerm& out = terms.emplace_back(term.coefficient);
    for (const auto& atom : term.atoms) {
      out.factors.push_back({atom->kind, atom->kind == DimFactor::Kind::symbol ? atom->text : "", atom->a, atom->b});
    }
  }
  return terms;
}

void Dim::collect_symbols(std::map<std::string, Dim>* symbols) const {
  if (is_static()) return;
  for (const DimExpr::Term& term : expr_->terms) {
    for (const auto& atom : term.atoms) {
      if (atom->kind == DimExpr::Kind::symbol) {
        symbols->emplace(atom->text, symbol(atom->text, atom->min, atom->max));
      } else {
        atom->a.collect_symbols(symbols);
        atom->b.collect_symbols(symbols);
      }
    }
  }
}

bool operator==(const Dim& a, const Dim& b) {
  if (a.is_static() || b.is_static()) return a.is_static() && b.is_static() && a.max_ == b.max_;
  return std::ranges::equal(a.expr_->terms, b.expr_->terms, [](const DimExpr::Term& x, const DimExpr::Term& y) {
    return x.coefficient == y.coefficient && DimExpr::compare(x.atoms, y.atoms) == 0;
  });
}

Dim operator+(const Dim& a, const Dim& b) {
  if (a.is_static() && b.is_static()) return add(a.max_, b.max_);
  DimExpr::Terms terms = DimExpr::terms_of(a);
  for (DimExpr::Term& term : DimExpr::terms_of(b)) terms.push_back(std::move(term));
  return DimExpr::make(std::move(terms));
}

Dim operator-(const Dim& a, const Dim& b) {
  return a + b * Dim(-1);
}

Dim operator*(const Dim& a, const Dim& b) {
  if (a.is_static() && b.is_static()) return multiply(a.max_, b.max_);
  DimExpr::Terms terms;
  const DimExpr::Terms left = DimExpr::terms_of(a);
  const DimExpr::Terms right = DimExpr::terms_of(b);
  const auto degree = [](const DimExpr::Terms& terms) {
    size_t largest = 0;
    for (const DimExpr::Term& term : terms) largest = std::max(largest, term.atoms.size());
    return largest;
  };
  if (left.size() * right.size() > kMaxTerms || degree(left) + degree(right) > kMaxDegree) {
    const auto [min, max] = std::minmax(
        {multiply(a.min_, b.min_), multiply(a.min_, b.max_), multiply(a.max_, b.min_), multiply(a.max_, b.max_)});
    const std::string text = "(" + a.str() + ")*(" + b.str() + ")";
    return DimExpr::atom(DimExpr::Kind::product, text, min, max, a, b);
  }
  for (const DimExpr::Term& x : left) {
    for (const DimExpr::Term& y : right) {
      DimExpr::Atoms atoms = x.atoms;
      atoms.insert(atoms.end(), y.atoms.begin(), y.atoms.end());
      std::ranges::sort(atoms, {}, [](const auto& atom) -> const std::string& { return atom->text; });
      terms.push_back({multiply(x.coefficient, y.coefficient), std::move(atoms)});
    }
  }
  return DimExpr::make(std::move(terms));
}

Dim floor_div(const Dim& a, const Dim& b) {
  if (b.is_static() && b.max_ <= 0) return 0;
  if (a.is_static() && b.is_static()) return divide_down(a.max_, b.max_);
  if (a == b) return 1;
  if (b == Dim(1)) return a;
  // (q * b + r) // b is q + r // b: whole multiples of a divisor of one term are taken out.
  Dim quotient = 0;
  Dim rest = a;
  const DimExpr::Terms divisor = DimExpr::terms_of(b);
  if (divisor.size() == 1 && divisor[0].coefficient > 0) {
    DimExpr::Terms whole;
    DimExpr::Terms remainder;
    for (const DimExpr::Term& term : DimExpr::terms_of(a)) {
      DimExpr::Atoms atoms = term.atoms;
      const int64_t times =
          DimExpr::remove(divisor[0].atoms, &atoms) ? divide_down(term.coefficient, divisor[0].coefficient) : 0;
      const int64_t left = term.coefficient - times * divisor[0].coefficient;
      if (times != 0) whole.push_back({times, std::move(atoms)});
      if (left != 0) remainder.push_back({left, term.atoms});
    }
    quotient = DimExpr::make(std::move(whole));
    rest = DimExpr::make(std::move(remainder));
  }
  const int64_t smallest = std::max<int64_t>(b.min_, 1);
  const int64_t largest = std::max<int64_t>(b.max_, 1);
  const int64_t low = divide_down(rest.min_, rest.min_ >= 0 ? largest : smallest);
  const int64_t high = divide_down(rest.max_, rest.max_ >= 0 ? smallest : largest);
  if (low == high) return quotient + Dim(low);
  // (x // m + c) // n is (x + c * m) // (m * n).
  if (b.is_static() && !rest.is_static() && rest.expr_->terms.size() <= 2) {
    const DimExpr::Term& first = rest.expr_->terms[0];
    const bool only_constant_follows = rest.expr_->terms.size() == 1 || rest.expr_->terms[1].atoms.empty();
    if (first.coefficient == 1 && first.atoms.size() == 1 && only_constant_follows &&
        first.atoms[0]->kind == DimExpr::Kind::floor_div && first.atoms[0]->b.is_static()) {
      const int64_t constant = rest.expr_->terms.size() == 2 ? rest.expr_->terms[1].coefficient : 0;
      const Dim inner = first.atoms[0]->b;
      return quotient + floor_div(first.atoms[0]->a + Dim(constant) * inner, inner * b);
    }
  }
  const auto operand = [](const Dim& dim) {
    const bool plain = dim.is_static() || (dim.expr_->terms.size() == 1 && dim.expr_->terms[0].coefficient == 1 &&
                                           dim.expr_->terms[0].atoms.size() == 1 &&
                                           dim.expr_->terms[0].atoms[0]->kind != DimExpr::Kind::floor_div);
    return plain ? dim.str() : "(" + dim.str() + ")";
  };
  return quotient + DimExpr::atom(DimExpr::Kind::floor_div, operand(rest) + " // " + operand(b), low, high, rest, b);
}

Dim max(const Dim& a, const Dim& b) {
  const Dim difference = a - b;
  if (difference.min_ >= 0) return a;
  if (difference.max_ <= 0) return b;
  const bool ordered = a.str() <= b.str();
  const Dim& x = ordered ? a : b;
  const Dim& y = ordered ? b : a;
  return DimExpr::atom(DimExpr::Kind::max, "max(" + x.str() + ", " + y.str() + ")", std::max(a.min_, b.min_),
                       std::max(a.max_, b.max_), x, y);
}

Dim min(const Dim& a, const Dim& b) {
  const Dim difference = a - b;
  if (difference.min_ >= 0) return b;
  if (difference.max_ <= 0) return a;
  const bool ordered = a.str() <= b.str();
  const Dim& x = ordered ? a : b;
  const Dim& y = ordered ? b : a;
  return DimExpr::atom(DimExpr::Kind::min, "min(" + x.str() + ", " + y.str() + ")", std::min(a.min_, b.min_),
                       std::min(a.max_, b.max_), x, y);
}

Dim ceil_div(const Dim& a, const Dim& b) {
  return floor_div(a + b - Dim(1), b);
}

bool is_static(const Shape& shape) {
  return std::ranges::all_of(shape, [](const Dim& dim) { return dim.is_static(); });
}

Dim numel(const Shape& shape) {
  // Zero first, so that sizes too large to multiply do not hide it.
  if (std::ranges::any_of(shape, [](const Dim& dim) { return dim == Dim(0); })) return 0;
  Dim product = 1;
  for (const Dim& dim : shape) product = product * dim;
  return product;
}

std::vector<int64_t> static_sizes(const Shape& shape) {
  std::vector<int64_t> sizes;
  sizes.reserve(shape.size());
  for (const Dim& dim : shape) sizes.push_back(dim.value());
  return sizes;
}

Shape to_shape(const std::vector<int64_t>& sizes) {
  return Shape(sizes.begin(), sizes.end());
}

std::string to_string(const Shape& shape) {
  std::string text = "[";
  for (size_t i = 0; i < shape.size(); ++i) text += (i > 0 ? ", " : "") + shape[i].str();
  return text + "]";
}

}  // namespace ingot::compiler
