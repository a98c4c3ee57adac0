/// Means and standard deviations of rows.
///
/// One value per (center, seed): the mean over the rows of that pair (`local` has one per site).
/// Of a center: mean and sd over seeds. Over all: mean and sd over centers of those means, and the
/// sd over seeds of each seed's mean over centers. Sample standard deviation (n - 1); undefined
/// values are left out, and of fewer than two values there is no sd.
/// Threads: pure.
#pragma once

#include "simulations/results/row.h"

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace consilium {

struct MetricSummary {
  std::optional<double> mean, sd_centers, sd_seeds;
};

struct AggregateRow {
  std::string method;
  std::string backbone;
  std::string task;
  std::optional<std::string> left_out;  ///< none: over all centers
  int n_centers = 0;
  int n_seeds = 0;
  std::int64_t n_test = 0;             ///< labelled images of the center, or of all centers
  std::vector<MetricSummary> metrics;  ///< in the order of ReportedMetrics()
};

/// Grouped by task, then center (in order of name), then method, tasks and methods in order of first
/// appearance; the aggregates over all centers follow those of the task's centers.
std::vector<AggregateRow> AggregateRows(std::span<const Row> rows);

}  // namespace consilium
