#include "compiler/frontend/pt2/pickle.h"

#include <bit>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "runtime/core/tensor.h"

// Source of the opcodes: CPython's documentation of pickletools.
namespace ingot::compiler::pt2 {
namespace {

// Plenty for a hundred thousand parameters.
constexpr size_t kMostStreamBytes = size_t{64} << 20;
constexpr size_t kMostValues = size_t{2} << 20;
constexpr size_t kMostArgs = 8;  // of a call

// The globals of a tensor's pickle.
enum class Symbol : uint8_t { ordered_dict, rebuild_tensor_v2, rebuild_tensor_v3, rebuild_parameter, storage, dtype };

struct GlobalRow {
  std::string_view module;
  std::string_view name;
  Symbol symbol;
  std::optional<DType> dtype = {};  // of a storage or a dtype
};

constexpr GlobalRow kGlobals[] = {
    {"collections", "OrderedDict", Symbol::ordered_dict},
    {"torch._utils", "_rebuild_tensor_v2", Symbol::rebuild_tensor_v2},
    {"torch._utils", "_rebuild_tensor_v3", Symbol::rebuild_tensor_v3},
    {"torch._utils", "_rebuild_parameter", Symbol::rebuild_parameter},
    {"torch", "FloatStorage", Symbol::storage, DType::float32},
    {"torch", "DoubleStorage", Symbol::storage, DType::float64},
    {"torch", "HalfStorage", Symbol::storage, DType::float16},
    {"torch", "BFloat16Storage", Symbol::storage, DType::bfloat16},
    {"torch", "ByteStorage", Symbol::storage, DType::uint8},
    {"torch", "CharStorage", Symbol::storage, DType::int8},
    {"torch", "ShortStorage", Symbol::storage, DType::int16},
    {"torch", "IntStorage", Symbol::storage, DType::int32},
    {"torch", "LongStorage", Symbol::storage, DType::int64},
    {"torch", "BoolStorage", Symbol::storage, DType::boolean},
    {"torch.storage", "UntypedStorage", Symbol::storage},
    {"torch", "uint16", Symbol::dtype, DType::uint16},
    {"torch", "uint32", Symbol::dtype, DType::uint32},
    {"torch", "uint64", Symbol::dtype, DType::uint64},
};

// What an opcode pushes. Values refer to others by their place in one list, so that nothing nests.
struct Value {
  enum class Kind : uint8_t { none, boolean, integer, real, text, sequence, dictionary, global, storage, tensor };
  Kind kind = Kind::none;
  int64_t integer = 0;                // boolean too; a tensor's place among the tensors
  std::string_view text = {};         // of the stream; a storage's key
  const GlobalRow* global = nullptr;  // a storage's type too
  std::vector<uint32_t> items = {};   // of a tuple or list; keys and values in turn of a dictionary
};

class Reader {
 public:
  explicit Reader(std::span<const std::byte> stream)
      : text_(reinterpret_cast<const char*>(stream.data()), stream.size()) {}

  Result<std::map<std::string, StoredTensor>> run();

 private:
  using Kind = Value::Kind;

  // --- The stream.
  Result<std::string_view> take(uint64_t bytes) {
    if (bytes > text_.size() - at_) return fail(ErrorCode::invalid_file, "the pickle ends early");
    const std::string_view part = text_.substr(at_, static_cast<size_t>(bytes));
    at_ += part.size();
    return part;
  }
  // Little-endian.
  Result<uint64_t> number(size_t bytes) {
    const std::string_view part = INGOT_TRY(take(bytes));
    uint64_t value = 0;
    for (size_t i = bytes; i-- > 0;) value = value << 8 | static_cast<unsigned char>(part[i]);
    return value;
  }
  Result<std::string_view> line() {
    const size_t end = text_.find('\n', at_);
    if (end == std::string_view::npos) return fail(ErrorCode::invalid_file, "the pickle ends early");
    const std::string_view part = text_.substr(at_, end - at_);
    at_ = end + 1;
    return part;
  }

  // --- The stack.
  Result<void> push(Value value) {
    if (values_.size() >= kMostValues) return fail(ErrorCode::limit_exceeded, "a pickle of too many values");
    stack_.push_back(static_cast<uint32_t>(values_.size()));
    values_.push_back(std::move(value));
    return {};
  }
  Result<void> push_integer(int64_t integer, Kind kind = Kind::integer) {
    return push({.kind = kind, .integer = integer});
  }
  size_t floor() const { return marks_.empty() ? 0 : marks_.back(); }
  Result<uint32_t> pop() {
    if (stack_.size() <= floor()) return fail(ErrorCode::invalid_file, "the pickle takes what it has not put there");
    const uint32_t value = stack_.back();
    stack_.pop_back();
    return value;
  }
  Result<Value*> top() {
    if (stack_.size() <= floor()) return fail(ErrorCode::invalid_file, "the pickle takes what it has not put there");
    return &values_[stack_.back()];
  }
  // The last `count` values.
  Result<std::vector<uint32_t>> pop_last(size_t count) {
    if (stack_.size() - floor() < count)
      return fail(ErrorCode::invalid_file, "the pickle takes what it has not put there");
    std::vector<uint32_t> items(stack_.end() - static_cast<std::ptrdiff_t>(count), stack_.end());
    stack_.resize(stack_.size() - count);
    return items;
  }
  // Those since the last mark.
  Result<std::vector<uint32_t>> pop_marked() {
    if (marks_.empty()) return fail(ErrorCode::invalid_file, "the pickle takes what it has not put there");
    std::vector<uint32_t> items = INGOT_TRY(pop_last(stack_.size() - marks_.back()));
    marks_.pop_back();
    return items;
  }

  // --- Opcodes.
  Result<void> step(unsigned char opcode);
  Result<void> push_tuple(Result<std::vector<uint32_t>> items) {
    return push({.kind = Kind::sequence, .items = INGOT_TRY(std::move(items))});
  }
  Result<void> push_long();
  Result<void> push_real();
  Result<void> push_global();
  Result<void> memoize(uint64_t index);
  Result<void> recall(uint64_t index);
  Result<void> add_items(Kind kind, Result<std::vector<uint32_t>> items);
  Result<void> persistent();
  Result<void> reduce();
  Result<void> build();
  Result<void> rebuild_tensor(const std::vector<uint32_t>& args, bool names_dtype);

  Result<std::vector<int64_t>> integers(uint32_t sequence) const;
  std::unexpected<Error> unexpected_args(const GlobalRow& global) const {
    return fail(ErrorCode::invalid_file, "the pickle calls %.*s with other arguments than PyTorch does",
                static_cast<int>(global.name.size()), global.name.data());
  }

  std::string_view text_;
  size_t at_ = 0;
  std::vector<Value> values_;
  std::vector<uint32_t> stack_;
  std::vector<size_t> marks_;
  std::unordered_map<uint64_t, uint32_t> memo_;
  std::vector<StoredTensor> tensors_;
};

Result<void> Reader::push_long() {
  const auto bytes = static_cast<size_t>(INGOT_TRY(number(1)));
  if (bytes > 8) return fail(ErrorCode::invalid_file, "the pickle holds an integer of %zu bytes", bytes);
  if (bytes == 0) return push_integer(0);
  const auto unsigned_value = INGOT_TRY(number(bytes)) << (64 - 8 * bytes);
  return push_integer(std::bit_cast<int64_t>(unsigned_value) >> (64 - 8 * bytes));
}

Result<void> Reader::push_real() {
  INGOT_TRY(take(8));  // no tensor depends on a float
  return push({.kind = Kind::real});
}

Result<void> Reader::push_global() {
  const std::string_view module = INGOT_TRY(line());
  const std::string_view name = INGOT_TRY(line());
  for (const GlobalRow& row : kGlobals) {
    if (row.module == module && row.name == name) return push({.kind = Kind::global, .global = &row});
  }
  return fail(ErrorCode::not_supported, "the pickle asks for %.60s.%.60s, which is no part of a tensor",
              std::string(module).c_str(), std::string(name).c_str());
}

Result<void> Reader::memoize(uint64_t index) {
  INGOT_TRY(top());
  memo_[index] = stack_.back();
  return {};
}

Result<void> Reader::recall(uint64_t index) {
  const auto found = memo_.find(index);
  if (found == memo_.end()) return fail(ErrorCode::invalid_file, "the pickle recalls what it never kept");
  if (stack_.size() >= kMostValues) return fail(ErrorCode::limit_exceeded, "a pickle of too many values");
  stack_.push_back(found->second);
  return {};
}

Result<void> Reader::add_items(Kind kind, Result<std::vector<uint32_t>> items) {
  const std::vector<uint32_t> added = INGOT_TRY(std::move(items));
  Value* value = INGOT_TRY(top());
  if (value->kind != kind || (kind == Kind::dictionary && added.size() % 2 != 0))
    return fail(ErrorCode::invalid_file, "the pickle adds items to something else than a list or dictionary");
  value->items.insert(value->items.end(), added.begin(), added.end());
  return {};
}

// ("storage", type, key, location, elements)
Result<void> Reader::persistent() {
  const Value& id = values_[INGOT_TRY(pop())];
  if (id.kind != Kind::sequence || id.items.size() != 5)
    return fail(ErrorCode::invalid_file, "the pickle refers to something else than a storage");
  const Value& word = values_[id.items[0]];
  const Value& type = values_[id.items[1]];
  const Value& key = values_[id.items[2]];
  if (word.kind != Kind::text || word.text != "storage" || type.kind != Kind::global ||
      type.global->symbol != Symbol::storage || key.kind != Kind::text)
    return fail(ErrorCode::invalid_file, "the pickle refers to something else than a storage");
  return push({.kind = Kind::storage, .text = key.text, .global = type.global});
}

Result<std::vector<int64_t>> Reader::integers(uint32_t sequence) const {
  const Value& list = values_[sequence];
  if (list.kind != Kind::sequence || list.items.size() > kMaxRank)
    return fail(ErrorCode::invalid_file, "a tensor of the pickle has no sizes, or too many");
  std::vector<int64_t> result;
  for (const uint32_t item : list.items) {
    if (values_[item].kind != Kind::integer) return fail(ErrorCode::invalid_file, "a size in the pickle is no integer");
    result.push_back(values_[item].integer);
  }
  return result;
}

// (storage, offset, sizes, strides, requires_grad, hooks[, dtype][, metadata])
Result<void> Reader::rebuild_tensor(const std::vector<uint32_t>& args, bool names_dtype) {
  const Value& storage = values_[args[0]];
  const Value& offset = values_[args[1]];
  if (storage.kind != Kind::storage || offset.kind != Kind::integer)
    return fail(ErrorCode::invalid_file, "a tensor of the pickle has no storage");
  std::optional<DType> dtype = storage.global->dtype;
  if (names_dtype) {
    const Value& named = values_[args[6]];
    if (named.kind != Kind::global || named.global->symbol != Symbol::dtype)
      return fail(ErrorCode::invalid_file, "a tensor of the pickle has no dtype");
    dtype = named.global->dtype;
  }
  if (!dtype) return fail(ErrorCode::invalid_file, "a tensor of the pickle has no dtype");
  // One after the other: g++ leaks the members of an aggregate that are made already when one of them returns.
  std::vector<int64_t> sizes = INGOT_TRY(integers(args[2]));
  std::vector<int64_t> strides = INGOT_TRY(integers(args[3]));
  tensors_.push_back({*dtype, std::move(sizes), std::move(strides), offset.integer, std::string(storage.text)});
  return push({.kind = Kind::tensor, .integer = static_cast<int64_t>(tensors_.size() - 1)});
}

Result<void> Reader::reduce() {
  const std::vector<uint32_t> parts = INGOT_TRY(pop_last(2));
  const Value& callee = values_[parts[0]];
  if (callee.kind != Kind::global || values_[parts[1]].kind != Kind::sequence)
    return fail(ErrorCode::invalid_file, "the pickle calls something else than a global");
  const GlobalRow& global = *callee.global;
  if (values_[parts[1]].items.size() > kMostArgs) return unexpected_args(global);
  const std::vector<uint32_t> args = values_[parts[1]].items;
  switch (global.symbol) {
    case Symbol::ordered_dict:
      if (!args.empty()) return unexpected_args(global);
      return push({.kind = Kind::dictionary});
    case Symbol::rebuild_tensor_v2:
      if (args.size() != 6 && args.size() != 7) return unexpected_args(global);
      return rebuild_tensor(args, false);
    case Symbol::rebuild_tensor_v3:
      if (args.size() != 7 && args.size() != 8) return unexpected_args(global);
      return rebuild_tensor(args, true);
    case Symbol::rebuild_parameter: {
      if (args.size() != 3 || values_[args[0]].kind != Kind::tensor) return unexpected_args(global);
      stack_.push_back(args[0]);
      return {};
    }
    case Symbol::storage:
    case Symbol::dtype:
      break;
  }
  return unexpected_args(global);
}

// The state of an OrderedDict (its attributes) means nothing here.
Result<void> Reader::build() {
  INGOT_TRY(pop());
  const Value* value = INGOT_TRY(top());
  if (value->kind == Kind::dictionary) return {};
  return fail(ErrorCode::not_supported, "the pickle gives a state to something else than a dictionary");
}

Result<void> Reader::step(unsigned char opcode) {
  switch (opcode) {
    case '}':
      return push({.kind = Kind::dictionary});
    case ')':
    case ']':
      return push({.kind = Kind::sequence});
    case '(':
      if (marks_.size() >= kMostValues) return fail(ErrorCode::limit_exceeded, "a pickle of too many values");
      marks_.push_back(stack_.size());
      return {};
    case 'X':
      return push({.kind = Kind::text, .text = INGOT_TRY(take(INGOT_TRY(number(4))))});
    case 'K':
      return push_integer(static_cast<int64_t>(INGOT_TRY(number(1))));
    case 'M':
      return push_integer(static_cast<int64_t>(INGOT_TRY(number(2))));
    case 'J':
      return push_integer(static_cast<int32_t>(static_cast<uint32_t>(INGOT_TRY(number(4)))));
    case 0x8a:
      return push_long();
    case 'G':
      return push_real();
    case 0x88:
    case 0x89:
      return push_integer(opcode == 0x88 ? 1 : 0, Kind::boolean);
    case 'N':
      return push({});
    case 'c':
      return push_global();
    case 'q':
      return memoize(INGOT_TRY(number(1)));
    case 'r':
      return memoize(INGOT_TRY(number(4)));
    case 'h':
      return recall(INGOT_TRY(number(1)));
    case 'j':
      return recall(INGOT_TRY(number(4)));
    case 0x85:
    case 0x86:
    case 0x87:
      return push_tuple(pop_last(opcode - 0x84));
    case 't':
      return push_tuple(pop_marked());
    case 'Q':
      return persistent();
    case 'R':
      return reduce();
    case 's':
      return add_items(Kind::dictionary, pop_last(2));
    case 'u':
      return add_items(Kind::dictionary, pop_marked());
    case 'a':
      return add_items(Kind::sequence, pop_last(1));
    case 'e':
      return add_items(Kind::sequence, pop_marked());
    case 'b':
      return build();
    default:
      return fail(ErrorCode::not_supported, "the pickle has the opcode 0x%02x, which builds no tensor", opcode);
  }
}

Result<std::map<std::string, StoredTensor>> Reader::run() {
  if (text_.size() > kMostStreamBytes)
    return fail(ErrorCode::limit_exceeded, "a pickle of %zu bytes, expected at most %zu", text_.size(),
                kMostStreamBytes);
  if (INGOT_TRY(take(2)) != std::string_view("\x80\x02", 2))
    return fail(ErrorCode::not_supported, "not a pickle of protocol 2");
  while (true) {
    const auto opcode = static_cast<unsigned char>(INGOT_TRY(take(1))[0]);
    if (opcode == '.') break;
    INGOT_TRY_VOID(step(opcode));
  }
  const Value& root = values_[INGOT_TRY(pop())];
  std::map<std::string, StoredTensor> result;
  if (root.kind == Kind::tensor) result.emplace("", tensors_[static_cast<size_t>(root.integer)]);
  if (root.kind != Kind::tensor && root.kind != Kind::dictionary)
    return fail(ErrorCode::invalid_file, "the pickle holds no dictionary of tensors");
  for (size_t i = 0; root.kind == Kind::dictionary && i < root.items.size(); i += 2) {
    const Value& name = values_[root.items[i]];
    const Value& tensor = values_[root.items[i + 1]];
    if (name.kind != Kind::text) return fail(ErrorCode::invalid_file, "the pickle holds a tensor without a name");
    // What else a module keeps (a number, a string) is no concern until somebody asks for it.
    if (tensor.kind == Kind::tensor)
      result.insert_or_assign(std::string(name.text), tensors_[static_cast<size_t>(tensor.integer)]);
  }
  return result;
}

}  // namespace

Result<std::map<std::string, StoredTensor>> read_pickled_tensors(std::span<const std::byte> stream) {
  return Reader(stream).run();
}

}  // namespace ingot::compiler::pt2
