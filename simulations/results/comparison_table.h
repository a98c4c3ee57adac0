/// The comparisons of one task as a table: method x metric, with difference, interval, p-values
/// and effect size. Precision and recall are left to summary.json. Threads: pure.
#pragma once

#include "simulations/results/comparison.h"
#include "simulations/results/table.h"

#include <span>
#include <string_view>

namespace consilium {

/// No rows where the task has no comparison.
Table ComparisonTable(std::span<const Comparison> comparisons, std::string_view task);

}  // namespace consilium
