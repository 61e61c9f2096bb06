#include <algorithm>
#include <format>
#include <nlohmann/json.hpp>

#include "tools/pte/inspect.h"

namespace ingot::tools {

namespace {

using Json = nlohmann::ordered_json;

std::string sizes_text(const std::vector<int32_t>& sizes) {
  std::string text = "[";
  for (size_t i = 0; i < sizes.size(); ++i) text += std::format("{}{}", i > 0 ? ", " : "", sizes[i]);
  return text + "]";
}

std::string tensor_text(const TensorSummary& tensor) {
  return tensor.dtype + " " + sizes_text(tensor.sizes) + (tensor.resizable ? " at most" : "") +
         (tensor.planned ? "" : ", not planned");
}

std::string counts_text(const std::vector<Count>& counts) {
  std::string text;
  for (const Count& count : counts) text += std::format("{}{} {}", text.empty() ? "" : ", ", count.name, count.count);
  return text;
}

std::string delegate_text(const DelegateSummary& delegate, size_t index) {
  std::string text = std::format("  delegate {}  {}, payload {} B, called {}x\n", index, delegate.id,
                                 delegate.payload_bytes, delegate.calls);
  if (!delegate.problem.empty()) return text + "    cannot be read: " + delegate.problem + "\n";
  if (!delegate.nodes.empty()) text += "    nodes     " + counts_text(delegate.nodes) + "\n";
  if (!delegate.values.empty()) text += "    values    " + counts_text(delegate.values) + "\n";
  return text;
}

std::string method_text(const MethodSummary& method, bool instructions) {
  std::string text = std::format("method {}: {} instructions, {} values\n", method.name, method.instructions.size(),
                                 method.num_values);
  for (size_t i = 0; i < method.inputs.size(); ++i) {
    text += std::format("  input {}     {}\n", i, tensor_text(method.inputs[i]));
  }
  for (size_t i = 0; i < method.outputs.size(); ++i) {
    text += std::format("  output {}    {}\n", i, tensor_text(method.outputs[i]));
  }
  for (size_t i = 0; i < method.arena_bytes.size(); ++i) {
    text += std::format("  arena {}     {} B\n", i + 1, method.arena_bytes[i]);
  }
  for (const OperatorSummary& op : method.operators) {
    text +=
        std::format("  operator    {} {}x{}\n", op.name, op.calls, op.has_kernel ? "" : " (no kernel in this build)");
  }
  for (size_t i = 0; i < method.delegates.size(); ++i) text += delegate_text(method.delegates[i], i);
  for (size_t i = 0; instructions && i < method.instructions.size(); ++i) {
    const InstructionSummary& instruction = method.instructions[i];
    text += std::format("  {:>5}  {} (", i, instruction.what);
    for (size_t a = 0; a < instruction.args.size(); ++a) {
      text += std::format("{}{}", a > 0 ? ", " : "", instruction.args[a]);
    }
    text += ")" + (instruction.source.empty() ? std::string() : "  <- " + instruction.source) + "\n";
  }
  return text;
}

Json tensors_json(const std::vector<TensorSummary>& tensors) {
  Json list = Json::array();
  for (const TensorSummary& tensor : tensors) {
    list.push_back({{"dtype", tensor.dtype},
                    {"sizes", tensor.sizes},
                    {"resizable", tensor.resizable},
                    {"planned", tensor.planned}});
  }
  return list;
}

Json counts_json(const std::vector<Count>& counts) {
  Json object = Json::object();
  for (const Count& count : counts) object[count.name] = count.count;
  return object;
}

Json method_json(const MethodSummary& method) {
  Json json;
  json["name"] = method.name;
  json["inputs"] = tensors_json(method.inputs);
  json["outputs"] = tensors_json(method.outputs);
  json["arena_bytes"] = method.arena_bytes;
  json["num_values"] = method.num_values;
  json["operators"] = Json::array();
  for (const OperatorSummary& op : method.operators) {
    json["operators"].push_back({{"name", op.name}, {"calls", op.calls}, {"has_kernel", op.has_kernel}});
  }
  json["delegates"] = Json::array();
  for (const DelegateSummary& delegate : method.delegates) {
    Json entry = {{"id", delegate.id}, {"payload_bytes", delegate.payload_bytes}, {"calls", delegate.calls}};
    entry["nodes"] = counts_json(delegate.nodes);
    entry["values"] = counts_json(delegate.values);
    if (!delegate.problem.empty()) entry["problem"] = delegate.problem;
    json["delegates"].push_back(std::move(entry));
  }
  json["instructions"] = Json::array();
  for (const InstructionSummary& instruction : method.instructions) {
    json["instructions"].push_back(
        {{"what", instruction.what}, {"args", instruction.args}, {"source", instruction.source}});
  }
  return json;
}

}  // namespace

std::string to_text(const FileSummary& summary, bool instructions) {
  constexpr size_t kSegments = 8;
  std::string text = std::format("file {} B, {} segments, {} constants\n", summary.file_bytes, summary.segments.size(),
                                 summary.num_constants);
  for (size_t i = 0; i < std::min(summary.segments.size(), kSegments); ++i) {
    const SegmentSummary& segment = summary.segments[i];
    text += std::format("  segment {:<3} {:>10} B at {:<10} {}\n", i, segment.bytes, segment.offset, segment.what);
  }
  if (summary.segments.size() > kSegments) {
    uint64_t bytes = 0;
    for (size_t i = kSegments; i < summary.segments.size(); ++i) bytes += summary.segments[i].bytes;
    text += std::format("  {} more     {:>10} B\n", summary.segments.size() - kSegments, bytes);
  }
  for (const MethodSummary& method : summary.methods) text += method_text(method, instructions);
  return text;
}

std::string to_json(const FileSummary& summary) {
  Json json;
  json["file_bytes"] = summary.file_bytes;
  json["num_constants"] = summary.num_constants;
  json["segments"] = Json::array();
  for (const SegmentSummary& segment : summary.segments) {
    json["segments"].push_back({{"offset", segment.offset}, {"bytes", segment.bytes}, {"what", segment.what}});
  }
  json["methods"] = Json::array();
  for (const MethodSummary& method : summary.methods) json["methods"].push_back(method_json(method));
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace ingot::tools
