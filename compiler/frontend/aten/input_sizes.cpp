#include "compiler/frontend/aten/input_sizes.h"

#include <algorithm>
#include <map>

#include "compiler/frontend/aten/calls.h"

namespace ingot::compiler {
namespace {

std::string join(const std::vector<std::string>& parts, const char* separator) {
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : separator) + part;
  return text;
}

// "3", "(1..8)"
std::string to_string(const Dim& size) {
  if (size.is_static()) return size.str();
  return "(" + std::to_string(size.min()) + ".." + std::to_string(size.max()) + ")";
}

std::string to_string(const std::vector<OpenDim>& dims) {
  std::vector<std::string> parts;
  for (const OpenDim& dim : dims) {
    parts.push_back(dim.size ? to_string(*dim.size) : dim.name.empty() ? "?" : dim.name);
  }
  return "[" + join(parts, ", ") + "]";
}

// "--shape x=1x3x224x224": the sizes that are known, and likely ones for the others.
std::string advice(const OpenInput& input) {
  const size_t rank = input.dims ? input.dims->size() : 4;
  std::vector<std::string> parts;
  for (size_t i = 0; i < rank; ++i) {
    const bool known = input.dims && (*input.dims)[i].size;
    parts.push_back(known ? to_string(*(*input.dims)[i].size) : i == 0 ? "1" : i == 1 && rank == 4 ? "3" : "224");
  }
  return "--shape " + input.name + "=" + join(parts, "x");
}

// Puts the user's sizes in place.
Result<void> apply(const Shape& sizes, OpenInput* input) {
  if (!input->dims) input->dims.emplace(sizes.size());
  bool fits = sizes.size() == input->dims->size();
  for (size_t i = 0; fits && i < sizes.size(); ++i) {
    const std::optional<Dim>& known = (*input->dims)[i].size;
    fits = !known || *known == sizes[i];
  }
  if (!fits) {
    std::vector<OpenDim> given;
    for (const Dim& size : sizes) given.push_back({size, {}});
    return fail(ErrorCode::invalid_argument, "input '%.80s' is %s in the model, which %s does not fit",
                input->name.c_str(), to_string(*input->dims).c_str(), to_string(given).c_str());
  }
  for (size_t i = 0; i < sizes.size(); ++i) {
    OpenDim& dim = (*input->dims)[i];
    const bool renamed = !sizes[i].is_static() && !dim.name.empty();
    dim.size = renamed ? Dim::symbol(dim.name, sizes[i].min(), sizes[i].max()) : sizes[i];
  }
  return {};
}

Result<void> apply_shapes(const InputShapes& shapes, std::vector<OpenInput>* inputs) {
  size_t position = 0;
  for (const auto& [name, sizes] : shapes) {
    OpenInput* input = nullptr;
    if (name.empty()) {
      if (position >= inputs->size())
        return fail(ErrorCode::invalid_argument, "sizes for input %zu, but the model has %zu inputs", position,
                    inputs->size());
      input = &(*inputs)[position++];
    } else {
      const auto found = std::ranges::find(*inputs, name, &OpenInput::name);
      if (found == inputs->end()) {
        std::vector<std::string> names;
        for (const OpenInput& known : *inputs) names.push_back(known.name);
        return fail(ErrorCode::invalid_argument, "the model has no input '%.60s'; its inputs: %s", name.c_str(),
                    join(names, ", ").c_str());
      }
      input = &*found;
    }
    INGOT_TRY_VOID(apply(sizes, input));
  }
  return {};
}

// Sizes of one name are equal: what is known of one is known of all.
Result<void> unify(std::vector<OpenInput>* inputs) {
  std::map<std::string, std::pair<Dim, const OpenInput*>> known;
  for (const OpenInput& input : *inputs) {
    if (!input.dims) continue;
    for (const OpenDim& dim : *input.dims) {
      if (dim.name.empty() || !dim.size) continue;
      const auto [entry, added] = known.emplace(dim.name, std::pair(*dim.size, &input));
      const Dim& other = entry->second.first;
      // Symbols of one name are equal as expressions; their bounds must be, too.
      if (!added && (!(other == *dim.size) || other.min() != dim.size->min() || other.max() != dim.size->max()))
        return fail(ErrorCode::invalid_argument, "'%.40s' is %s in input '%.60s' but %s in input '%.60s'",
                    dim.name.c_str(), to_string(other).c_str(), entry->second.second->name.c_str(),
                    to_string(*dim.size).c_str(), input.name.c_str());
    }
  }
  for (OpenInput& input : *inputs) {
    if (!input.dims) continue;
    for (OpenDim& dim : *input.dims) {
      const auto found = known.find(dim.name);
      if (!dim.size && found != known.end()) dim.size = found->second.first;
    }
  }
  return {};
}

}  // namespace

Result<void> fix_sizes(const InputShapes& shapes, std::vector<OpenInput>* inputs) {
  INGOT_TRY_VOID(apply_shapes(shapes, inputs));
  return unify(inputs);
}

Result<TensorType> type_of(const OpenInput& input) {
  Shape shape;
  std::vector<int64_t> largest;
  for (const OpenDim& dim : *input.dims) {
    shape.push_back(*dim.size);
    largest.push_back(dim.size->max());
  }
  Result<TensorType> type = checked_type(input.dtype, largest);
  if (!type) {
    type.error().add_context("input '%.80s'", input.name.c_str());
    return type;
  }
  type->shape = std::move(shape);
  return type;
}

Result<void> check_all_sizes_known(const std::vector<OpenInput>& inputs) {
  std::vector<std::string> open;
  std::vector<std::string> flags;
  for (const OpenInput& input : inputs) {
    const bool known =
        input.dims && std::ranges::all_of(*input.dims, [](const OpenDim& d) { return d.size.has_value(); });
    if (known) continue;
    open.push_back("'" + input.name + "' " + (input.dims ? to_string(*input.dims) : "of unknown rank"));
    flags.push_back(advice(input));
  }
  if (open.empty()) return {};
  return fail(ErrorCode::invalid_argument, "sizes of inputs are open: %s; fix them, for example with %s",
              join(open, ", ").c_str(), join(flags, " ").c_str());
}

}  // namespace ingot::compiler
