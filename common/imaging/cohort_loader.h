/// A manifest's pictures, read and preprocessed over several threads.
///
/// A picture that cannot be read (missing, cut off, of an unknown kind) is refused or set aside, as
/// the caller chooses: a study's numbers are of all its images or of none, a hospital's daemon goes
/// on with the rest.
/// Errors: kRefuse: the first faulty picture in manifest order, "FILE:LINE: image: what is wrong, what
/// was expected". kSetAside: that is the image's reason, and no picture is an error. kCancelled.
/// Threads: uses `threads` of its own; the result does not depend on their number.
#pragma once

#include "common/base/interrupt.h"
#include "common/base/result.h"
#include "common/data/dataset.h"
#include "common/data/manifest.h"

#include <cstdint>
#include <functional>

namespace consilium {

enum class UnreadablePictures : std::uint8_t {
  kRefuse,
  kSetAside,  ///< listed in Dataset::set_aside
};

struct CohortLoadOptions {
  int image_size = 224;
  int threads = 1;
  const Interrupt* interrupt = nullptr;
  std::function<void(std::int64_t done, std::int64_t all)> on_picture;
  UnreadablePictures unreadable = UnreadablePictures::kRefuse;
};

Result<Dataset> LoadCohort(const Manifest& manifest, const CohortLoadOptions& options);

}  // namespace consilium
