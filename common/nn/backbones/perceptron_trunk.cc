#include "common/nn/backbones/perceptron_trunk.h"

#include <ATen/ops/adaptive_avg_pool2d.h>

namespace consilium {

PerceptronTrunk::PerceptronTrunk(std::int64_t grid)
    : features_(register_module("features", torch::nn::Sequential())),
      classifier_(register_module("classifier", torch::nn::Sequential())),
      grid_(grid),
      dropout_(std::make_shared<SeededDropout>(kDropout)) {}

torch::Tensor PerceptronTrunk::Pool(const torch::Tensor& maps) {
  return classifier_->forward(torch::adaptive_avg_pool2d(maps, {grid_, grid_}).flatten(1));
}

}  // namespace consilium
