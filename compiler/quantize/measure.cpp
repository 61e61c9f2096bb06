#include "compiler/quantize/measure.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "compiler/ir/rewrite.h"
#include "compiler/quantize/session.h"
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
      INGOT_TRY(measure_energies(std::move(shadows.graph()), measured.size(), samples, count, lowering, progress));
  for (size_t m = 0; m < measured.size(); ++m) ratios[measured[m]] = found[m];
  return ratios;
}

Result<std::vector<double>> measure_energies(Graph shadows, size_t pairs, SampleSource& samples, size_t count,
                                             Lowering* lowering, const Progress& progress) {
  Session session = INGOT_TRY(Session::make(std::move(shadows), lowering));
  std::vector<std::pair<double, double>> energies(pairs);
  count = std::min(count, samples.size());
  for (size_t i = 0; i < count; ++i) {
    INGOT_TRY_VOID(session.run(INGOT_TRY(samples.read(i)).inputs));
    for (size_t m = 0; m < pairs; ++m) {
      energies[m].first += static_cast<double>(INGOT_TRY(session.floats(2 * m))[0]);
      energies[m].second += static_cast<double>(INGOT_TRY(session.floats(2 * m + 1))[0]);
    }
    if (progress) progress("measuring", i + 1, count);
  }
  std::vector<double> ratios(pairs, kPerfect);
  for (size_t m = 0; m < pairs; ++m) {
    const auto& [signal, noise] = energies[m];
    if (noise > 0) ratios[m] = std::min(10 * std::log10(signal / noise), kPerfect);
  }
  return ratios;
}

}  // namespace ingot::compiler
