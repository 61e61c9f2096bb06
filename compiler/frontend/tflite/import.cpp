#include "compiler/frontend/tflite/import.h"

#include <algorithm>
#include <exception>
#include <new>
#include <span>

#include "compiler/frontend/tflite/conversion.h"
#include "compiler/frontend/tflite/model_file.h"
#include "compiler/frontend/tflite/operators.h"
#include "compiler/frontend/tflite/tensors.h"
#include "compiler/ir/builder.h"

namespace ingot::compiler {
namespace tflite_import {
namespace {

using TensorList = flatbuffers::Vector<int32_t>;

std::unexpected<Error> with_context(Error error, const std::string& context) {
  error.add_context("%.200s", context.c_str());
  return std::unexpected(std::move(error));
}

// "CONV_2D"; the name of an operator that is not TensorFlow Lite's own.
std::string op_name(const wire::OperatorCode& code) {
  const wire::BuiltinOperator builtin = builtin_of(code);
  if (builtin == wire::BuiltinOperator::CUSTOM)
    return code.custom_code() == nullptr ? "CUSTOM" : code.custom_code()->str();
  const char* name = wire::EnumNameBuiltinOperator(builtin);
  return *name == '\0' ? "operator " + std::to_string(static_cast<int>(builtin)) : name;
}

const OperatorRow* row_of(const wire::OperatorCode& code) {
  const wire::BuiltinOperator builtin = builtin_of(code);
  if (builtin != wire::BuiltinOperator::CUSTOM) return find_operator(builtin);
  return code.custom_code() == nullptr ? nullptr : find_custom_operator(code.custom_code()->string_view());
}

// One import: the state that grows from operator to operator.
class Importer {
 public:
  Importer(const ModelFile& file, ImportReport& report)
      : file_(file), report_(report), builder_(graph_), tensors_(file, builder_) {
    builder_.set_folding(true);
  }

  Result<Graph> run(const TfliteImportOptions& options);

 private:
  Result<void> add_inputs(const TfliteImportOptions& options);
  Result<std::vector<int64_t>> input_sizes(const FileTensor& tensor, const std::vector<int64_t>* wanted) const;
  Result<void> add_operator(size_t index, const wire::Operator& op);
  Result<void> convert(const wire::Operator& op, const OperatorRow& row, std::vector<int64_t> outputs);
  // The indices of tensors that it lists; -1 only where `optional`.
  Result<std::vector<int64_t>> tensors_of(const TensorList* list, bool optional) const;
  Result<void> check_outputs(const std::vector<int64_t>& outputs, const OperatorRow& row);
  // As the file tells it, where nothing is open.
  Result<void> check_shapes(const std::vector<int64_t>& outputs);
  Result<void> add_outputs();
  std::string label(size_t index, const wire::Operator& op) const;

  const ModelFile& file_;
  ImportReport& report_;
  Graph graph_;
  Builder builder_;
  Tensors tensors_;
  bool shapes_are_fixed_ = true;
};

Result<Graph> Importer::run(const TfliteImportOptions& options) {
  INGOT_TRY_VOID(add_inputs(options));
  const auto* operators = file_.graph().operators();
  for (size_t i = 0; operators != nullptr && i < operators->size(); ++i) {
    const wire::Operator& op = *operators->Get(static_cast<flatbuffers::uoffset_t>(i));
    if (auto added = add_operator(i, op); !added) return with_context(std::move(added.error()), label(i, op));
  }
  if (!report_.unsupported.empty()) return unsupported_error(report_);
  INGOT_TRY_VOID(add_outputs());
  graph_.drop_unused_constants();
  return std::move(graph_);
}

std::string Importer::label(size_t index, const wire::Operator& op) const {
  std::string text = "operator " + std::to_string(index);
  if (const wire::OperatorCode* code = file_.code(op))
    text += " (" + op_name(*code).substr(0, 60);
  else
    text += " (?";
  if (const auto outputs = tensors_of(op.outputs(), false); outputs && !outputs->empty()) {
    const std::string name = file_.name(static_cast<size_t>(outputs->front()));
    if (!name.empty()) text += " '" + name.substr(0, 80) + "'";
  }
  return text + ")";
}

Result<std::vector<int64_t>> Importer::tensors_of(const TensorList* list, bool optional) const {
  std::vector<int64_t> indices;
  if (list == nullptr) return indices;
  indices.assign(list->begin(), list->end());
  for (const int64_t index : indices) {
    if (index < (optional ? -1 : 0) || std::cmp_greater_equal(index, file_.num_tensors()))
      return fail(ErrorCode::invalid_file, "it names tensor %lld of %zu", static_cast<long long>(index),
                  file_.num_tensors());
  }
  return indices;
}

// The file's sizes, with those that the user gives in the place of open ones.
Result<std::vector<int64_t>> Importer::input_sizes(const FileTensor& tensor, const std::vector<int64_t>* wanted) const {
  std::vector<int64_t> sizes = tensor.sizes;
  if (wanted != nullptr) {
    bool fits = wanted->size() == sizes.size();
    for (size_t i = 0; fits && i < sizes.size(); ++i) {
      fits = (*wanted)[i] == sizes[i] || (tensor.signature[i] == -1 && (*wanted)[i] >= 0);
    }
    if (!fits)
      return fail(ErrorCode::invalid_argument, "it is %s in the model, which %s does not fit",
                  to_string(to_shape(tensor.signature)).c_str(), to_string(to_shape(*wanted)).c_str());
    return *wanted;
  }
  if (std::ranges::any_of(sizes, [](int64_t size) { return size < 0; }))
    return fail(ErrorCode::invalid_argument, "its sizes %s are open; fix them with --shape",
                to_string(to_shape(sizes)).c_str());
  return sizes;
}

Result<void> Importer::add_inputs(const TfliteImportOptions& options) {
  const std::vector<int64_t> inputs = INGOT_TRY(tensors_of(file_.graph().inputs(), false));
  std::vector<const std::vector<int64_t>*> wanted(inputs.size(), nullptr);
  size_t position = 0;
  for (const auto& [name, sizes] : options.input_shapes) {
    size_t at = position;
    if (name.empty()) {
      ++position;
    } else {
      at = static_cast<size_t>(
          std::ranges::find_if(inputs, [&](int64_t index) { return file_.name(static_cast<size_t>(index)) == name; }) -
          inputs.begin());
    }
    if (at >= inputs.size())
      return fail(ErrorCode::invalid_argument, "the model has no input '%.60s'; it has %zu", name.c_str(),
                  inputs.size());
    wanted[at] = &sizes;
  }
  for (size_t i = 0; i < inputs.size(); ++i) {
    const auto index = static_cast<size_t>(inputs[i]);
    const FileTensor& tensor = *INGOT_TRY(tensors_.described(index));
    if (INGOT_TRY(tensors_.has_value(index)))
      return fail(ErrorCode::invalid_file, "%s: an input that %s", tensor.label.c_str(),
                  tensor.data ? "is constant" : "is there twice, or has no elements");
    auto sizes = input_sizes(tensor, wanted[i]);
    if (!sizes) return with_context(std::move(sizes.error()), "input '" + tensor.name.substr(0, 80) + "'");
    if (*sizes != tensor.sizes) shapes_are_fixed_ = false;
    const std::string name = tensor.name.empty() ? "input" + std::to_string(i) : tensor.name;
    builder_.set_source(name);
    INGOT_TRY_VOID(tensors_.add_input(index, name, std::move(*sizes)));
  }
  return {};
}

// A tensor is computed once.
Result<void> Importer::check_outputs(const std::vector<int64_t>& outputs, const OperatorRow& row) {
  if (outputs.empty() || (row.max_outputs != kAnyNumber && outputs.size() > row.max_outputs))
    return fail(ErrorCode::invalid_file, "%zu outputs, expected %s%d", outputs.size(),
                row.max_outputs == 1 ? "" : "at most ", row.max_outputs);
  for (auto output = outputs.begin(); output != outputs.end(); ++output) {
    const auto index = static_cast<size_t>(*output);
    const bool twice = std::find(outputs.begin(), output, *output) != output;
    if (twice || tensors_.is_unavailable(index) || INGOT_TRY(tensors_.is_given(index)))
      return fail(ErrorCode::invalid_file, "it computes %s, which has its elements already",
                  file_.label(index).c_str());
  }
  return {};
}

Result<void> Importer::add_operator(size_t index, const wire::Operator& op) {
  const wire::OperatorCode* code = file_.code(op);
  if (code == nullptr)
    return fail(ErrorCode::invalid_file, "its kind is number %u, which there is not", op.opcode_index());
  const std::vector<int64_t> inputs = INGOT_TRY(tensors_of(op.inputs(), true));
  const std::vector<int64_t> outputs = INGOT_TRY(tensors_of(op.outputs(), false));
  const OperatorRow* row = row_of(*code);
  const auto give_up = [&] {
    for (const int64_t output : outputs) tensors_.make_unavailable(static_cast<size_t>(output));
  };
  const auto report = [&](std::string reason) {
    std::string name = outputs.empty() ? std::string() : file_.name(static_cast<size_t>(outputs.front()));
    if (name.empty()) name = "operator " + std::to_string(index);
    report_.unsupported.push_back({name, op_name(*code), std::move(reason)});
    give_up();
  };
  if (row == nullptr) {
    report("the importer does not know this operator");
    return {};
  }
  // Behind an operator that is not supported nothing can be converted, but its users are not to blame.
  for (const int64_t input : inputs) {
    if (input < 0) continue;
    if (tensors_.is_unavailable(static_cast<size_t>(input))) {
      give_up();
      return {};
    }
  }
  std::string source = outputs.empty() ? std::string() : file_.name(static_cast<size_t>(outputs.front()));
  if (source.empty()) source = op_name(*code) + "_" + std::to_string(index);
  builder_.set_source(std::move(source));
  auto converted = convert(op, *row, outputs);
  if (converted) return check_shapes(outputs);
  if (converted.error().code() != ErrorCode::not_supported) return converted;
  report(converted.error().message());
  return {};
}

Result<void> Importer::convert(const wire::Operator& op, const OperatorRow& row, std::vector<int64_t> outputs) {
  INGOT_TRY_VOID(check_outputs(outputs, row));
  std::vector<int64_t> inputs = INGOT_TRY(tensors_of(op.inputs(), true));
  while (!inputs.empty() && inputs.back() < 0) inputs.pop_back();
  const bool any_number = row.max_inputs == kAnyNumber;
  for (size_t i = 0; i < inputs.size(); ++i) {
    const bool required = any_number || i < row.min_inputs;
    if (inputs[i] < 0 && required) return fail(ErrorCode::invalid_file, "its input %zu is missing", i);
    if (inputs[i] >= 0 && !INGOT_TRY(tensors_.has_value(static_cast<size_t>(inputs[i]))))
      return fail(ErrorCode::invalid_file, "it reads %s before it is computed",
                  file_.label(static_cast<size_t>(inputs[i])).c_str());
  }
  if (inputs.size() < row.min_inputs || (!any_number && inputs.size() > row.max_inputs))
    return fail(ErrorCode::invalid_file, "%zu inputs, expected %s%d", inputs.size(),
                row.max_inputs > row.min_inputs ? "at least " : "", row.min_inputs);
  Conversion conversion(op, row, std::move(inputs), std::move(outputs), builder_, tensors_);
  return row.convert(conversion);
}

Result<void> Importer::check_shapes(const std::vector<int64_t>& outputs) {
  for (const int64_t output : outputs) {
    const auto index = static_cast<size_t>(output);
    if (!INGOT_TRY(tensors_.has_value(index))) continue;
    const FileTensor& tensor = *INGOT_TRY(tensors_.described(index));
    const bool open =
        tensor.sizes != tensor.signature || std::ranges::any_of(tensor.sizes, [](int64_t size) { return size < 1; });
    if (open) shapes_are_fixed_ = false;
    if (!shapes_are_fixed_ || tensor.sizes.empty()) continue;
    const Shape shape = INGOT_TRY(tensors_.shape(index));
    if (shape != to_shape(tensor.sizes))
      return fail(ErrorCode::invalid_file, "the file says that it computes %s, but it computes %s",
                  to_string(to_shape(tensor.sizes)).c_str(), to_string(shape).c_str());
  }
  return {};
}

Result<void> Importer::add_outputs() {
  const std::vector<int64_t> outputs = INGOT_TRY(tensors_of(file_.graph().outputs(), false));
  if (outputs.empty()) return fail(ErrorCode::invalid_file, "its graph has no output");
  for (size_t i = 0; i < outputs.size(); ++i) {
    const auto index = static_cast<size_t>(outputs[i]);
    if (!INGOT_TRY(tensors_.has_value(index)))
      return fail(ErrorCode::invalid_file, "output %zu, %s, is computed nowhere", i, file_.label(index).c_str());
    const std::string name = file_.name(index);
    builder_.set_source(name);
    graph_.outputs().push_back(INGOT_TRY(tensors_.get_stored(index)));
    graph_.output_names.push_back(name.empty() ? "output" + std::to_string(i) : name);
  }
  return {};
}

}  // namespace
}  // namespace tflite_import

// The standard library may throw; nothing leaves from here.
Result<Graph> import_tflite(Bytes file, const TfliteImportOptions& options, ImportReport& report) {
  try {
    report = {};
    const auto model = INGOT_TRY(tflite_import::ModelFile::open(std::move(file)));
    Result<Graph> graph = tflite_import::Importer(model, report).run(options);
    make_printable(&report);
    return graph;
  } catch (const std::bad_alloc&) {
    return fail(ErrorCode::out_of_memory, "out of memory");
  } catch (const std::exception& exception) {
    return fail(ErrorCode::internal, "%s", exception.what());
  }
}

}  // namespace ingot::compiler
