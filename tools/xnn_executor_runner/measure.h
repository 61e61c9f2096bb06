// Loading and running a program while watching the clock.
#pragma once

#include <string>
#include <vector>

#include "runtime/include/ingot.hpp"
#include "tools/xnn_executor_runner/options.h"
#include "tools/xnn_executor_runner/profile.h"

namespace ingot::tools {

// Interpolated between neighbours; `share` is in [0, 1]. 0 of no values.
double percentile(std::vector<double> values, double share);

struct Measurement {
  double map_ms = 0;
  double verify_ms = 0;
  double init_ms = 0;
  double first_ms = 0;
  std::vector<double> times_ms;  // of the timed executions, in order
  size_t threads = 1;
  size_t peak_rss_bytes = 0;
  StepTimes steps;  // of the timed executions, where they are profiled

  double median() const { return percentile(times_ms, 0.5); }
  double mean() const;
  double min() const;
};

// The largest resident set of this process so far.
size_t peak_rss_bytes();

// first_ms and times_ms. The first execution is one of the timed ones only where there is no other: neither warm-ups
// nor further executions. Progress goes to a terminal.
Result<void> execute_timed(Method& method, const RunnerOptions& options, Measurement& measurement);

// For people and for machines.
std::string report(const Measurement& measurement, const RunnerOptions& options);
std::string report_json(const Measurement& measurement, const RunnerOptions& options);

}  // namespace ingot::tools
