/// A study's cohort, wherever it comes from: a manifest's pictures, generated, or a tensor cache.
///
/// Labels are checked before a single picture is read, so that a mistake shows at once.
/// Threads: uses `threads` of its own while it reads pictures.
#pragma once

#include "common/base/interrupt.h"
#include "common/base/result.h"
#include "common/data/dataset.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace consilium {

struct CohortRequest {
  std::string manifest;      ///< CSV (common/data/manifest.h); or
  std::string tensor_cache;  ///< a file of common/data/tensor_cache.h; or
  bool synthetic = false;    ///< generated from `seed`, at `scale` of the official sizes
  double scale = 0.05;
  std::uint64_t seed = 1;
  std::vector<TaskSpec> tasks;
  int image_size = 224;
  int threads = 1;
  const Interrupt* interrupt = nullptr;
  /// Asked with samples and labels, before pictures are read; its error ends the reading.
  std::function<Status(const Dataset& labels_only)> check;
  std::function<void(std::int64_t done, std::int64_t all)> on_picture;
};

struct Cohort {
  std::shared_ptr<const Dataset> dataset;
  std::string description;  ///< the manifest's path, or how it was generated
  std::vector<std::string> warnings;
};

/// Errors: kInvalidArgument: not exactly one source; those of the manifest ("FILE:LINE: FIELD:
/// ..."), of `check`, of the first faulty picture; a cache of other tasks or another image size.
Result<Cohort> OpenCohort(const CohortRequest& request);

/// The manifest's part; a build without picture readers refuses it.
Result<Cohort> OpenManifestCohort(const CohortRequest& request);

}  // namespace consilium
