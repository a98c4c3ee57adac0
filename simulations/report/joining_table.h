/// "Does joining help?" in words: a table of sites by metrics, and warnings. Threads: pure.
#pragma once

#include "simulations/report/joining.h"
#include "simulations/results/table.h"

#include <string>
#include <vector>

namespace consilium {

struct MetricJoining {
  ShownMetric metric;
  std::vector<Joining> sites;
};

/// "+0.031 [+0.010, +0.052]" per site and metric, "–" where undefined.
Table JoiningTable(const TaskResults& results, const std::vector<MetricJoining>& metrics);

/// One line per site with a metric whose interval lies wholly on the wrong side.
std::vector<std::string> JoiningWarnings(const TaskResults& results,
                                         const std::vector<MetricJoining>& metrics);

}  // namespace consilium
