#include "common/nn/backbones/squeezenet.h"

#include "common/nn/backbones/imagenet.h"
#include "common/nn/backbones/in_place_relu.h"
#include "common/nn/backbones/parts.h"
#include "common/nn/initial_values.h"

#include <torch/nn/modules/container/sequential.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/pooling.h>

#include <array>
#include <cmath>

namespace consilium {
namespace {

using torch::nn::Conv2d;
using torch::nn::Conv2dOptions;
using torch::nn::MaxPool2d;
using torch::nn::MaxPool2dOptions;
using torch::nn::Sequential;

/// Channels of a fire block: squeezed by a 1x1 convolution, then widened to `expanded` by each of a
/// 1x1 and a 3x3 convolution.
struct Fire {
  std::int64_t squeezed;
  std::int64_t expanded;
};
constexpr std::array<Fire, 8> kFires{
    {{16, 64}, {16, 64}, {32, 128}, {32, 128}, {48, 192}, {48, 192}, {64, 256}, {64, 256}}};

/// What tells one member of the family from another.
struct SqueezeNetVariant {
  std::int64_t first_width;
  std::int64_t first_size;     ///< of the first convolution
  std::array<int, 2> pool_at;  ///< fire blocks that a pooling comes before

  constexpr std::int64_t FeatureWidth() const { return 2 * kFires.back().expanded; }
};

class FireImpl : public torch::nn::Module {
 public:
  FireImpl(std::int64_t in, const Fire& width)
      : squeeze_(register_module("squeeze", Conv2d(Conv2dOptions(in, width.squeezed, 1)))),
        expand1x1_(
            register_module("expand1x1", Conv2d(Conv2dOptions(width.squeezed, width.expanded, 1)))),
        expand3x3_(register_module(
            "expand3x3", Conv2d(Conv2dOptions(width.squeezed, width.expanded, 3).padding(1)))) {}

  torch::Tensor forward(const torch::Tensor& x) {
    torch::Tensor out = squeeze_(x);
    out = torch::relu_(out);
    out = torch::cat({expand1x1_(out), expand3x3_(out)}, 1);
    return torch::relu_(out);
  }

 private:
  Conv2d squeeze_;
  Conv2d expand1x1_;
  Conv2d expand3x3_;
};

MaxPool2d HalvingPool() { return MaxPool2d(MaxPool2dOptions(3).stride(2).ceil_mode(true)); }

class SqueezeNet : public Backbone {
 public:
  explicit SqueezeNet(const SqueezeNetVariant& variant)
      : width_(variant.FeatureWidth()), features_(register_module("features", Sequential())) {
    features_->push_back(
        Conv2d(Conv2dOptions(3, variant.first_width, variant.first_size).stride(2)));
    features_->push_back(InPlaceRelu());
    features_->push_back(HalvingPool());
    std::int64_t width = variant.first_width;
    for (int i = 0; i < static_cast<int>(kFires.size()); ++i) {
      if (i == variant.pool_at[0] || i == variant.pool_at[1]) features_->push_back(HalvingPool());
      features_->push_back(std::make_shared<FireImpl>(width, kFires[i]));
      width = 2 * kFires[i].expanded;
    }
  }

  torch::Tensor Maps(torch::Tensor images) override {
    return Parts(*this, features_, std::move(images), Pooling);
  }

  std::int64_t feature_width() const override { return width_; }

  /// Kaiming-uniform over the fan-in, biases 0.
  void InitialiseParameter(std::string_view name, torch::Tensor& value,
                           at::Generator generator) const override {
    if (value.dim() >= 2) {
      FillUniform(value, std::sqrt(6 / FanOf(value, Fan::kIn)), std::move(generator));
    } else {
      FillVector(name, value);
    }
  }

 private:
  std::int64_t width_;
  Sequential features_;
};

template <SqueezeNetVariant variant>
BackboneInfo Row(std::string_view name, std::int64_t parameters) {
  BackboneInfo row = ImageNetRow<SqueezeNet, variant>(name, parameters, "classifier.1");
  row.convolutional_classifier = true;
  return row;
}

}  // namespace

std::vector<BackboneInfo> SqueezeNets() {
  return {
      Row<SqueezeNetVariant{.first_width = 96, .first_size = 7, .pool_at = {3, 7}}>("squeezenet1_0",
                                                                                    735'424),
      Row<SqueezeNetVariant{.first_width = 64, .first_size = 3, .pool_at = {2, 4}}>("squeezenet1_1",
                                                                                    722'496),
  };
}

}  // namespace consilium
