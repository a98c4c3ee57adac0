/// ConvNeXt.
///
/// The normalisation before the published classifier belongs to the backbone. Stochastic depth does
/// not: it has no parameters and is part of a training recipe. Names, shapes and initial values are
/// torchvision's (0.14, models/convnext.py).
/// Source: Liu et al., arXiv 2201.03545.
#pragma once

#include "common/nn/backbone.h"

#include <vector>

namespace consilium {

std::vector<BackboneInfo> ConvNeXts();

}  // namespace consilium
