/// AlexNet, the one-tower version.
///
/// The two hidden layers of the published classifier belong to the backbone (perceptron_trunk.h).
/// Names, shapes and initial values are torchvision's (0.14, models/alexnet.py).
/// Source: Krizhevsky, arXiv 1404.5997.
#pragma once

#include "common/nn/backbone.h"

#include <vector>

namespace consilium {

std::vector<BackboneInfo> AlexNets();

}  // namespace consilium
