/// Tables as CSV, for programs, and as LaTeX, for papers. Threads: pure.
#pragma once

#include "simulations/report/task_results.h"
#include "simulations/results/table.h"

#include <string>

namespace consilium {

/// Every aggregate and every metric, one line each, exact; undefined values are empty fields:
/// protocol, task, metric, left_out (empty: over all centers), method, backbone, n_centers, n_seeds,
/// n_test, mean, sd_centers, sd_seeds, paper.
std::string FormatTableCsv(const TaskResults& results);

/// One metric: left-out centers down, models across, mean and standard deviation, the best mean of a
/// line in bold, undefined as a dash. A tabular for \input, in need of the package booktabs.
std::string FormatTableLatex(const TaskResults& results, const ShownMetric& metric);

/// Any other table, as it stands; an empty row is nothing in CSV and a rule in LaTeX.
std::string FormatPlainCsv(const Table& table);
std::string FormatPlainLatex(const Table& table);

/// Models whose mean on this center (empty: over all) is best to the digits shown; none where fewer
/// than two are defined.
std::vector<ModelKind> BestModels(const TaskResults& results, const ShownMetric& metric,
                                  const std::optional<std::string>& center);

}  // namespace consilium
