/// ShuffleNet V2.
///
/// Names, shapes and initial values are torchvision's (0.14, models/shufflenetv2.py).
/// Source: Ma et al., arXiv 1807.11164.
#pragma once

#include "common/nn/backbone.h"

#include <vector>

namespace consilium {

std::vector<BackboneInfo> ShuffleNets();

}  // namespace consilium
