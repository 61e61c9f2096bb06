// Calls of operators that were recorded with PyTorch, and their answers: the archives that
// tests/data/record_aten_ops.py and fuzz_aten_ops.py write (the former describes the format). Read whole when opened;
// one thread at a time.
#pragma once

#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "runtime/core/dtype.h"
#include "runtime/npy/npy.h"
#include "tests/support/zip.h"

namespace ingot::testing {

class RecordedCalls {
 public:
  // Aborts where the archive is missing or damaged: it is part of the sources.
  explicit RecordedCalls(const std::string& path);

  // Objects with "name", "op", "args", "outputs".
  const nlohmann::json& cases() const { return cases_; }
  // A tensor by the name that cases use; bfloat16 is what .npy cannot say and the name does.
  const Array& array(const std::string& name);

 private:
  std::vector<std::byte> bytes_of(const std::string& name) const;

  ZipArchive archive_;
  nlohmann::json cases_;
  std::vector<std::byte> packed_;                               // all tensors one after the other, if they are
  std::map<std::string, std::pair<size_t, size_t>> positions_;  // in packed_: start and length
  std::map<std::string, Array> arrays_;
};

// The archives in tests/data, or the one that the environment variable INGOT_RECORDED_CALLS names instead.
std::vector<std::shared_ptr<RecordedCalls>> all_recorded_calls();

// A number as the archives write it: what JSON cannot say is "inf", "-inf" or "nan".
double recorded_number(const nlohmann::json& json);
// "float32"; aborts where there is no such dtype.
DType recorded_dtype(const std::string& name);

}  // namespace ingot::testing
