#include "simulations/statistics/delong.h"

#include "simulations/statistics/binary_outcomes.h"
#include "simulations/statistics/descriptive.h"
#include "simulations/statistics/distributions.h"
#include "simulations/statistics/midranks.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace consilium {
namespace {

/// Below this a variance is rounding: the smallest of m = n = 1e5 images is 1e-20.
constexpr double kNoVariance = 1e-28;

/// V10 of the positive images and V01 of the negative ones.
struct Placements {
  std::vector<double> positive, negative;
};

std::vector<double> ScoresOf(std::span<const double> scores, std::span<const int> outcomes,
                             int outcome) {
  std::vector<double> chosen;
  chosen.reserve(scores.size());
  for (std::size_t i = 0; i < scores.size(); ++i) {
    if (outcomes[i] == outcome) chosen.push_back(scores[i]);
  }
  return chosen;
}

/// An image's rank among all less its rank in its own class is how many of the other class it
/// beats, ties half.
Placements PlaceScores(std::span<const double> scores, std::span<const int> outcomes) {
  const std::vector<double> positives = ScoresOf(scores, outcomes, 1);
  const std::vector<double> negatives = ScoresOf(scores, outcomes, 0);
  const std::vector<double> among_all = Midranks(scores);
  const std::vector<double> among_positives = Midranks(positives);
  const std::vector<double> among_negatives = Midranks(negatives);
  Placements placements;
  placements.positive.reserve(positives.size());
  placements.negative.reserve(negatives.size());
  for (std::size_t i = 0; i < scores.size(); ++i) {
    if (outcomes[i] == 1) {
      const double beaten = among_all[i] - among_positives[placements.positive.size()];
      placements.positive.push_back(beaten / static_cast<double>(negatives.size()));
    } else {
      const double beaten = among_all[i] - among_negatives[placements.negative.size()];
      placements.negative.push_back(1 - beaten / static_cast<double>(positives.size()));
    }
  }
  return placements;
}

bool HasBothClasses(const Placements& placements) {
  return !placements.positive.empty() && !placements.negative.empty();
}

std::optional<double> Variance(const Placements& placements) {
  const std::optional<double> positive = SampleDeviation(placements.positive);
  const std::optional<double> negative = SampleDeviation(placements.negative);
  if (!positive || !negative) return std::nullopt;
  return *positive * *positive / static_cast<double>(placements.positive.size()) +
         *negative * *negative / static_cast<double>(placements.negative.size());
}

std::vector<double> Minus(const std::vector<double>& a, const std::vector<double>& b) {
  std::vector<double> differences(a.size());
  std::transform(a.begin(), a.end(), b.begin(), differences.begin(), std::minus<>());
  return differences;
}

double NormalReach(double confidence) { return NormalQuantile(0.5 + confidence / 2); }

Interval WaldInterval(double estimate, double variance, double confidence, Interval range) {
  const double reach = NormalReach(confidence) * std::sqrt(variance);
  return {std::max(range.low, estimate - reach), std::min(range.high, estimate + reach)};
}

std::optional<Interval> LogitInterval(double auroc, double variance, double confidence) {
  if (!(auroc > 0 && auroc < 1)) return std::nullopt;
  const double center = std::log(auroc / (1 - auroc));
  const double reach = NormalReach(confidence) * std::sqrt(variance) / (auroc * (1 - auroc));
  return Interval{1 / (1 + std::exp(reach - center)), 1 / (1 + std::exp(-reach - center))};
}

Status CheckConfidence(double confidence) {
  if (confidence > 0 && confidence < 1) return OkStatus();
  return InvalidArgument("a confidence lies between 0 and 1");
}

}  // namespace

Result<DeLongResult> DeLong(std::span<const double> scores, std::span<const int> outcomes,
                            double confidence, AurocInterval interval) {
  CONSILIUM_RETURN_IF_ERROR(CheckConfidence(confidence));
  CONSILIUM_RETURN_IF_ERROR(CheckBinary(scores, outcomes));
  const Placements placements = PlaceScores(scores, outcomes);
  DeLongResult result;
  if (!HasBothClasses(placements)) return result;
  result.auroc = Mean(placements.positive);
  result.variance = Variance(placements);
  if (!result.variance || !(*result.variance > kNoVariance)) return result;
  result.interval = interval == AurocInterval::kLogit
                        ? LogitInterval(*result.auroc, *result.variance, confidence)
                        : WaldInterval(*result.auroc, *result.variance, confidence, {0, 1});
  return result;
}

Result<DeLongComparison> DeLongTest(std::span<const double> scores_a,
                                    std::span<const double> scores_b, std::span<const int> outcomes,
                                    Alternative alternative, double confidence) {
  CONSILIUM_RETURN_IF_ERROR(CheckConfidence(confidence));
  CONSILIUM_RETURN_IF_ERROR(CheckBinary(scores_a, outcomes));
  CONSILIUM_RETURN_IF_ERROR(CheckBinary(scores_b, outcomes));
  const Placements a = PlaceScores(scores_a, outcomes);
  const Placements b = PlaceScores(scores_b, outcomes);
  DeLongComparison result;
  if (!HasBothClasses(a)) return result;
  const Placements differences = {Minus(a.positive, b.positive), Minus(a.negative, b.negative)};
  result.auroc_a = Mean(a.positive);
  result.auroc_b = Mean(b.positive);
  result.difference = Mean(differences.positive);
  result.variance = Variance(differences);
  if (!result.variance) return result;
  result.covariance = (*Variance(a) + *Variance(b) - *result.variance) / 2;
  if (!(*result.variance > kNoVariance)) return result;
  result.z = *result.difference / std::sqrt(*result.variance);
  result.p = NormalPValue(*result.z, alternative);
  result.interval = WaldInterval(*result.difference, *result.variance, confidence, {-1, 1});
  return result;
}

}  // namespace consilium
