// Collects how long the steps of a method take, over executions.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <utility>
#include <vector>

#include "runtime/profiler.h"

namespace ingot::tools {

class StepTimes final : public Profiler {
 public:
  void took(const ProfiledStep& step) override;
  // Forgets what was seen so far.
  void clear() { steps_.clear(); }

  // Medians: the time of each kind of operator, and the steps that take longest, for people.
  std::string report() const;
  // All steps in execution order, for machines: instruction, node (absent for whole instructions), name, median_us.
  nlohmann::ordered_json json() const;

 private:
  struct Step {
    std::string name;
    std::vector<double> us;
  };
  struct Row {
    std::string place;  // "3", or "3.17" for operator 17 of a delegate call
    std::string name;
    double us = 0;
  };
  std::vector<Row> rows() const;

  std::map<std::pair<size_t, int64_t>, Step> steps_;  // by instruction and node
};

}  // namespace ingot::tools
