/// A synthetic cohort as files: 16-bit PNGs and their manifest, read back like any other cohort.
///
/// The manifest is written last and whole: a folder without it is no cohort. Loading it gives the
/// data set that MakeSyntheticCohort makes.
/// Errors   kInvalidArgument: options, a folder that cannot be written or has a manifest already;
///          kCancelled. Threads: as the options say.
#pragma once

#include "common/base/interrupt.h"
#include "common/base/status.h"
#include "simulations/synthetic/synthetic_cohort.h"

#include <functional>
#include <string>
#include <vector>

namespace consilium {

struct CohortExportOptions {
  SyntheticOptions cohort;
  const Interrupt* interrupt = nullptr;
  /// Called by one thread at a time.
  std::function<void(std::int64_t done, std::int64_t all)> on_picture;
};

/// Writes `folder`/manifest.csv and `folder`/images/*.png; makes the folders.
Status WriteSyntheticCohort(const std::string& folder, const CohortExportOptions& options,
                            const std::vector<TaskSpec>& tasks);

}  // namespace consilium
