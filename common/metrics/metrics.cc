#include "common/metrics/metrics.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace consilium {
namespace {

/// One class against the others.
struct OneClass {
  double true_positives = 0, actual = 0, predicted = 0, all = 0;

  double Precision() const { return predicted > 0 ? true_positives / predicted : 0; }
  double Recall() const { return actual > 0 ? true_positives / actual : 0; }
  double F1() const {
    return actual + predicted > 0 ? 2 * true_positives / (actual + predicted) : 0;
  }
  double Specificity() const {
    const double others = all - actual;
    return others > 0 ? (others - (predicted - true_positives)) / others : 0;
  }
};

std::vector<OneClass> ClassesOf(const ClassCounts& counts) {
  const auto classes = static_cast<std::size_t>(counts.classes);
  std::vector<OneClass> result(classes);
  double all = 0;
  for (std::size_t truth = 0; truth < classes; ++truth) {
    for (std::size_t predicted = 0; predicted < classes; ++predicted) {
      const auto n = static_cast<double>(counts.confusion[truth * classes + predicted]);
      result[truth].actual += n;
      result[predicted].predicted += n;
      if (truth == predicted) result[truth].true_positives += n;
      all += n;
    }
  }
  for (OneClass& one : result) one.all = all;
  return result;
}

double WeightedMean(const std::vector<OneClass>& classes, double (OneClass::*value)() const) {
  double sum = 0;
  for (const OneClass& one : classes) sum += one.actual * (one.*value)();
  return sum / classes.front().all;
}

TaskMetrics OfClassification(const ClassCounts& counts) {
  TaskMetrics metrics;
  const std::vector<OneClass> classes = ClassesOf(counts);
  if (classes.empty() || classes.front().all == 0) return metrics;
  metrics.recall = WeightedMean(classes, &OneClass::Recall);
  metrics.accuracy = metrics.recall;  // sum of the diagonal over all: the same number
  metrics.precision = WeightedMean(classes, &OneClass::Precision);
  metrics.f1 = WeightedMean(classes, &OneClass::F1);
  const bool one_class_only = std::any_of(classes.begin(), classes.end(),
                                          [](const OneClass& c) { return c.actual == c.all; });
  if (!one_class_only) {
    metrics.gmean = std::sqrt(*metrics.recall * WeightedMean(classes, &OneClass::Specificity));
  }
  if (const OneClass& positive = classes.back(); positive.actual > 0) {
    metrics.positive_precision = positive.Precision();
    metrics.positive_recall = positive.Recall();
    metrics.positive_f1 = positive.F1();
  }
  if (counts.classes == 2) metrics.auroc = Auroc(counts.negative_scores, counts.positive_scores);
  return metrics;
}

constexpr std::optional<double> TaskMetrics::*kOfClassification[] = {
    &TaskMetrics::accuracy,
    &TaskMetrics::precision,
    &TaskMetrics::recall,
    &TaskMetrics::f1,
    &TaskMetrics::gmean,
    &TaskMetrics::auroc,
    &TaskMetrics::positive_precision,
    &TaskMetrics::positive_recall,
    &TaskMetrics::positive_f1};

/// Mean over the groups where the metric is defined.
void SetClassification(TaskMetrics& metrics, const std::vector<ClassCounts>& groups) {
  std::vector<TaskMetrics> of_groups;
  of_groups.reserve(groups.size());
  for (const ClassCounts& group : groups) of_groups.push_back(OfClassification(group));
  for (const auto member : kOfClassification) {
    double sum = 0;
    int defined = 0;
    for (const TaskMetrics& group : of_groups) {
      if (!(group.*member).has_value()) continue;
      sum += *(group.*member);
      ++defined;
    }
    if (defined > 0) metrics.*member = sum / defined;
  }
}

std::optional<double> Pearson(const ZoneCounts& sum) {
  const auto n = static_cast<double>(sum.n);
  const double covariance = n * sum.sum_pt - sum.sum_p * sum.sum_t;
  const double variance_p = n * sum.sum_pp - sum.sum_p * sum.sum_p;
  const double variance_t = n * sum.sum_tt - sum.sum_t * sum.sum_t;
  // A constant leaves a rest of rounding, far below this share of its square.
  constexpr double kRounding = 1e-12;
  if (!(variance_p > kRounding * n * sum.sum_pp) || !(variance_t > kRounding * n * sum.sum_tt)) {
    return std::nullopt;
  }
  return covariance / std::sqrt(variance_p * variance_t);
}

void SetZones(TaskMetrics& metrics, const std::vector<ZoneCounts>& zones) {
  if (zones.size() < 2 || zones.back().n == 0) return;
  double exact = 0;
  double absolute = 0;
  double square = 0;
  for (std::size_t z = 0; z + 1 < zones.size(); ++z) {
    exact += static_cast<double>(zones[z].exact);
    absolute += zones[z].sum_abs;
    square += zones[z].sum_square;
  }
  const double values = static_cast<double>(zones.back().n) * static_cast<double>(zones.size() - 1);
  metrics.zone_accuracy = exact / values;
  metrics.l1 = absolute / values;
  metrics.mse = square / values;
  metrics.correlation = Pearson(zones.back());
}

}  // namespace

TaskMetrics ComputeMetrics(const TaskCounts& counts) {
  TaskMetrics metrics;
  metrics.n = counts.n;
  if (counts.n > 0) metrics.loss = counts.loss_sum / static_cast<double>(counts.n);
  SetClassification(metrics, counts.classifications);
  SetZones(metrics, counts.zones);
  return metrics;
}

std::optional<double> Auroc(const std::vector<std::int64_t>& negative_scores,
                            const std::vector<std::int64_t>& positive_scores) {
  if (negative_scores.size() != positive_scores.size()) return std::nullopt;
  double won = 0;
  double negatives = 0;
  double positives = 0;
  for (std::size_t bin = 0; bin < negative_scores.size(); ++bin) {
    const auto negative = static_cast<double>(negative_scores[bin]);
    const auto positive = static_cast<double>(positive_scores[bin]);
    won += positive * (negatives + 0.5 * negative);
    negatives += negative;
    positives += positive;
  }
  if (negatives == 0 || positives == 0) return std::nullopt;
  return won / (negatives * positives);
}

const std::vector<NamedMetric>& ReportedMetrics() {
  static const std::vector<NamedMetric> metrics = {{"accuracy", &TaskMetrics::accuracy},
                                                   {"precision", &TaskMetrics::precision},
                                                   {"recall", &TaskMetrics::recall},
                                                   {"f1", &TaskMetrics::f1},
                                                   {"gmean", &TaskMetrics::gmean},
                                                   {"auroc", &TaskMetrics::auroc},
                                                   {"zone_accuracy", &TaskMetrics::zone_accuracy},
                                                   {"l1", &TaskMetrics::l1, false},
                                                   {"mse", &TaskMetrics::mse, false},
                                                   {"correlation", &TaskMetrics::correlation}};
  return metrics;
}

}  // namespace consilium
