#include "tools/aot_compiler/options.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <functional>

#include "runtime/npy/npy.h"
#include "tools/choice.h"

namespace ingot::tools {

namespace {

// Reads "224", or "(64..512)" as a size that stays open, under that name. False where it is neither; `at` stands
// behind.
bool read_size(const char*& at, const char* end, const std::string& name, compiler::Dim* size) {
  const auto number = [&](int64_t* value) {
    const auto [next, error] = std::from_chars(at, end, *value);
    at = next;
    return error == std::errc() && *value >= 0;
  };
  const auto skip = [&](std::string_view text) {
    if (!std::string_view(at, end).starts_with(text)) return false;
    at += text.size();
    return true;
  };
  int64_t low = 0, high = 0;
  if (!skip("(")) {
    const bool fits = number(&low);
    *size = low;
    return fits;
  }
  if (!number(&low) || !skip("..") || !number(&high) || !skip(")") || low < 1 || low > high) return false;
  *size = low == high ? compiler::Dim(low) : compiler::Dim::symbol(name, low, high);
  return true;
}

// "name=1x3x224x224", "1x3x224x224" or, with open sizes, "name=(1..8)x3x(64..512)x224".
std::pair<std::string, compiler::Shape> parse_shape(const std::string& text) {
  const size_t equals = text.rfind('=');
  std::pair<std::string, compiler::Shape> shape;
  if (equals != std::string::npos) shape.first = text.substr(0, equals);
  const std::string sizes = equals == std::string::npos ? text : text.substr(equals + 1);
  const char* at = sizes.data();
  const char* const end = at + sizes.size();
  bool fits = !text.empty();  // "name=" is the shape of a number
  while (fits && at < end) {
    const std::string name = (shape.first.empty() ? "size" : shape.first) + "_" + std::to_string(shape.second.size());
    fits = read_size(at, end, name, &shape.second.emplace_back()) && (at == end || (*at == 'x' && at + 1 < end));
    if (fits && at < end) ++at;
  }
  if (!fits) {
    throw CLI::ValidationError(
        "--shape", "'" + text + "' is not of the form name=1x3x224x224, or with open sizes 1x3x(64..512)x(64..512)");
  }
  return shape;
}

// "0.485,0.456,0.406", or one number for all.
std::function<void(const std::vector<double>&)> colours(std::array<double, 3>& into, const char* flag, bool divisor) {
  return [&into, flag, divisor](const std::vector<double>& numbers) {
    const bool fits = numbers.size() == 1 || numbers.size() == 3;
    const bool usable =
        std::ranges::all_of(numbers, [&](double x) { return std::isfinite(x) && (!divisor || std::isfinite(1 / x)); });
    if (!fits || !usable) throw CLI::ValidationError(flag, "expected one number or three, for red, green and blue");
    for (size_t i = 0; i < 3; ++i) into[i] = numbers[numbers.size() == 1 ? 0 : i];
  };
}

// "auto:25" or a layer's name.
void keep_float(const std::string& item, compiler::QuantizeOptions& options) {
  constexpr std::string_view kAuto = "auto:";
  if (!item.starts_with(kAuto)) {
    options.keep_float.push_back(item);
    return;
  }
  double decibels = 0;
  const char* const end = item.data() + item.size();
  const auto [stop, error] = std::from_chars(item.data() + kAuto.size(), end, decibels);
  if (error != std::errc() || stop != end || !std::isfinite(decibels)) {
    throw CLI::ValidationError("--keep_float", "'" + item + "' is not of the form auto:25");
  }
  options.keep_float_below_db = decibels;
}

using compiler::QuantizeMode;

struct QuantizeWord {
  const char* word;
  QuantizeMode mode;
  const char* delegated_suffix;
  const char* suffix;
};
constexpr QuantizeWord kQuantizeWords[] = {
    {"static", QuantizeMode::integers, "_xnnpack_q8.pte", "_quantized.pte"},
    {"dynamic", QuantizeMode::dynamic, "_xnnpack_qd8.pte", "_dynamic.pte"},
    {"int4", QuantizeMode::int4, "_xnnpack_int4.pte", "_int4.pte"},
    {"fp16", QuantizeMode::fp16, "_xnnpack_fp16.pte", "_fp16.pte"},
};

// The first of the words where none is given.
CLI::Option* add_quantize_flag(CLI::App& app, AotOptions& options) {
  const auto choose = [&options](const std::string& text) {
    options.quantize = true;
    for (const QuantizeWord& known : kQuantizeWords) {
      if (text == known.word) options.quantization.mode = known.mode;
    }
  };
  const auto check = [](const std::string& text) {
    std::string words;
    for (const QuantizeWord& known : kQuantizeWords) {
      if (text.empty() || text == known.word) return std::string();
      words += std::string(words.empty() ? "" : ", ") + known.word;
    }
    return "'" + text + "' is none of " + words;
  };
  return app
      .add_option_function<std::string>(
          "-q,--quantize", choose,
          "Make numbers smaller: static (if nothing is said; 8 bits from end to end, with ranges from "
          "--calibration_data), dynamic (products with 8-bit weights, ranges found when they run), int4 (the same with "
          "4-bit weights in groups) or fp16 (16-bit weights)")
      ->expected(0, 1)
      ->type_name("[static|dynamic|int4|fp16]")
      ->check(check);
}

// How samples are read: for quantizing and for evaluating.
std::vector<CLI::Option*> add_preprocess_options(CLI::App& app, compiler::Preprocess& preprocess) {
  return {
      add_choice(app, "--preprocess", preprocess,
                 {{"torchvision", compiler::kTorchvision}, {"tensorflow", compiler::kTensorflow}},
                 "How images become inputs: resized whole, then as networks of torchvision or TensorFlow take them"),
      app.add_option("--resize", preprocess.resize_shorter,
                     "Resize the shorter side of images to this and cut out the centre")
          ->check(CLI::Range(1, 16384)),
      app.add_option_function("--mean", colours(preprocess.mean, "--mean", false),
                              "Inputs are (pixel / 255 - mean) / std: for red, green and blue")
          ->delimiter(','),
      app.add_option_function("--std", colours(preprocess.std, "--std", true), "See --mean")->delimiter(',')};
}

void add_quantize_options(CLI::App& app, CLI::Option& quantize, compiler::QuantizeOptions& options) {
  app.add_option("--calibration_data", options.calibration_data,
                 "What to observe: a folder of images, .npy or .npz arrays, one of them, or a list of them")
      ->needs(&quantize);
  add_choice(app, "--observer", options.observer,
             {{"min_max", compiler::Observer::min_max}, {"least_squares", compiler::Observer::least_squares}},
             "The range of 8 bits: all that was seen, or that with the least squared error")
      ->needs(&quantize);
  app.add_flag("--correct_biases,!--keep_biases", options.correct_biases,
               "Let biases take back what rounding shifts (on unless --keep_biases)")
      ->needs(&quantize);
  app.add_flag("--equalize", options.equalize, "Scale channels against each other before choosing ranges")
      ->needs(&quantize);
  add_choice(app, "--tune", options.tune, {{"generic", false}, {"native", true}},
             "Of static: 8 bits wherever they can be, for any device, or, for machines like this one, float where "
             "timing both finds float faster")
      ->needs(&quantize);
  app.add_option("--group_size", options.group_size, "Of int4: how many weights share a scale, a multiple of 32")
      ->check([](const std::string& text) {
        size_t size = 0;
        const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), size);
        const bool fits = error == std::errc() && stop == text.data() + text.size() && size > 0 && size % 32 == 0;
        return fits && size <= 65536 ? std::string() : "'" + text + "' is no multiple of 32 up to 65536";
      })
      ->needs(&quantize);
  app.add_option_function<std::vector<std::string>>(
         "--keep_float",
         [&options](const std::vector<std::string>& items) {
           for (const std::string& item : items) keep_float(item, options);
         },
         "Layers that stay float: by name, or auto:DB for all whose own result has fewer decibels")
      ->delimiter(',')
      ->needs(&quantize);
}

// "encode=a.onnx"
std::pair<std::string, std::string> parse_method(const std::string& text) {
  const size_t equals = text.find('=');
  if (equals == 0 || equals == std::string::npos || equals + 1 == text.size()) {
    throw CLI::ValidationError("--method", "'" + text + "' is not of the form name=model.onnx");
  }
  return {text.substr(0, equals), text.substr(equals + 1)};
}

// What samples are for must be said.
void check_samples_are_used(const std::vector<CLI::Option*>& of_samples, const AotOptions& options) {
  if (options.quantize || !options.quantization.evaluation_data.empty()) return;
  for (const CLI::Option* option : of_samples) {
    if (option->count() > 0) throw CLI::RequiresError(option->get_name(), "--quantize or --evaluate");
  }
}

// Where there are several methods, an input's sizes say of which: "encode:x=1x80".
void check_shapes_name_methods(const AotOptions& options) {
  if (options.methods.empty()) return;
  for (const auto& [name, shape] : options.compile.input_shapes) {
    const bool known =
        std::ranges::any_of(options.methods, [&of = name](const auto& m) { return of.starts_with(m.first + ":"); });
    if (!known) throw CLI::ValidationError("--shape", "with several methods, as in METHOD:input=1x3x224x224");
  }
}

}  // namespace

std::vector<compiler::CompileOptions> methods_of(const AotOptions& options) {
  if (options.methods.empty()) return {options.compile};
  std::vector<compiler::CompileOptions> methods;
  for (const auto& [name, path] : options.methods) {
    compiler::CompileOptions& method = methods.emplace_back(options.compile);
    method.method_name = name;
    method.model_path = path;
    method.input_shapes.clear();
    for (const auto& [input, shape] : options.compile.input_shapes) {
      if (input.starts_with(name + ":")) method.input_shapes.emplace_back(input.substr(name.size() + 1), shape);
    }
  }
  return methods;
}

int parse_command_line(int argc, char** argv, AotOptions& options) {
  CLI::App app("Compiles a trained model to a .pte file, ahead of time.", "aot_compiler");
  app.set_version_flag("--version", INGOT_VERSION);
  app.footer(
      "Examples:\n"
      "  aot_compiler --model_name mv2 --delegate              -> mv2_xnnpack_fp32.pte\n"
      "  aot_compiler --model net.onnx --delegate --output_dir out\n"
      "  aot_compiler --model net.onnx --shape image=1x3x224x224 --output net.pte");
  compiler::CompileOptions& compile = options.compile;
  auto* source = app.add_option_group("model")->require_option(0, 1);
  source->add_option("--model", compile.model_path, "A model file: .onnx, .pt2, .tflite, or a graph in text form")
      ->type_name("FILE");
  auto* name = source->add_option("-m,--model_name", compile.model_name, "A model built by name (see --list_models)");
  std::vector<std::string> methods;
  source->add_option("--method", methods, "Several methods in one file: name=FILE for each")->type_name("NAME=FILE");
  app.add_flag("--list_models", options.list_models, "List the names that --model_name takes");
  app.add_option("--weights", compile.weights_path, "Parameters for --model_name under torchvision's names")
      ->type_name("FILE.safetensors|FILE.npz")
      ->needs(name);
  app.add_option("--seed", compile.seed, "Seed of --model_name's weights where no --weights are given");
  app.add_flag("-d,--delegate", options.delegate, "Delegate to XNNPACK what it can run");
  auto* quantize = add_quantize_flag(app, options);
  add_quantize_options(app, *quantize, options.quantization);
  app.add_option("--evaluate", options.quantization.evaluation_data,
                 "How right the answers are on these: a list of lines path<TAB>label. With --quantize: beside those in "
                 "float, with labels or without");
  const std::vector<CLI::Option*> of_samples = add_preprocess_options(app, options.quantization.preprocess);
  auto* target =
      add_choice(app, "--target", compile.target,
                 {{"executorch", compiler::Target::executorch}, {"ingot", compiler::Target::ingot}},
                 "Operators that the file may use: those ExecuTorch has, or all of Ingot's (what --quantize without "
                 "--delegate takes unless told)");
  std::vector<std::string> shapes;
  app.add_option("--shape", shapes, "Sizes of an input: name=1x3x224x224, or open: name=(1..8)x3x(64..512)x224")
      ->delimiter(',');
  std::vector<std::string> example_inputs;
  app.add_option("--example_inputs", example_inputs, "Inputs whose shapes to compile for, in order")
      ->delimiter(',')
      ->type_name("A.npy,B.npy");
  auto* output = app.add_option("-o,--output", options.output, "The file to write")->type_name("FILE");
  app.add_option("--output_dir", options.output_dir, "The folder to write to, under the model's name")
      ->excludes(output);
  app.add_option("--disable_pass", compile.disabled_passes, "Leave out a pass (may be repeated)")->delimiter(',');
  app.add_option("--stop_after", compile.stop_after, "Stop after a stage or pass and print the graph");
  app.add_option("--print_after", options.print_after, "Print the graph after a stage or pass; 'all' for each")
      ->delimiter(',');
  app.add_option("--json", options.json, "Write the summary for machines")->type_name("FILE");
  app.add_flag("--quiet", options.quiet, "Print nothing but errors");
  std::vector<std::string> stages = compiler::stage_names();
  app.get_option("--disable_pass")->check(CLI::IsMember(compiler::pass_names()));
  app.get_option("--stop_after")->check(CLI::IsMember(stages));
  stages.emplace_back("all");
  app.get_option("--print_after")->check(CLI::IsMember(stages));
  try {
    app.parse(argc, argv);
    for (const std::string& method : methods) options.methods.push_back(parse_method(method));
    if (!options.list_models && compile.model_path.empty() && compile.model_name.empty() && methods.empty()) {
      throw CLI::RequiredError("one of --model, --model_name and --method");
    }
    if (!methods.empty() && options.output.empty()) throw CLI::RequiredError("--output, with --method,");
    if (!methods.empty() && !example_inputs.empty()) throw CLI::ExcludesError("--method", "--example_inputs");
    for (const std::string& shape : shapes) compile.input_shapes.push_back(parse_shape(shape));
    check_shapes_name_methods(options);
    check_samples_are_used(of_samples, options);
    if (options.quantization.tune && options.quantization.mode != QuantizeMode::integers) {
      throw CLI::ValidationError("--tune", "chooses between 8 bits and float: native is for --quantize static");
    }
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  // Integer operators outside a delegate are Ingot's own.
  const bool integers = options.quantize && options.quantization.mode == QuantizeMode::integers;
  if (integers && !options.delegate && target->count() == 0) compile.target = compiler::Target::ingot;
  for (const std::string& path : example_inputs) {
    const Result<Array> array = read_npy(path);
    if (!array) {
      std::fprintf(stderr, "aot_compiler: %s\n", array.error().message());
      return 1;
    }
    compile.input_shapes.emplace_back("", compiler::to_shape({array->sizes.begin(), array->sizes.end()}));
  }
  return -1;
}

std::string output_path(const AotOptions& options) {
  if (!options.output.empty()) return options.output;
  const compiler::CompileOptions& compile = options.compile;
  const std::string stem =
      compile.model_name.empty() ? std::filesystem::path(compile.model_path).stem().string() : compile.model_name;
  const char* suffix = options.delegate ? "_xnnpack_fp32.pte" : ".pte";
  for (const QuantizeWord& known : kQuantizeWords) {
    if (!options.quantize || known.mode != options.quantization.mode) continue;
    suffix = options.delegate ? known.delegated_suffix : known.suffix;
  }
  const std::filesystem::path file = stem + suffix;
  return (std::filesystem::path(options.output_dir) / file).string();
}

}  // namespace ingot::tools
