#include "common/metrics/task_counts.h"

#include "common/base/check.h"

#include <algorithm>
#include <cmath>
#include <functional>

namespace consilium {
namespace {

std::size_t BinOf(float probability) {
  const float position = probability * static_cast<float>(kScoreBins);
  if (!(position > 0)) return 0;  // also a NaN
  return std::min<std::size_t>(static_cast<std::size_t>(position), kScoreBins - 1);
}

int RoundedScore(float predicted, int levels) {
  if (!(predicted > 0)) return 0;  // also a NaN
  return static_cast<int>(std::min(std::floor(predicted + 0.5F), static_cast<float>(levels - 1)));
}

void CountZone(ZoneCounts& zone, double predicted, bool exact, double truth) {
  ++zone.n;
  zone.exact += exact ? 1 : 0;
  zone.sum_abs += std::abs(predicted - truth);
  zone.sum_square += (predicted - truth) * (predicted - truth);
  zone.sum_p += predicted;
  zone.sum_t += truth;
  zone.sum_pp += predicted * predicted;
  zone.sum_tt += truth * truth;
  zone.sum_pt += predicted * truth;
}

ClassCounts EmptyClassCounts(int classes) {
  ClassCounts counts;
  counts.classes = classes;
  counts.confusion.assign(static_cast<std::size_t>(classes) * classes, 0);
  if (classes == 2) {
    counts.negative_scores.assign(kScoreBins, 0);
    counts.positive_scores.assign(kScoreBins, 0);
  }
  return counts;
}

bool SameShape(const TaskCounts& a, const TaskCounts& b) {
  return a.task == b.task && a.zones.size() == b.zones.size() &&
         std::equal(a.classifications.begin(), a.classifications.end(), b.classifications.begin(),
                    b.classifications.end(), [](const ClassCounts& x, const ClassCounts& y) {
                      return x.classes == y.classes && x.confusion.size() == y.confusion.size() &&
                             x.negative_scores.size() == y.negative_scores.size() &&
                             x.positive_scores.size() == y.positive_scores.size();
                    });
}

void Add(std::vector<std::int64_t>& into, const std::vector<std::int64_t>& from) {
  std::transform(into.begin(), into.end(), from.begin(), into.begin(), std::plus<>());
}

void Add(ZoneCounts& into, const ZoneCounts& from) {
  into.n += from.n;
  into.exact += from.exact;
  into.sum_abs += from.sum_abs;
  into.sum_square += from.sum_square;
  into.sum_p += from.sum_p;
  into.sum_t += from.sum_t;
  into.sum_pp += from.sum_pp;
  into.sum_tt += from.sum_tt;
  into.sum_pt += from.sum_pt;
}

}  // namespace

TaskCounts EmptyCounts(const TaskSpec& task) {
  TaskCounts counts;
  counts.task = task.id;
  switch (task.kind) {
    case TaskKind::kClasses:
      counts.classifications.push_back(EmptyClassCounts(static_cast<int>(task.classes.size())));
      break;
    case TaskKind::kZones:
      counts.zones.resize(static_cast<std::size_t>(task.zones) + 1);
      break;
    case TaskKind::kZoneGroups:
      for (const ZoneGroup& group : task.groups) {
        counts.classifications.push_back(
            EmptyClassCounts(static_cast<int>(group.thresholds.size()) + 1));
      }
      break;
  }
  return counts;
}

void CountClassification(ClassCounts& counts, int truth, std::span<const float> probabilities) {
  CONSILIUM_CHECK(truth >= 0 && truth < counts.classes);
  CONSILIUM_CHECK(static_cast<int>(probabilities.size()) == counts.classes);
  const auto predicted =
      std::max_element(probabilities.begin(), probabilities.end()) - probabilities.begin();
  ++counts.confusion[static_cast<std::size_t>(truth) * counts.classes + predicted];
  if (counts.classes == 2) {
    ++(truth == 1 ? counts.positive_scores : counts.negative_scores)[BinOf(probabilities[1])];
  }
}

void CountZones(TaskCounts& counts, int levels, std::span<const float> predicted,
                std::span<const int> truth) {
  CONSILIUM_CHECK(predicted.size() == truth.size());
  CONSILIUM_CHECK(counts.zones.size() == truth.size() + 1);
  double predicted_sum = 0;
  int rounded_sum = 0;
  int true_sum = 0;
  for (std::size_t z = 0; z < truth.size(); ++z) {
    const int rounded = RoundedScore(predicted[z], levels);
    CountZone(counts.zones[z], predicted[z], rounded == truth[z], truth[z]);
    predicted_sum += predicted[z];
    rounded_sum += rounded;
    true_sum += truth[z];
  }
  CountZone(counts.zones.back(), predicted_sum, rounded_sum == true_sum, true_sum);
}

Status Merge(TaskCounts& into, const TaskCounts& from) {
  if (!SameShape(into, from)) {
    return InvalidArgument("counts of task '" + from.task.str() +
                           "' cannot be added to counts of task '" + into.task.str() +
                           "': other task, classes or zones");
  }
  into.n += from.n;
  into.loss_sum += from.loss_sum;
  for (std::size_t c = 0; c < into.classifications.size(); ++c) {
    Add(into.classifications[c].confusion, from.classifications[c].confusion);
    Add(into.classifications[c].negative_scores, from.classifications[c].negative_scores);
    Add(into.classifications[c].positive_scores, from.classifications[c].positive_scores);
  }
  for (std::size_t z = 0; z < into.zones.size(); ++z) Add(into.zones[z], from.zones[z]);
  return OkStatus();
}

std::optional<double> WeightedLoss(std::span<const TaskSpec> tasks,
                                   std::span<const TaskCounts> counts) {
  std::optional<double> loss;
  for (const TaskSpec& task : tasks) {
    for (const TaskCounts& counted : counts) {
      if (counted.task != task.id || counted.n == 0) continue;
      loss = loss.value_or(0) + task.weight * counted.loss_sum / static_cast<double>(counted.n);
    }
  }
  return loss;
}

}  // namespace consilium
