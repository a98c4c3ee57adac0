#include "common/nn/backbones/convnext.h"

#include "common/nn/backbones/imagenet.h"
#include "common/nn/backbones/parts.h"
#include "common/nn/initial_values.h"

#include <torch/nn/modules/activation.h>
#include <torch/nn/modules/container/functional.h>
#include <torch/nn/modules/container/sequential.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/linear.h>
#include <torch/nn/modules/normalization.h>

#include <array>

namespace consilium {
namespace {

using torch::nn::Conv2d;
using torch::nn::Conv2dOptions;
using torch::nn::Linear;
using torch::nn::Sequential;

constexpr double kNormEpsilon = 1e-6;
constexpr double kInitialLayerScale = 1e-6;
/// torchvision cuts the normal distribution at +-2, a hundred deviations away: nothing to cut.
constexpr double kInitialDeviation = 0.02;

/// What tells one member of the family from another.
struct ConvNeXtVariant {
  std::array<int, 4> blocks;  ///< per stage
  std::int64_t first_width;   ///< doubles with each stage

  constexpr std::int64_t FeatureWidth() const { return first_width << (blocks.size() - 1); }
};

torch::Tensor ChannelsLast(const torch::Tensor& x) { return x.permute({0, 2, 3, 1}); }
torch::Tensor ChannelsFirst(const torch::Tensor& x) { return x.permute({0, 3, 1, 2}); }

/// A Sequential that may stand in another one.
class LayersImpl : public torch::nn::SequentialImpl {
 public:
  using SequentialImpl::SequentialImpl;
  torch::Tensor forward(const torch::Tensor& x) { return SequentialImpl::forward(x); }
};
TORCH_MODULE(Layers);

/// Normalises over the last dimension. It computes in the type of its weights, as autocast on a GPU
/// does; autocast on the CPU would mix two types and fail.
class LastDimensionNormImpl : public torch::nn::LayerNormImpl {
 public:
  explicit LastDimensionNormImpl(std::int64_t width)
      : LayerNormImpl(torch::nn::LayerNormOptions({width}).eps(kNormEpsilon)) {}
  torch::Tensor forward(const torch::Tensor& x) {
    return LayerNormImpl::forward(x.to(weight.scalar_type()));
  }
};
TORCH_MODULE(LastDimensionNorm);

/// Normalises over the channels of each position; torchvision's LayerNorm2d.
class ChannelNormImpl : public LastDimensionNormImpl {
 public:
  using LastDimensionNormImpl::LastDimensionNormImpl;
  torch::Tensor forward(const torch::Tensor& x) {
    return ChannelsFirst(LastDimensionNormImpl::forward(ChannelsLast(x)));
  }
};
TORCH_MODULE(ChannelNorm);

/// A wide depthwise convolution, then a perceptron at each position; the sum with the input.
class BlockImpl : public torch::nn::Module {
 public:
  explicit BlockImpl(std::int64_t width)
      : layer_scale_(
            register_parameter("layer_scale", torch::full({width, 1, 1}, kInitialLayerScale))),
        block_(register_module(
            "block", Sequential(Conv2d(Conv2dOptions(width, width, 7).padding(3).groups(width)),
                                torch::nn::Functional(ChannelsLast), LastDimensionNorm(width),
                                Linear(width, 4 * width), torch::nn::GELU(),
                                Linear(4 * width, width), torch::nn::Functional(ChannelsFirst)))) {}

  torch::Tensor forward(const torch::Tensor& x) { return layer_scale_ * block_->forward(x) + x; }

 private:
  torch::Tensor layer_scale_;
  Sequential block_;
};

class ConvNeXt : public Backbone {
 public:
  explicit ConvNeXt(const ConvNeXtVariant& variant)
      : width_(variant.first_width), features_(register_module("features", Sequential())) {
    features_->push_back(
        Layers(Conv2d(Conv2dOptions(3, width_, 4).stride(4)), ChannelNorm(width_)));
    for (std::size_t stage = 0; stage < variant.blocks.size(); ++stage) {
      if (stage > 0) {
        features_->push_back(
            Layers(ChannelNorm(width_), Conv2d(Conv2dOptions(width_, 2 * width_, 2).stride(2))));
        width_ *= 2;
      }
      Layers blocks;
      for (int i = 0; i < variant.blocks[stage]; ++i) {
        blocks->push_back(std::make_shared<BlockImpl>(width_));
      }
      features_->push_back(blocks);
    }
    classifier_ = register_module("classifier", Sequential(ChannelNorm(width_)));
  }

  torch::Tensor Maps(torch::Tensor images) override {
    return Parts(*this, features_, std::move(images));
  }

  torch::Tensor Pool(const torch::Tensor& maps) override {
    const torch::Tensor mean = maps.mean({2, 3}, /*keepdim=*/true);
    return classifier_->forward(mean).flatten(1);
  }

  std::int64_t feature_width() const override { return width_; }

  void InitialiseParameter(std::string_view name, torch::Tensor& value,
                           at::Generator generator) const override {
    if (name.ends_with(".layer_scale")) {
      value.fill_(kInitialLayerScale);
    } else if (value.dim() >= 2) {
      value.normal_(0, kInitialDeviation, std::move(generator));
    } else {
      FillVector(name, value);
    }
  }

 private:
  std::int64_t width_;  // channels after the layers built so far
  Sequential features_;
  Sequential classifier_{nullptr};
};

}  // namespace

std::vector<BackboneInfo> ConvNeXts() {
  return {ImageNetRow<ConvNeXt, ConvNeXtVariant{.blocks = {3, 3, 9, 3}, .first_width = 96}>(
      "convnext_tiny", 27'820'128, "classifier.2")};
}

}  // namespace consilium
