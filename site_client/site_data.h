/// A site's images and labels, as a run's plan wants them.
///
/// A task of the plan that the site has no labels for is there without any; a task that both have
/// must be the same. An image that cannot be read is set aside (Dataset::set_aside). Errors: kInvalidArgument naming the file and what contradicts the plan; as
/// ReadManifest, LoadCohort, ReadTensorCache. Threads: pure.
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
