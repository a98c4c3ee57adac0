/// VGG, with and without batch normalisation.
///
/// The two hidden layers of the published classifier belong to the backbone (perceptron_trunk.h).
/// Names, shapes and initial values are torchvision's (0.14, models/vgg.py).
/// Source: Simonyan and Zisserman, arXiv 1409.1556.
#pragma once

#include "common/nn/backbone.h"

#include <vector>

namespace consilium {

std::vector<BackboneInfo> Vggs();

}  // namespace consilium
