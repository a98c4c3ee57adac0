#include "aggregator/left_out_scores.h"

#include "common/metrics/metrics.h"

#include <cstdio>

namespace consilium {

std::vector<TaskScore> ScoresOf(std::span<const TaskCounts> tasks) {
  std::vector<TaskScore> scores;
  scores.reserve(tasks.size());
  for (const TaskCounts& counts : tasks) {
    if (counts.n <= 0) continue;
    TaskScore score{counts.task, counts.n, counts.loss_sum / static_cast<double>(counts.n), {}};
    const TaskMetrics metrics = ComputeMetrics(counts);
    for (const NamedMetric& named : ReportedMetrics()) {
      const std::optional<double> value = metrics.*named.member;
      if (value) score.metrics.emplace(named.name, *value);
    }
    scores.push_back(std::move(score));
  }
  return scores;
}

std::string ScoresText(std::span<const TaskScore> scores) {
  std::string text;
  for (const TaskScore& score : scores) {
    char loss[32];
    std::snprintf(loss, sizeof(loss), "%.4f", score.loss);
    text.append(text.empty() ? "" : ", ").append(score.task.str()).append(" loss ").append(loss);
    text.append(" of ").append(std::to_string(score.images)).append(" images");
  }
  return text.empty() ? "no labelled image" : text;
}

}  // namespace consilium
