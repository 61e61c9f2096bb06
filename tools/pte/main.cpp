// pte: looks into .pte files, and tells what programs may call. See --help.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>

#include "runtime/npy/whole_file.h"
#include "tools/pte/inspect.h"
#include "tools/pte/operators.h"
#include "tools/pte/select.h"

namespace {

using ingot::Result;

struct Options {
  std::vector<std::string> files;
  std::string json;
  std::string output;
  bool instructions = false;
  bool all = false;
};

// What `use` makes of the verified file and its size.
template <typename Use>
auto read(const std::string& path, Use use) -> Result<decltype(use(std::declval<ingot::ProgramFile>(), size_t{}))> {
  const std::vector<std::byte> bytes = INGOT_TRY(ingot::read_file(path));
  const auto file = ingot::ProgramFile::open(bytes);
  if (file) return use(*file, bytes.size());
  ingot::Error error = file.error();
  error.add_context("%s", path.c_str());
  return std::unexpected(error);
}

// Prints the text, and writes the JSON where --json says; to standard output it takes the text's place.
Result<void> print(const Options& options, const std::string& text, const std::string& json) {
  if (options.json == "-") {
    std::fputs(json.c_str(), stdout);
    return {};
  }
  if (!options.json.empty()) INGOT_TRY_VOID(ingot::write_file(options.json, std::as_bytes(std::span(json))));
  std::fputs(text.c_str(), stdout);
  return {};
}

Result<void> inspect(const Options& options) {
  const ingot::tools::FileSummary summary = INGOT_TRY(read(options.files[0], ingot::tools::summarize));
  return print(options, ingot::tools::to_text(summary, options.instructions), ingot::tools::to_json(summary));
}

Result<void> list_operators(const Options& options) {
  const ingot::tools::Coverage coverage = ingot::tools::executorch_coverage();
  return print(options, ingot::tools::to_text(coverage, options.all), ingot::tools::to_json(coverage));
}

Result<void> select(const Options& options) {
  ingot::tools::KernelSelection selection;
  for (const std::string& path : options.files) {
    INGOT_TRY(read(path, [&](const ingot::ProgramFile& file, size_t) {
      ingot::tools::select_kernels(file, selection);
      return true;
    }));
  }
  const std::string header = to_header(selection);
  if (!options.output.empty()) return ingot::write_file(options.output, std::as_bytes(std::span(header)));
  std::fputs(header.c_str(), stdout);
  return {};
}

// Every file is looked at; the exit code tells whether all are well.
int verify(const Options& options) {
  int code = 0;
  for (const std::string& path : options.files) {
    const auto summary = read(path, ingot::tools::summarize);
    if (summary) {
      std::printf("%s: ok, %zu method%s, %zu segments\n", path.c_str(), summary->methods.size(),
                  summary->methods.size() == 1 ? "" : "s", summary->segments.size());
    } else {
      std::fprintf(stderr, "pte: %s\n", summary.error().message());
      code = 1;
    }
  }
  return code;
}

int run(int argc, char** argv) {
  CLI::App app("Looks into .pte files.", "pte");
  app.set_version_flag("--version", INGOT_VERSION);
  app.require_subcommand(1);
  Options options;
  auto* inspecting = app.add_subcommand("inspect", "Say what a file holds: methods, memory, operators, delegates");
  inspecting->add_option("file", options.files, "The file")->required()->expected(1)->type_name("FILE.pte");
  inspecting->add_flag("--instructions", options.instructions, "List the instructions too");
  inspecting->add_option("--json", options.json, "Write the same for machines ('-': instead, to standard output)");
  auto* verifying = app.add_subcommand("verify", "Check every field of files, as loading them does");
  verifying->add_option("files", options.files, "The files")->required()->type_name("FILE.pte...");
  auto* listing = app.add_subcommand("operators", "Say which of ExecuTorch's operators there are kernels for");
  listing->add_flag("--all", options.all, "List all of them, not only those that are left out");
  listing->add_option("--json", options.json, "Write the same for machines ('-': instead, to standard output)");
  auto* selecting = app.add_subcommand("select", "List the operators and dtypes of files, for INGOT_KERNELS_FOR");
  selecting->add_option("files", options.files, "The files")->required()->type_name("FILE.pte...");
  selecting->add_option("--output", options.output, "Where to write the C++ header (default: standard output)");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  if (verifying->parsed()) return verify(options);
  const auto act = selecting->parsed() ? select : listing->parsed() ? list_operators : inspect;
  if (const auto done = act(options); !done) {
    std::fprintf(stderr, "pte: %s\n", done.error().message());
    return 1;
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {  // the standard library, out of memory
    std::fprintf(stderr, "pte: %s\n", error.what());
    return 1;
  }
}
