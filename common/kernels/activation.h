/// The activations that normalisation loops apply in the same pass.
#pragma once

namespace consilium {

/// kRelu6 is min(max(x, 0), 6), kSilu is x / (1 + exp(-x)).
enum class Activation { kNone, kRelu, kRelu6, kSilu };

}  // namespace consilium
