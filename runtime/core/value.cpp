#include "runtime/core/value.h"

namespace ingot {

const char* to_string(Value::Kind kind) {
  switch (kind) {
    case Value::Kind::none:
      return "none";
    case Value::Kind::integer:
      return "int";
    case Value::Kind::real:
      return "float";
    case Value::Kind::boolean:
      return "bool";
    case Value::Kind::tensor:
      return "tensor";
    case Value::Kind::string:
      return "string";
    case Value::Kind::int_list:
      return "int list";
    case Value::Kind::double_list:
      return "float list";
    case Value::Kind::bool_list:
      return "bool list";
    case Value::Kind::tensor_list:
      return "tensor list";
  }
  return "unknown kind";
}

}  // namespace ingot
