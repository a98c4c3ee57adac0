/// Scores of images and what the images turned out to be: 1 (the positive class) or 0.
/// Threads: pure.
#pragma once

#include "common/base/status.h"

#include <span>

namespace consilium {

/// Errors: kInvalidArgument: lengths differ, an outcome is neither 0 nor 1, a score is not finite.
Status CheckBinary(std::span<const double> scores, std::span<const int> outcomes);
/// The same, and scores must be probabilities, in [0, 1].
Status CheckProbabilities(std::span<const double> probabilities, std::span<const int> outcomes);

}  // namespace consilium
