#include "compiler/quantize/sample_runner.h"

#include <algorithm>
#include <exception>
#include <mutex>
#include <new>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "compiler/ir/copy.h"

namespace ingot::compiler {
namespace {

using See = std::function<Result<void>(size_t, size_t, const Sample&, std::span<const Session>)>;

// What the threads share.
class Run {
 public:
  Run(SampleSource& samples, size_t count, std::string_view stage, const Progress& progress, const See& see)
      : samples_(samples), count_(count), stage_(stage), progress_(progress), see_(see) {}

  // The lanes `first`, `first + step`, ...
  void take(std::span<Session> sessions, size_t first, size_t step) {
    for (size_t lane = first; lane < kLanes; lane += step) {
      for (size_t i = lane; i < count_ && !is_over(); i += kLanes) {
        if (auto done = run_one(sessions, lane, i); !done) return fail_at(i, std::move(done).error());
      }
    }
  }

  Result<void> result() && {
    if (error_) return std::unexpected(std::move(*error_));
    return {};
  }

 private:
  bool is_over() {
    const std::lock_guard lock(mutex_);
    return error_.has_value();
  }

  void fail_at(size_t index, Error error) {
    const std::lock_guard lock(mutex_);
    if (error_ && failed_ < index) return;
    error_ = std::move(error);
    failed_ = index;
  }

  Result<void> run_one(std::span<Session> sessions, size_t lane, size_t index) {
    try {
      const Sample sample = INGOT_TRY(read(index));
      for (Session& session : sessions) INGOT_TRY_VOID(session.run(sample.inputs));
      INGOT_TRY_VOID(see_(lane, index, sample, sessions));
    } catch (const std::bad_alloc&) {
      return fail(ErrorCode::out_of_memory, "out of memory while running sample %zu", index);
    } catch (const std::exception& error) {
      return fail(ErrorCode::internal, "%s", error.what());
    }
    const std::lock_guard lock(mutex_);
    if (progress_) progress_(stage_, ++done_, count_);
    return {};
  }

  Result<Sample> read(size_t index) {
    const std::lock_guard lock(reading_);
    return samples_.read(index);
  }

  SampleSource& samples_;
  size_t count_;
  std::string_view stage_;
  const Progress& progress_;
  const See& see_;
  std::mutex reading_;
  std::mutex mutex_;  // of what follows
  size_t done_ = 0;
  size_t failed_ = 0;
  std::optional<Error> error_;
};

}  // namespace

size_t sample_threads() {
  return std::clamp<size_t>(std::thread::hardware_concurrency(), 1, kLanes);
}

Result<void> run_samples(std::span<const Runnable> graphs, SampleSource& samples, size_t count, std::string_view stage,
                         const Progress& progress, const See& see) {
  count = std::min(count, samples.size());
  const size_t threads = std::clamp<size_t>(count, 1, sample_threads());
  std::vector<std::vector<Session>> sessions(threads);
  for (std::vector<Session>& of_thread : sessions) {
    for (const Runnable& runnable : graphs) {
      of_thread.push_back(INGOT_TRY(Session::make(copy_graph(*runnable.graph).graph, runnable.lowering)));
    }
  }
  Run run(samples, count, stage, progress, see);
  {
    std::vector<std::jthread> others;
    for (size_t t = 1; t < threads; ++t)
      others.emplace_back([&run, &sessions, t, threads] { run.take(sessions[t], t, threads); });
    run.take(sessions[0], 0, threads);
  }
  return std::move(run).result();
}

}  // namespace ingot::compiler
