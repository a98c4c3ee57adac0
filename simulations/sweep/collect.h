/// The rows of all finished jobs of a sweep in one summary, in the order of the sweep.
///
/// A row's method carries what else the sweep went through, "mdmt-federated [strategy=fedprox]", so
/// that means and comparisons never mix different settings.
/// Threads: pure but for reading files.
#pragma once

#include "simulations/results/row.h"
#include "simulations/sweep/sweep_folder.h"

#include <string>
#include <utility>
#include <vector>

namespace consilium {

struct CollectedSweep {
  Summary summary;
  std::vector<SweepJob> jobs;
  /// Job, and "not begun" or "not finished: what it said last".
  std::vector<std::pair<std::string, std::string>> missing;
};

/// Errors: kNotFound or kInvalidArgument: no sweep there, or a file that is not as written.
Result<CollectedSweep> CollectSweep(const SweepFolder& folder);

/// report.md.
std::string FormatSweepReport(const CollectedSweep& sweep);

}  // namespace consilium
