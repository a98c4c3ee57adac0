/// A manifest's pictures, read and preprocessed over several threads.
///
/// Errors: the first faulty picture in manifest order, "FILE:LINE: image: what is wrong, what was
/// expected". Threads: uses `threads` of its own; the result does not depend on their number.
#pragma once

#include "common/base/interrupt.h"
#include "common/base/result.h"
#include "common/data/dataset.h"
#include "common/data/manifest.h"

#include <functional>

namespace consilium {

struct CohortLoadOptions {
  int image_size = 224;
  int threads = 1;
  const Interrupt* interrupt = nullptr;
  std::function<void(std::int64_t done, std::int64_t all)> on_picture;
};

Result<Dataset> LoadCohort(const Manifest& manifest, const CohortLoadOptions& options);

}  // namespace consilium
