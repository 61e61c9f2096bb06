#include "tools/xnn_executor_runner/measure.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <format>
#include <nlohmann/json.hpp>
#include <numeric>

namespace ingot::tools {

namespace {

using Clock = std::chrono::steady_clock;

double ms_since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

// A line that is rewritten a few times a second, on a terminal only.
class Progress {
 public:
  explicit Progress(size_t total) : total_(total), shown_(::isatty(STDERR_FILENO) != 0) {}
  ~Progress() {
    if (printed_) std::fputs("\r\033[K", stderr);
  }
  void step(size_t done) {
    if (!shown_ || ms_since(last_) < 250) return;
    std::fprintf(stderr, "\r%zu of %zu executions", done, total_);
    last_ = Clock::now();
    printed_ = true;
  }

 private:
  size_t total_;
  bool shown_;
  bool printed_ = false;
  Clock::time_point last_ = Clock::now();
};

}  // namespace

double percentile(std::vector<double> values, double share) {
  std::ranges::sort(values);
  if (values.empty()) return 0;
  const double rank = share * static_cast<double>(values.size() - 1);
  const auto low = static_cast<size_t>(std::floor(rank));
  const auto high = static_cast<size_t>(std::ceil(rank));
  return values[low] + (values[high] - values[low]) * (rank - static_cast<double>(low));
}

double Measurement::mean() const {
  return std::accumulate(times_ms.begin(), times_ms.end(), 0.0) /
         static_cast<double>(std::max<size_t>(times_ms.size(), 1));
}

double Measurement::min() const {
  return times_ms.empty() ? 0 : *std::ranges::min_element(times_ms);
}

size_t peak_rss_bytes() {
  rusage usage = {};
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<size_t>(usage.ru_maxrss) * 1024;
}

Result<void> execute_timed(Method& method, const RunnerOptions& options, Measurement& measurement) {
  const auto start = Clock::now();
  INGOT_TRY_VOID(method.execute());
  measurement.first_ms = ms_since(start);
  if (options.warmup == 0 && options.num_executions == 1) {
    measurement.times_ms = {measurement.first_ms};
    return {};
  }
  Progress progress(options.warmup + options.num_executions);
  for (size_t i = 0; i < options.warmup; ++i) {
    INGOT_TRY_VOID(method.execute());
    progress.step(i);
  }
  measurement.steps.clear();
  measurement.times_ms.reserve(options.num_executions);
  for (size_t i = 0; i < options.num_executions; ++i) {
    const auto begin = Clock::now();
    INGOT_TRY_VOID(method.execute());
    measurement.times_ms.push_back(ms_since(begin));
    progress.step(options.warmup + i);
  }
  return {};
}

std::string report(const Measurement& m, const RunnerOptions& options) {
  std::string text = std::format("{}: method '{}', {} thread{}\n", options.model_path, options.method_name, m.threads,
                                 m.threads == 1 ? "" : "s");
  text += std::format("  load     {:.2f} ms: map {:.2f}, verify {:.2f}, init {:.2f}\n",
                      m.map_ms + m.verify_ms + m.init_ms, m.map_ms, m.verify_ms, m.init_ms);
  text += std::format("  first    {:.3f} ms\n", m.first_ms);
  text += std::format("  execute  median {:.3f} ms, mean {:.3f}, min {:.3f}, p95 {:.3f} ({} executions)\n", m.median(),
                      m.mean(), m.min(), percentile(m.times_ms, 0.95), m.times_ms.size());
  text += std::format("  memory   {:.1f} MB at most\n", static_cast<double>(m.peak_rss_bytes) / 1e6);
  return options.profile ? text + m.steps.report() : text;
}

std::string report_json(const Measurement& m, const RunnerOptions& options) {
  nlohmann::ordered_json json;
  json["model_path"] = options.model_path;
  json["method_name"] = options.method_name;
  json["load_ms"] = {{"map", m.map_ms}, {"verify", m.verify_ms}, {"init", m.init_ms}};
  json["first_ms"] = m.first_ms;
  json["median_ms"] = m.median();
  json["mean_ms"] = m.mean();
  json["min_ms"] = m.min();
  json["p95_ms"] = percentile(m.times_ms, 0.95);
  json["num_executions"] = m.times_ms.size();
  json["cpu_threads"] = m.threads;
  json["peak_rss_bytes"] = m.peak_rss_bytes;
  if (options.profile) json["profile"] = m.steps.json();
  return json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

}  // namespace ingot::tools
