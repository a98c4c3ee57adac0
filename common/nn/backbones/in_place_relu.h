/// ReLU as a layer of a Sequential. It overwrites its input, so the layer before it must not need
/// its own output for the gradient; convolutions, normalisations and linear layers do not.
#pragma once

#include <torch/nn/modules/activation.h>

namespace consilium {

inline torch::nn::ReLU InPlaceRelu() {
  return torch::nn::ReLU(torch::nn::ReLUOptions().inplace(true));
}

}  // namespace consilium
