// Runs graphs on every sample of a source, several samples at a time: a thread takes a sample through the whole graph
// by itself. Splitting each operator among threads instead has them wait for each other hundreds of times a sample,
// which takes several times as long where other programs want the cores too.
//
// Samples are dealt to a fixed number of lanes, whatever the machine; what a lane sees comes in the order of the
// samples. So results do not depend on threads. Memory: the graphs' Sessions for each thread.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string_view>

#include "compiler/ir/graph.h"
#include "compiler/partition/lowering.h"
#include "compiler/quantize/samples.h"
#include "compiler/quantize/session.h"

namespace ingot::compiler {

// Told how far a long stage has come.
using Progress = std::function<void(std::string_view stage, size_t done, size_t total)>;

inline constexpr size_t kLanes = 4;

// How many threads are used at most.
size_t sample_threads();

struct Runnable {
  const Graph* graph = nullptr;
  Lowering* lowering = nullptr;  // null for portable kernels; outlives the run
};

// `see` is called for each of the first `count` samples (or as many as there are) when all graphs have run on it:
// concurrently for different lanes, one after another for one. Progress is told under the name `stage`. After an
// error no more samples are begun; it is the result.
Result<void> run_samples(std::span<const Runnable> graphs, SampleSource& samples, size_t count, std::string_view stage,
                         const Progress& progress,
                         const std::function<Result<void>(size_t lane, size_t index, const Sample& sample,
                                                          std::span<const Session> sessions)>& see);

}  // namespace ingot::compiler
