// Einsum, as diagonals, permutations, products of matrices one after the other, and a sum. Letters stand for axes; an
// ellipsis for the axes in front that are broadcast.
#include <algorithm>
#include <string>
#include <vector>

#include "compiler/frontend/aten/products.h"

namespace ingot::compiler {
namespace {

// An operand with one axis a letter of `letters`.
struct Operand {
  Value* x;
  std::string letters;
};

constexpr char kFirstEllipsis = '0';  // axes of an ellipsis are called '0', '1', ... counted from its end

// "...ij" for a tensor of rank 4 becomes "10ij".
Result<std::string> spell_out(const std::string& term, size_t rank) {
  const size_t dots = term.find("...");
  const size_t letters = term.size() - (dots == std::string::npos ? 0 : 3);
  const bool sound = dots == std::string::npos ? letters == rank : letters <= rank;
  if (!sound) return fail(ErrorCode::invalid_file, "'%.40s' for a tensor of rank %zu", term.c_str(), rank);
  std::string result = term;
  if (dots != std::string::npos) {
    std::string hidden;
    for (size_t i = rank - letters; i-- > 0;) hidden += static_cast<char>(kFirstEllipsis + i);
    result.replace(dots, 3, hidden);
  }
  for (size_t i = 0; i < result.size(); ++i) {
    const char letter = result[i];
    const bool known = (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
                       (letter >= kFirstEllipsis && letter < kFirstEllipsis + 16);
    if (!known) return fail(ErrorCode::invalid_file, "'%.40s' is no term", term.c_str());
  }
  return result;
}

// Axes under one letter become their diagonal.
Result<Operand> without_repeats(Calls& c, Operand operand) {
  for (size_t i = 0; i < operand.letters.size(); ++i) {
    const char letter = operand.letters[i];
    const size_t j = operand.letters.find(letter, i + 1);
    if (j == std::string::npos) continue;
    const Shape& shape = operand.x->type.shape;
    if (!(shape[i] == shape[j]))
      return fail(ErrorCode::invalid_file, "axes of sizes %s and %s under one letter", shape[i].str().c_str(),
                  shape[j].str().c_str());
    operand.x = INGOT_TRY(
        c.call("aten::diagonal_copy", {operand.x, int64_t{0}, static_cast<int64_t>(i), static_cast<int64_t>(j)}));
    operand.letters.erase(j, 1);
    operand.letters.erase(i, 1);
    operand.letters += letter;
    i = static_cast<size_t>(-1);  // from the start again
  }
  return operand;
}

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts(1);
  for (const char c : text) {
    if (c == separator) {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

// The axes of `operand` in the order of `letters`, which it has all of.
Result<Operand> reordered(Calls& c, const Operand& operand, const std::string& letters) {
  std::vector<int64_t> order;
  for (const char letter : letters) order.push_back(static_cast<int64_t>(operand.letters.find(letter)));
  Value* x = INGOT_TRY(c.permute(operand.x, order));
  return Operand{x, letters};
}

// Adds up the axes that nobody asks for any more.
Result<Operand> summed(Calls& c, Operand operand, const std::string& wanted) {
  std::vector<int64_t> axes;
  std::string left;
  for (size_t i = 0; i < operand.letters.size(); ++i) {
    if (wanted.find(operand.letters[i]) == std::string::npos) {
      axes.push_back(static_cast<int64_t>(i));
    } else {
      left += operand.letters[i];
    }
  }
  if (axes.empty()) return operand;
  Value* x = INGOT_TRY(c.call("aten::sum.dim_IntList", {operand.x, axes, false, operand.x->type.dtype}));
  return Operand{x, left};
}

Dim size_of_letter(const Operand& operand, char letter) {
  return operand.x->type.shape[operand.letters.find(letter)];
}

// Letters of a by whether b and the result have them.
std::string pick(const Operand& a, const Operand& b, const std::string& result, bool in_b, bool in_result) {
  std::string letters;
  for (const char letter : a.letters) {
    if ((b.letters.find(letter) != std::string::npos) == in_b &&
        (result.find(letter) != std::string::npos) == in_result)
      letters += letter;
  }
  return letters;
}

Shape shape_of(const Operand& operand, const std::string& letters) {
  Shape shape;
  for (const char letter : letters) shape.push_back(size_of_letter(operand, letter));
  return shape;
}

// An axis of one element that meets a longer one of `other` is broadcast: it need not be there.
Result<Operand> without_broadcast(Calls& c, Operand operand, const Operand& other) {
  Shape shape;
  std::string left;
  for (size_t i = 0; i < operand.letters.size(); ++i) {
    const Dim& size = operand.x->type.shape[i];
    const bool both = other.letters.find(operand.letters[i]) != std::string::npos;
    if (both && size == Dim(1) && !(size_of_letter(other, operand.letters[i]) == Dim(1))) continue;
    shape.push_back(size);
    left += operand.letters[i];
  }
  Value* x = INGOT_TRY(c.view(operand.x, shape));
  return Operand{x, left};
}

// Batches are letters that both operands and the result have; rows and columns belong to one operand; the inner ones
// are summed over.
Result<Operand> multiply(Calls& c, Operand a, Operand b, const std::string& result) {
  const Operand whole = a;
  a = INGOT_TRY(without_broadcast(c, a, b));
  b = INGOT_TRY(without_broadcast(c, b, whole));
  a = INGOT_TRY(summed(c, a, b.letters + result));
  b = INGOT_TRY(summed(c, b, a.letters + result));
  const std::string batch = pick(a, b, result, true, true);
  const std::string inner = pick(a, b, result, true, false);
  const std::string rows = pick(a, b, result, false, true);
  const std::string columns = pick(b, a, result, false, true);
  for (const char letter : batch + inner) {
    if (!(size_of_letter(a, letter) == size_of_letter(b, letter)))
      return fail(ErrorCode::not_supported, "axes of sizes %s and %s under one letter",
                  size_of_letter(a, letter).str().c_str(), size_of_letter(b, letter).str().c_str());
  }
  a = INGOT_TRY(reordered(c, a, batch + rows + inner));
  b = INGOT_TRY(reordered(c, b, batch + inner + columns));
  const Dim count = numel(shape_of(a, batch));
  const Dim depth = numel(shape_of(a, inner));
  Shape shape = shape_of(a, batch + rows);
  const Shape column_shape = shape_of(b, columns);
  shape.insert(shape.end(), column_shape.begin(), column_shape.end());
  Value* left = INGOT_TRY(c.view(a.x, {count, numel(shape_of(a, rows)), depth}));
  Value* right = INGOT_TRY(c.view(b.x, {count, depth, numel(column_shape)}));
  Value* product = INGOT_TRY(c.call("aten::bmm", {left, right}));
  product = INGOT_TRY(c.view(product, shape));
  return Operand{product, batch + rows + columns};
}

// Without "->": the ellipsis, then the letters that come once, by the alphabet.
std::string implied_result(const std::string& terms) {
  std::string hidden;
  std::string letters;
  for (const char letter : terms) {
    if (letter >= kFirstEllipsis && letter < kFirstEllipsis + 16) {
      if (hidden.find(letter) == std::string::npos) hidden += letter;
    } else if (std::ranges::count(terms, letter) == 1) {
      letters += letter;
    }
  }
  std::ranges::sort(hidden, std::ranges::greater());
  std::ranges::sort(letters);
  return hidden + letters;
}

}  // namespace

Result<Value*> einsum(Calls& c, std::string equation, const std::vector<Value*>& inputs) {
  std::erase(equation, ' ');
  const size_t arrow = equation.find("->");
  const std::vector<std::string> terms = split(equation.substr(0, arrow), ',');
  if (terms.size() != inputs.size())
    return fail(ErrorCode::invalid_file, "'%.60s' has %zu terms for %zu inputs", equation.c_str(), terms.size(),
                inputs.size());
  std::vector<Operand> operands;
  std::string all;
  size_t hidden = 0;  // axes of the widest ellipsis
  for (size_t i = 0; i < terms.size(); ++i) {
    operands.push_back({inputs[i], INGOT_TRY(spell_out(terms[i], inputs[i]->type.rank()))});
    all += operands.back().letters;
    if (terms[i].find("...") != std::string::npos)
      hidden = std::max(hidden, inputs[i]->type.rank() - (terms[i].size() - 3));
  }
  std::string result = implied_result(all);
  if (arrow != std::string::npos) {
    const std::string term = equation.substr(arrow + 2);
    const bool dots = term.find("...") != std::string::npos;
    result = INGOT_TRY(spell_out(term, dots ? term.size() - 3 + hidden : term.size()));
  }
  for (const char letter : result) {
    if (all.find(letter) == std::string::npos || std::ranges::count(result, letter) != 1)
      return fail(ErrorCode::invalid_file, "the result of '%.60s' has a letter of its own, or twice", equation.c_str());
  }
  for (Operand& operand : operands) operand = INGOT_TRY(without_repeats(c, operand));
  Operand done = operands[0];
  for (size_t i = 1; i < operands.size(); ++i) {
    std::string wanted = result;  // later
    for (size_t later = i + 1; later < operands.size(); ++later) wanted += operands[later].letters;
    done = INGOT_TRY(multiply(c, done, operands[i], wanted));
  }
  done = INGOT_TRY(summed(c, done, result));
  done = INGOT_TRY(reordered(c, done, result));
  return done.x;
}

}  // namespace ingot::compiler
