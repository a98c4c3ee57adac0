/// DenseNet-BC.
///
/// Names, shapes and initial values are torchvision's (0.14, models/densenet.py).
/// Source: Huang et al., arXiv 1608.06993.
#pragma once

#include "common/nn/backbone.h"

#include <vector>

namespace consilium {

std::vector<BackboneInfo> DenseNets();

}  // namespace consilium
