/// A backbone of one convolution and one normalisation: quick, and exact enough in float64.
#pragma once

#include "common/nn/backbone.h"

#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/conv.h>

namespace consilium {

/// Features [B,4] of images of any size from 3 pixels up.
class TinyBackbone : public Backbone {
 public:
  TinyBackbone()
      : conv_(register_module("conv", torch::nn::Conv2d(torch::nn::Conv2dOptions(3, 4, 3)))),
        bn_(register_module("bn", torch::nn::BatchNorm2d(4))) {}
  torch::Tensor Maps(torch::Tensor images) override { return torch::relu(bn_(conv_(images))); }
  torch::Tensor Pool(const torch::Tensor& maps) override { return maps.mean({2, 3}); }
  std::int64_t feature_width() const override { return 4; }

 private:
  torch::nn::Conv2d conv_;
  torch::nn::BatchNorm2d bn_;
};

}  // namespace consilium
