/// A site's images and labels, as a run's plan wants them.
///
/// A task of the plan that the site has no labels for is there without any. A tensor cache keeps its
/// own image size and what its tasks mean, which need not be the plan's: the site declares them. An
/// image that cannot be read is set aside (Dataset::set_aside).
/// Errors: kInvalidArgument naming the file; as ReadManifest, LoadCohort, ReadTensorCache.
/// Threads: pure.
#pragma once

#include "common/base/interrupt.h"
#include "common/data/dataset.h"
#include "common/federation/run_plan.h"

#include <memory>
#include <string>

namespace consilium {

struct CohortSource {
  std::string manifest;
  std::string center;  ///< empty: all rows
  int threads = 1;
  const Interrupt* interrupt = nullptr;
};

Result<std::shared_ptr<const Dataset>> LoadSiteCohort(const CohortSource& source,
                                                      const RunPlan& plan);
Result<std::shared_ptr<const Dataset>> LoadSiteCache(const std::string& path, const RunPlan& plan);

}  // namespace consilium
