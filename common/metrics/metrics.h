/// Metrics of a task, from counts alone. Undefined values are empty, never 0 or NaN.
///
/// Definitions (checked against scikit-learn and scipy, tests/golden/metrics):
///   accuracy           right / all
///   precision, recall, f1
///                      average over classes weighted by their true counts (sklearn "weighted",
///                      zero_division=0)
///   positive_*         the positive (last) class alone; empty if it has no image
///   gmean              square root of weighted recall times weighted specificity
///                      (imbalanced-learn geometric_mean_score(average="weighted")), as the paper
///                      does; empty if all images are of one class
///   auroc              binary: from the score histogram, ties within a bin count one half; empty
///                      if a class is absent
///   zone_accuracy      mean over zones of exact / n
///   l1, mse            mean over images and zones of |p - t| and (p - t)^2
///   correlation        Pearson, of the sum over zones; empty if either is constant
/// For several groups (lungs) the classification metrics are the mean over the
/// groups where they are defined.
/// Source: docs/math.md, "Metrics". Threads: pure.
#pragma once

#include "common/metrics/task_counts.h"

#include <optional>
#include <string_view>
#include <vector>

namespace consilium {

struct TaskMetrics {
  std::int64_t n = 0;
  std::optional<double> loss, accuracy, precision, recall, f1, gmean, auroc;
  std::optional<double> positive_precision, positive_recall, positive_f1;
  std::optional<double> zone_accuracy, l1, mse, correlation;
};

TaskMetrics ComputeMetrics(const TaskCounts& counts);

/// Area under the ROC curve of scores in histograms; empty if either class has no image.
std::optional<double> Auroc(const std::vector<std::int64_t>& negative_scores,
                            const std::vector<std::int64_t>& positive_scores);

struct NamedMetric {
  std::string_view name;  ///< as in summary.json
  std::optional<double> TaskMetrics::*member;
  bool higher_is_better = true;
};
/// The metrics of summary.json, in the order in which tables show them.
const std::vector<NamedMetric>& ReportedMetrics();

}  // namespace consilium
