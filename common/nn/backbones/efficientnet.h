/// EfficientNet: Lite-0, B0, Edge Small and the pruned B1.
///
/// Names, shapes and initial values are timm's (0.6, models/efficientnet.py); the pruned ones begin
/// like the others, where timm leaves LibTorch's defaults. Dropout and dropped paths belong to a
/// training recipe and are left out.
/// Source: Tan and Le, arXiv 1905.11946; Gupta and Akin, arXiv 2003.02838 (Edge); Aflalo et al.,
/// arXiv 2002.08258 (pruned B1).
#pragma once

#include "common/nn/backbone.h"

#include <vector>

namespace consilium {

std::vector<BackboneInfo> EfficientNets();

}  // namespace consilium
