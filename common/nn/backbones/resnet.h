/// ResNet, ResNeXt and Wide ResNet.
///
/// Names, shapes and initial values are torchvision's (0.14, models/resnet.py).
/// Source: He et al., arXiv 1512.03385; Xie et al., arXiv 1611.05431 (ResNeXt); Zagoruyko and
/// Komodakis, arXiv 1605.07146 (wide).
#pragma once

#include "common/nn/backbone.h"

#include <vector>

namespace consilium {

std::vector<BackboneInfo> ResNets();

}  // namespace consilium
