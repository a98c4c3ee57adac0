/// What an evaluation counts, so that sites can send counts instead of predictions.
///
/// Everything here adds up: Merge(a, b) of two sites' counts equals the counts of their pooled
/// images, in whatever order (integers exactly; sums of doubles in SiteId order for equal bits).
/// Metrics are computed from counts only (metrics.h).
/// Threads: plain values.
#pragma once

#include "common/base/status.h"
#include "common/base/task_spec.h"

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace consilium {

/// Bins of a score histogram over [0, 1]; the AUROC from it is exact up to pairs that share a bin.
inline constexpr int kScoreBins = 8192;

/// One classification (a kClasses task, or one group of a kZoneGroups task).
struct ClassCounts {
  int classes = 0;
  std::vector<std::int64_t> confusion;  ///< [true * classes + predicted]
  /// Binary tasks only: how many images of each class had the positive class's probability in each
  /// bin.
  std::vector<std::int64_t> negative_scores;  ///< kScoreBins or empty
  std::vector<std::int64_t> positive_scores;
  friend bool operator==(const ClassCounts&, const ClassCounts&) = default;
};

/// One zone of a kZones task: predicted value p (continuous), rounded score r, true score t.
struct ZoneCounts {
  std::int64_t n = 0;
  std::int64_t exact = 0;  ///< r == t
  double sum_abs = 0;      ///< sum |p - t|
  double sum_square = 0;   ///< sum (p - t)^2
  double sum_p = 0, sum_t = 0, sum_pp = 0, sum_tt = 0, sum_pt = 0;
  friend bool operator==(const ZoneCounts&, const ZoneCounts&) = default;
};

/// All that one evaluation of one task counted.
struct TaskCounts {
  TaskId task;
  std::int64_t n = 0;   ///< images with this label
  double loss_sum = 0;  ///< sum over those images of the task's loss (without lambda)
  std::vector<ClassCounts> classifications;  ///< one, or one per group; empty for kZones
  std::vector<ZoneCounts> zones;  ///< one per zone, then one for the sum of all zones; kZones only
  friend bool operator==(const TaskCounts&, const TaskCounts&) = default;
};

TaskCounts EmptyCounts(const TaskSpec& task);

/// Adds one image. `probabilities`: classes of the classification, summing to 1.
void CountClassification(ClassCounts& counts, int truth, std::span<const float> probabilities);
/// Adds one image. `predicted`: continuous zone values; `truth`: zone scores.
void CountZones(TaskCounts& counts, int levels, std::span<const float> predicted,
                std::span<const int> truth);

/// Errors: kInvalidArgument if the two are of different tasks or shapes.
Status Merge(TaskCounts& into, const TaskCounts& from);

/// sum_j lambda_j * loss_sum_j / n_j over the tasks that have labels; empty if none has.
/// The validation loss that schedules follow: of counts merged over sites it is the pooled loss.
std::optional<double> WeightedLoss(std::span<const TaskSpec> tasks,
                                   std::span<const TaskCounts> counts);

}  // namespace consilium
