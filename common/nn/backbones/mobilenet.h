/// MobileNetV2.
///
/// Names, shapes and initial values are torchvision's (0.14, models/mobilenetv2.py).
/// Source: Sandler et al., arXiv 1801.04381.
#pragma once

#include "common/nn/backbone.h"

#include <vector>

namespace consilium {

std::vector<BackboneInfo> MobileNets();

}  // namespace consilium
