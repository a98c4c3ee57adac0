/// GoogLeNet (Inception V1), as published weights are used: without auxiliary classifiers, and with
/// the input re-scaled inside, from ImageNet's statistics to the [-1, 1] of its training.
///
/// Names, shapes and initial values are torchvision's (0.14, models/googlenet.py), with its 3x3
/// convolutions where the paper has 5x5.
/// Source: Szegedy et al., arXiv 1409.4842.
#pragma once

#include "common/nn/backbone.h"

#include <vector>

namespace consilium {

std::vector<BackboneInfo> GoogLeNets();

}  // namespace consilium
