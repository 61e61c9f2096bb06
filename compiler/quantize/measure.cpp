#include "compiler/quantize/measure.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "compiler/ir/rewrite.h"
#include "compiler/quantize/sample_runner.h"
#include "compiler/quantize/shadow_graph.h"

namespace ingot::compiler {
namespace {

constexpr double kPerfect = 200;

}  // namespace

Result<std::vector<double>> measure_layers(const Graph& graph, const Scheme& scheme,
                                           std::span<const AffineParameters> parameters, SampleSource& samples,
                                           size_t count, Lowering* lowering, const Progress& progress) {
  std::vector<double> ratios(scheme.units.size(), kPerfect);
  ShadowGraph shadows(graph, scheme, parameters);
  std::vector<size_t> measured;
  for (size_t i = 0; i < scheme.units.size(); ++i) {
    if (!scheme.units[i].is_layer()) continue;
    INGOT_TRY_VOID(shadows.add_energies(scheme.units[i]));
    measured.push_back(i);
  }
  if (measured.empty()) return ratios;
  remove_dead(shadows.graph());
  const std::vector<double> found =
      INGOT_TRY(measure_energies(shadows.graph(), measured.size(), samples, count, lowering, progress));
  for (size_t m = 0; m < measured.size(); ++m) ratios[measured[m]] = found[m];
  return ratios;
}

Result<std::vector<double>> measure_energies(const Graph& shadows, size_t pairs, SampleSource& samples, size_t count,
                                             Lowering* lowering, const Progress& progress) {
  count = std::min(count, samples.size());
  std::vector<std::vector<float>> seen(count);  // summed in the order of the samples
  const auto keep = [&](size_t, size_t index, const Sample&, std::span<const Session> sessions) -> Result<void> {
    for (size_t m = 0; m < 2 * pairs; ++m) seen[index].push_back(INGOT_TRY(sessions[0].floats(m))[0]);
    return {};
  };
  const Runnable runnable{&shadows, lowering};
  INGOT_TRY_VOID(run_samples({&runnable, 1}, samples, count, "measuring", progress, keep));
  std::vector<std::pair<double, double>> energies(pairs);
  for (const std::vector<float>& of_sample : seen) {
    for (size_t m = 0; m < pairs; ++m) {
      energies[m].first += static_cast<double>(of_sample[2 * m]);
      energies[m].second += static_cast<double>(of_sample[2 * m + 1]);
    }
  }
  std::vector<double> ratios(pairs, kPerfect);
  for (size_t m = 0; m < pairs; ++m) {
    const auto& [signal, noise] = energies[m];
    if (noise > 0) ratios[m] = std::min(10 * std::log10(signal / noise), kPerfect);
  }
  return ratios;
}

}  // namespace ingot::compiler
