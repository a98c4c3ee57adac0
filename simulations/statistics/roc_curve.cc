#include "simulations/statistics/roc_curve.h"

#include "simulations/statistics/binary_outcomes.h"

#include <algorithm>
#include <numeric>

namespace consilium {
namespace {

/// Images scored at or above a threshold.
struct Passed {
  std::int64_t negatives = 0, positives = 0;
  double threshold = 0;
};

bool IsOnTheWay(const Passed& before, const Passed& here, const Passed& after) {
  return here.negatives - before.negatives == after.negatives - here.negatives &&
         here.positives - before.positives == after.positives - here.positives;
}

/// `passed`: by falling thresholds, the last one passed by all.
std::vector<RocPoint> CurveOf(const std::vector<Passed>& passed) {
  if (passed.empty() || passed.back().negatives == 0 || passed.back().positives == 0) return {};
  const auto negatives = static_cast<double>(passed.back().negatives);
  const auto positives = static_cast<double>(passed.back().positives);
  std::vector<RocPoint> points;
  points.reserve(passed.size() + 1);
  points.emplace_back();
  for (std::size_t k = 0; k < passed.size(); ++k) {
    const bool inside = k > 0 && k + 1 < passed.size();
    if (inside && IsOnTheWay(passed[k - 1], passed[k], passed[k + 1])) continue;
    points.push_back({static_cast<double>(passed[k].negatives) / negatives,
                      static_cast<double>(passed[k].positives) / positives, passed[k].threshold});
  }
  return points;
}

}  // namespace

Result<std::vector<RocPoint>> RocCurve(std::span<const double> scores,
                                       std::span<const int> outcomes) {
  CONSILIUM_RETURN_IF_ERROR(CheckBinary(scores, outcomes));
  std::vector<std::size_t> order(scores.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(),
            [&](std::size_t x, std::size_t y) { return scores[x] > scores[y]; });
  std::vector<Passed> passed;
  passed.reserve(order.size());
  Passed sum;
  for (std::size_t k = 0; k < order.size(); ++k) {
    (outcomes[order[k]] == 1 ? sum.positives : sum.negatives) += 1;
    sum.threshold = scores[order[k]];
    const bool last_of_equals = k + 1 == order.size() || scores[order[k + 1]] != sum.threshold;
    if (last_of_equals) passed.push_back(sum);
  }
  return CurveOf(passed);
}

Result<std::vector<RocPoint>> RocCurve(std::span<const std::int64_t> negative_scores,
                                       std::span<const std::int64_t> positive_scores) {
  if (negative_scores.size() != positive_scores.size()) {
    return InvalidArgument("score histograms of one task have the same bins");
  }
  std::vector<Passed> passed;
  Passed sum;
  const auto bins = static_cast<double>(negative_scores.size());
  for (std::size_t bin = negative_scores.size(); bin-- > 0;) {
    if (negative_scores[bin] < 0 || positive_scores[bin] < 0) {
      return InvalidArgument("a score histogram counts fewer than no images");
    }
    if (negative_scores[bin] + positive_scores[bin] == 0) continue;
    sum.negatives += negative_scores[bin];
    sum.positives += positive_scores[bin];
    sum.threshold = static_cast<double>(bin) / bins;
    passed.push_back(sum);
  }
  return CurveOf(passed);
}

}  // namespace consilium
