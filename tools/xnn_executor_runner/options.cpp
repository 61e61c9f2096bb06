#include "tools/xnn_executor_runner/options.h"

#include <CLI/CLI.hpp>

#include "tools/choice.h"

namespace ingot::tools {

int parse_command_line(int argc, char** argv, RunnerOptions& options) {
  CLI::App app("Runs a method of a .pte file and says how long it takes.", "xnn_executor_runner");
  app.set_version_flag("--version", INGOT_VERSION);
  app.footer(
      "Examples:\n"
      "  xnn_executor_runner --model_path net.pte --inputs image.npy --output_file out\n"
      "  xnn_executor_runner --model_path net.pte --num_executions 60 --warmup 5 --cpu_threads 1 --profile");
  app.add_option("--model_path", options.model_path, "The program")->required()->type_name("FILE.pte");
  app.add_option("--method_name", options.method_name, "The method to run")->capture_default_str();
  app.add_option("--inputs", options.inputs, "Inputs in order; random ones where none are given")
      ->delimiter(',')
      ->type_name("A.npy,B.bin");
  app.add_option("--output_file", options.output_file, "Write outputs to PREFIX-0.npy, PREFIX-1.npy, ...")
      ->type_name("PREFIX");
  app.add_option("--expect", options.expected, "Compare the outputs with these, and fail where they differ")
      ->delimiter(',')
      ->type_name("A.npy,B.npy");
  app.add_option("--tolerance", options.tolerance, "Allowed difference, as a share of the largest expected value")
      ->capture_default_str();
  app.add_option("--num_executions", options.num_executions, "Executions to time")
      ->check(CLI::Range(size_t{1}, size_t{1} << 30))
      ->capture_default_str();
  app.add_option("--warmup", options.warmup, "Executions before those that are timed")->capture_default_str();
  app.add_option("--cpu_threads", options.cpu_threads, "Threads; 0 for the performance cores")
      ->check(CLI::Range(size_t{0}, size_t{1024}))
      ->capture_default_str();
  app.add_option("--seed", options.seed, "Seed of random inputs")->capture_default_str();
  add_choice(app, "--print_output", options.print_output,
             {{"none", PrintOutput::none}, {"summary", PrintOutput::summary}, {"all", PrintOutput::all}},
             "How much of the outputs to print");
  add_choice(app, "--load", options.source, {{"map", Program::Source::map}, {"read", Program::Source::read}},
             "Map the file into memory, or read it");
  app.add_flag("--profile", options.profile, "Say where the time goes: by operator, and the slowest steps");
  app.add_option("--json", options.json, "Write the measurements for machines")->type_name("FILE");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  return -1;
}

}  // namespace ingot::tools
