#include "simulations/statistics/calibration.h"

#include "simulations/statistics/binary_outcomes.h"
#include "simulations/statistics/descriptive.h"

#include <algorithm>
#include <cmath>

namespace consilium {
namespace {

struct Bin {
  std::int64_t n = 0;
  double sum_p = 0, sum_y = 0;
  double within = 0;

  double MeanP() const { return sum_p / static_cast<double>(n); }
  double MeanY() const { return sum_y / static_cast<double>(n); }
};

/// bins + 1 edges, in order; of equal mass, some may be equal.
std::vector<double> Edges(std::span<const double> probabilities,
                          const CalibrationOptions& options) {
  std::vector<double> sorted(probabilities.begin(), probabilities.end());
  std::sort(sorted.begin(), sorted.end());
  std::vector<double> edges(static_cast<std::size_t>(options.bins) + 1);
  const double step = 1.0 / options.bins;
  for (std::size_t e = 0; e < edges.size(); ++e) {
    const double share = e + 1 == edges.size() ? 1 : static_cast<double>(e) * step;
    edges[e] = options.binning == Binning::kEqualWidth ? share : Quantile(sorted, share);
  }
  return edges;
}

std::vector<std::size_t> BinsOf(std::span<const double> probabilities,
                                const std::vector<double>& edges) {
  std::vector<std::size_t> places(probabilities.size());
  for (std::size_t i = 0; i < places.size(); ++i) {
    const auto inner = std::lower_bound(edges.begin() + 1, edges.end() - 1, probabilities[i]);
    places[i] = static_cast<std::size_t>(inner - edges.begin()) - 1;
  }
  return places;
}

std::vector<Bin> FillBins(std::span<const double> probabilities, std::span<const int> outcomes,
                          const std::vector<std::size_t>& places, std::size_t count) {
  std::vector<Bin> bins(count);
  for (std::size_t i = 0; i < places.size(); ++i) {
    Bin& bin = bins[places[i]];
    ++bin.n;
    bin.sum_p += probabilities[i];
    bin.sum_y += outcomes[i];
  }
  for (std::size_t i = 0; i < places.size(); ++i) {
    Bin& bin = bins[places[i]];
    const double p = probabilities[i] - bin.MeanP();
    bin.within += p * p - 2 * p * (outcomes[i] - bin.MeanY());
  }
  return bins;
}

double BrierScore(std::span<const double> probabilities, std::span<const int> outcomes) {
  double sum = 0;
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    const double distance = probabilities[i] - outcomes[i];
    sum += distance * distance;
  }
  return sum / static_cast<double>(outcomes.size());
}

}  // namespace

Result<Calibration> Calibrate(std::span<const double> probabilities, std::span<const int> outcomes,
                              const CalibrationOptions& options) {
  CONSILIUM_RETURN_IF_ERROR(CheckProbabilities(probabilities, outcomes));
  if (options.bins < 1) return InvalidArgument("calibration takes at least one bin");
  Calibration result;
  result.n = static_cast<std::int64_t>(outcomes.size());
  if (outcomes.empty()) return result;
  const std::vector<double> edges = Edges(probabilities, options);
  const std::vector<Bin> bins =
      FillBins(probabilities, outcomes, BinsOf(probabilities, edges), edges.size() - 1);
  const auto n = static_cast<double>(result.n);
  double positives = 0;
  for (const Bin& bin : bins) positives += bin.sum_y;
  const double base = positives / n;
  double ece = 0;
  double reliability = 0;
  double resolution = 0;
  double within = 0;
  for (std::size_t b = 0; b < bins.size(); ++b) {
    const Bin& bin = bins[b];
    if (bin.n == 0) continue;
    const double share = static_cast<double>(bin.n) / n;
    const double gap = bin.MeanP() - bin.MeanY();
    result.curve.push_back({edges[b], edges[b + 1], bin.n, bin.MeanP(), bin.MeanY()});
    ece += share * std::abs(gap);
    reliability += share * gap * gap;
    resolution += share * (bin.MeanY() - base) * (bin.MeanY() - base);
    within += bin.within / n;
  }
  result.ece = ece;
  result.brier = BrierScore(probabilities, outcomes);
  result.reliability = reliability;
  result.resolution = resolution;
  result.uncertainty = base * (1 - base);
  result.within = within;
  return result;
}

}  // namespace consilium
