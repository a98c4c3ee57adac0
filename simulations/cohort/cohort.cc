#include "simulations/cohort/cohort.h"

#include "common/data/tensor_cache.h"
#include "simulations/synthetic/synthetic_cohort.h"

#include <sstream>

namespace consilium {
namespace {

Status Checked(const CohortRequest& request, const Dataset& dataset) {
  return request.check ? request.check(dataset) : OkStatus();
}

Result<Cohort> Synthesise(const CohortRequest& request) {
  SyntheticOptions options;
  options.seed = request.seed;
  options.scale = request.scale;
  options.image_size = request.image_size;
  options.threads = request.threads;
  CONSILIUM_ASSIGN_OR_RETURN(Dataset dataset, MakeSyntheticCohort(options, request.tasks));
  CONSILIUM_RETURN_IF_ERROR(Checked(request, dataset));
  std::ostringstream description;
  description << "synthetic, scale " << request.scale << ", seed " << request.seed;
  return Cohort{std::make_shared<const Dataset>(std::move(dataset)), description.str(), {}};
}

Result<Cohort> ReadCache(const CohortRequest& request) {
  const std::string& path = request.tensor_cache;
  Result<Dataset> cache = ReadTensorCache(path);
  if (!cache.ok()) return InvalidArgument("tensor-cache: " + cache.status().message());
  Dataset& dataset = *cache;
  if (dataset.tasks != request.tasks) {
    return InvalidArgument(path + ": tasks: the cache was made for other tasks");
  }
  const std::int64_t size = dataset.images.size(-1);
  if (size != request.image_size) {
    return InvalidArgument(path + ": image-size: the cache has " + std::to_string(size) +
                           " pixels, expected " + std::to_string(request.image_size));
  }
  CONSILIUM_RETURN_IF_ERROR(Checked(request, dataset).WithContext(path));
  return Cohort{std::make_shared<const Dataset>(std::move(dataset)), path, {}};
}

}  // namespace

Result<Cohort> OpenCohort(const CohortRequest& request) {
  const int sources = (request.manifest.empty() ? 0 : 1) + (request.tensor_cache.empty() ? 0 : 1) +
                      (request.synthetic ? 1 : 0);
  if (sources != 1) {
    return InvalidArgument(
        "cohort: expected exactly one of --cohort MANIFEST, --tensor-cache FILE, --synthetic");
  }
  if (request.synthetic) return Synthesise(request);
  return request.manifest.empty() ? ReadCache(request) : OpenManifestCohort(request);
}

}  // namespace consilium
