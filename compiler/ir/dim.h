// The size of one dimension: a number, or an expression over bounded symbols (a batch size between 1 and 64). Shape
// rules compute with Dims, so they are written once for static and dynamic shapes. Immutable, cheap to copy.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace ingot::compiler {

class DimExpr;
struct DimTerm;

class Dim {
 public:
  Dim(int64_t value = 0) : min_(value), max_(value) {}  // NOLINT(google-explicit-constructor): sizes read as numbers
  static Dim symbol(std::string name, int64_t min, int64_t max);

  bool is_static() const { return expr_ == nullptr; }
  // The number of a static Dim.
  int64_t value() const { return max_; }
  // Bounds, equal for a static Dim. Memory is planned at max().
  int64_t min() const { return min_; }
  int64_t max() const { return max_; }
  // "3", "s0", "(s0 + 1) // 2".
  std::string str() const;
  // Null for a static Dim.
  const DimExpr* expr() const { return expr_.get(); }
  // The value where each symbol is what `symbols` says; one that it does not name stands at its largest.
  int64_t evaluate(const std::map<std::string, int64_t>& symbols) const;
  // What sums up to it; of a static Dim one term, or none for 0.
  std::vector<DimTerm> terms() const;
  // Adds every symbol inside, as Dims, by name.
  void collect_symbols(std::map<std::string, Dim>* symbols) const;

  // Are the two equal whatever the symbols are? May miss equalities that need algebra beyond sums of products. Results
  // of the arithmetic below that do not fit 64 bits stick at the largest or smallest number.
  friend bool operator==(const Dim& a, const Dim& b);
  friend Dim operator+(const Dim& a, const Dim& b);
  friend Dim operator-(const Dim& a, const Dim& b);
  friend Dim operator*(const Dim& a, const Dim& b);
  // Rounded towards minus infinity; b > 0 (else the result is 0).
  friend Dim floor_div(const Dim& a, const Dim& b);
  friend Dim max(const Dim& a, const Dim& b);
  friend Dim min(const Dim& a, const Dim& b);

 private:
  friend class DimExpr;

  int64_t min_;
  int64_t max_;
  std::shared_ptr<const DimExpr> expr_;
};

using Shape = std::vector<Dim>;

// A factor of a term: a symbol, or an operation on two other Dims.
struct DimFactor {
  enum class Kind : uint8_t { symbol, floor_div, max, min, product };
  Kind kind;
  std::string symbol;  // its name
  Dim a;
  Dim b;
};

struct DimTerm {
  int64_t coefficient;
  std::vector<DimFactor> factors;
};

Dim ceil_div(const Dim& a, const Dim& b);
bool is_static(const Shape& shape);
// The product of the sizes.
Dim numel(const Shape& shape);
// Sizes of a static shape.
std::vector<int64_t> static_sizes(const Shape& shape);
Shape to_shape(const std::vector<int64_t>& sizes);
// "[1, 3, s0, 224]"
std::string to_string(const Shape& shape);

}  // namespace ingot::compiler
