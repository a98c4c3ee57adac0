#include "simulations/report/mean_curves.h"

#include "simulations/statistics/roc_curve.h"

#include <algorithm>

namespace consilium {
namespace {

/// `points`: from (0, 0) to (1, 1).
std::vector<double> RatesAtSteps(const std::vector<RocPoint>& points) {
  std::vector<double> rates;
  rates.reserve(kRocSteps);
  std::size_t left = 0;
  for (std::size_t step = 0; step < kRocSteps; ++step) {
    const double at = static_cast<double>(step) / static_cast<double>(kRocSteps - 1);
    while (left + 1 < points.size() && points[left + 1].false_positive_rate <= at) ++left;
    const RocPoint& a = points[left];
    double rate = a.true_positive_rate;
    if (left + 1 < points.size()) {
      const RocPoint& b = points[left + 1];
      rate += (b.true_positive_rate - a.true_positive_rate) * (at - a.false_positive_rate) /
              (b.false_positive_rate - a.false_positive_rate);
    }
    rates.push_back(rate);
  }
  return rates;
}

}  // namespace

std::vector<double> MeanRoc(std::span<const BinaryScores* const> models) {
  std::vector<double> sum(kRocSteps, 0.0);
  int count = 0;
  for (const BinaryScores* model : models) {
    // What a parser let through has no fault; without both classes there are no points.
    const Result<std::vector<RocPoint>> points = RocCurve(model->probabilities, model->outcomes);
    if (!points.ok() || points->empty()) continue;
    const std::vector<double> rates = RatesAtSteps(*points);
    for (std::size_t step = 0; step < kRocSteps; ++step) sum[step] += rates[step];
    ++count;
  }
  if (count == 0) return {};
  for (double& rate : sum) rate /= count;
  return sum;
}

MeanCurve MeanOfCurves(std::span<const LearningCurve* const> curves) {
  MeanCurve result;
  std::size_t steps = 0;
  for (const LearningCurve* curve : curves) steps = std::max(steps, curve->size());
  for (std::size_t step = 0; step < steps; ++step) {
    double sum = 0;
    int count = 0;
    for (const LearningCurve* curve : curves) {
      if (step >= curve->size() || !(*curve)[step]) continue;
      sum += *(*curve)[step];
      ++count;
    }
    result.mean.push_back(count > 0 ? std::optional(sum / count) : std::nullopt);
    result.counts.push_back(count);
  }
  return result;
}

}  // namespace consilium
