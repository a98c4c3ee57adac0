/// Backbones of trained models as the beginning of another training.
/// Threads: pure.
#pragma once

#include "common/federation/parameter_blob.h"

namespace consilium {

/// The backbone's entries of a complete state, statistics of its normalisation included.
Result<ParameterBlob> BackboneOf(const ParameterBlob& state);

/// beta * first + (1 - beta) * second of every entry of two backbones, parameters and running
/// statistics alike, computed in double; counters are the larger one.
/// Requires 0 <= beta <= 1. Errors: kInvalidArgument: other entries, or fewer bytes than they need.
/// Source: docs/math.md, "Averaged start" (arXiv 2405.13771).
Result<ParameterBlob> AveragedBackbone(const ParameterBlob& first, const ParameterBlob& second,
                                       double beta);

}  // namespace consilium
