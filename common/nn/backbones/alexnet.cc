#include "common/nn/backbones/alexnet.h"

#include "common/nn/backbones/imagenet.h"
#include "common/nn/backbones/in_place_relu.h"
#include "common/nn/backbones/perceptron_trunk.h"
#include "common/nn/initial_values.h"

#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/linear.h>
#include <torch/nn/modules/pooling.h>

#include <array>
#include <cmath>
#include <string>

namespace consilium {
namespace {

using torch::nn::Conv2d;
using torch::nn::Conv2dOptions;
using torch::nn::Linear;
using torch::nn::MaxPool2d;
using torch::nn::MaxPool2dOptions;

constexpr std::int64_t kGrid = 6;

struct Convolution {
  std::int64_t width;
  std::int64_t size;
  std::int64_t stride;
  bool pool;  ///< halves the resolution after it
};
constexpr std::array<Convolution, 5> kConvolutions{{{64, 11, 4, true},
                                                    {192, 5, 1, true},
                                                    {384, 3, 1, false},
                                                    {256, 3, 1, false},
                                                    {256, 3, 1, true}}};

/// The family has one member.
struct AlexNetVariant {
  constexpr std::int64_t FeatureWidth() const { return PerceptronTrunk::kWidth; }
};

class AlexNet : public PerceptronTrunk {
 public:
  explicit AlexNet(const AlexNetVariant& /*variant*/) : PerceptronTrunk(kGrid) {
    std::int64_t width = 3;
    for (const Convolution& layer : kConvolutions) {
      const std::int64_t padding = layer.stride > 1 ? 2 : layer.size / 2;
      features_->push_back(Conv2d(
          Conv2dOptions(width, layer.width, layer.size).stride(layer.stride).padding(padding)));
      width = layer.width;
      features_->push_back(InPlaceRelu());
      if (layer.pool) features_->push_back(MaxPool2d(MaxPool2dOptions(3).stride(2)));
    }
    classifier_->push_back(MakeDropout());
    classifier_->push_back(Linear(width * kGrid * kGrid, kWidth));
    classifier_->push_back(InPlaceRelu());
    classifier_->push_back(MakeDropout());
    classifier_->push_back(Linear(kWidth, kWidth));
    classifier_->push_back(InPlaceRelu());
  }

  /// torchvision leaves all layers as LibTorch makes them: weights and biases uniform, within a
  /// bound that the fan-in of the weight gives.
  void InitialiseParameter(std::string_view name, torch::Tensor& value,
                           at::Generator generator) const override {
    const std::string layer(name.substr(0, name.rfind('.')));
    const double fan_in = FanOf(named_parameters()[layer + ".weight"], Fan::kIn);
    FillUniform(value, 1 / std::sqrt(fan_in), std::move(generator));
  }
};

}  // namespace

std::vector<BackboneInfo> AlexNets() {
  return {ImageNetRow<AlexNet, AlexNetVariant{}>("alexnet", 57'003'840, "classifier.6")};
}

}  // namespace consilium
