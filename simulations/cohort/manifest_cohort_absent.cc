#include "simulations/cohort/cohort.h"

namespace consilium {

Result<Cohort> OpenManifestCohort(const CohortRequest&) {
  return InvalidArgument(
      "cohort: this build reads no pictures, expected --tensor-cache FILE or --synthetic");
}

}  // namespace consilium
