#include "common/data/manifest.h"
#include "common/imaging/cohort_loader.h"
#include "simulations/cohort/cohort.h"

namespace consilium {

Result<Cohort> OpenManifestCohort(const CohortRequest& request) {
  CONSILIUM_ASSIGN_OR_RETURN(const Manifest manifest,
                             ReadManifest(request.manifest, request.tasks));
  if (request.check) {
    Dataset labels_only;
    labels_only.tasks = manifest.tasks;
    labels_only.samples = manifest.samples;
    CONSILIUM_RETURN_IF_ERROR(request.check(labels_only).WithContext(request.manifest));
  }
  CohortLoadOptions options;
  options.image_size = request.image_size;
  options.threads = request.threads;
  options.interrupt = request.interrupt;
  options.on_picture = request.on_picture;
  CONSILIUM_ASSIGN_OR_RETURN(Dataset dataset, LoadCohort(manifest, options));
  return Cohort{std::make_shared<const Dataset>(std::move(dataset)), request.manifest,
                manifest.warnings};
}

}  // namespace consilium
