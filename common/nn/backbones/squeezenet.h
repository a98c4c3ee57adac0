/// SqueezeNet 1.0 and 1.1.
///
/// The features are the mean of the last maps; the published classifier is a 1x1 convolution of the
/// maps themselves.
/// Names, shapes and initial values are torchvision's (0.14, models/squeezenet.py).
/// Source: Iandola et al., arXiv 1602.07360.
#pragma once

#include "common/nn/backbone.h"

#include <vector>

namespace consilium {

std::vector<BackboneInfo> SqueezeNets();

}  // namespace consilium
