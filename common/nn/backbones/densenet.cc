#include "common/nn/backbones/densenet.h"

#include "common/nn/backbones/imagenet.h"
#include "common/nn/backbones/parts.h"
#include "common/nn/dense_norm_act.h"
#include "common/nn/initial_values.h"
#include "common/nn/norm_act.h"

#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/conv.h>

#include <array>

namespace consilium {
namespace {

using torch::nn::BatchNorm2d;
using torch::nn::Conv2d;
using torch::nn::Conv2dOptions;

/// What tells one member of the family from another.
struct DenseNetVariant {
  std::int64_t growth = 32;   ///< channels that each layer adds
  std::array<int, 4> layers;  ///< per dense block
  std::int64_t first_width = 64;

  constexpr std::int64_t FeatureWidth() const {
    std::int64_t width = first_width;
    for (std::size_t block = 0; block < layers.size(); ++block) {
      if (block > 0) width /= 2;
      width += layers[block] * growth;
    }
    return width;
  }
};

class DenseLayerImpl : public torch::nn::Module {
 public:
  DenseLayerImpl(std::int64_t in, std::int64_t growth)
      : norm1_(register_module("norm1", BatchNorm2d(in))),
        conv1_(register_module("conv1", Conv2d(Conv2dOptions(in, 4 * growth, 1).bias(false)))),
        norm2_(register_module("norm2", BatchNorm2d(4 * growth))),
        conv2_(register_module(
            "conv2", Conv2d(Conv2dOptions(4 * growth, growth, 3).padding(1).bias(false)))) {}

  torch::Tensor forward(const DenseFeatures& features) {
    const torch::Tensor out = conv1_(features.NormRelu(*norm1_));
    return conv2_(NormAct(*norm2_, out, Activation::kRelu));
  }
  const torch::nn::BatchNorm2dImpl& norm() const { return *norm1_; }

 private:
  BatchNorm2d norm1_;
  Conv2d conv1_;
  BatchNorm2d norm2_;
  Conv2d conv2_;
};

/// Each layer reads the outputs of all layers before it.
class DenseBlockImpl : public torch::nn::Module {
 public:
  DenseBlockImpl(std::int64_t in, int layers, std::int64_t growth) {
    for (int i = 0; i < layers; ++i) {
      layers_.push_back(register_module("denselayer" + std::to_string(i + 1),
                                        std::make_shared<DenseLayerImpl>(in + i * growth, growth)));
    }
  }

  /// The block's input and what each layer adds.
  DenseFeatures forward(const torch::Tensor& x) {
    DenseFeatures features(x, layers_.front()->norm());
    for (const auto& layer : layers_) features.Append(layer->forward(features));
    return features;
  }

 private:
  std::vector<std::shared_ptr<DenseLayerImpl>> layers_;
};

/// Halves channels and resolution between two dense blocks.
class TransitionImpl : public torch::nn::Module {
 public:
  TransitionImpl(std::int64_t in, std::int64_t out)
      : norm_(register_module("norm", BatchNorm2d(in))),
        conv_(register_module("conv", Conv2d(Conv2dOptions(in, out, 1).bias(false)))) {}

  torch::Tensor forward(const DenseFeatures& features) {
    return torch::avg_pool2d(conv_(features.NormRelu(*norm_)), 2, 2);
  }

 private:
  BatchNorm2d norm_;
  Conv2d conv_;
};

class DenseNet : public Backbone {
 public:
  explicit DenseNet(const DenseNetVariant& variant) : width_(variant.FeatureWidth()) {
    const auto features = register_module("features", std::make_shared<torch::nn::Module>());
    std::int64_t width = variant.first_width;
    conv_ = features->register_module(
        "conv0", Conv2d(Conv2dOptions(3, width, 7).stride(2).padding(3).bias(false)));
    first_norm_ = features->register_module("norm0", BatchNorm2d(width));
    for (std::size_t block = 0; block < variant.layers.size(); ++block) {
      const std::string number = std::to_string(block + 1);
      if (block > 0) {
        transitions_.push_back(
            features->register_module("transition" + std::to_string(block),
                                      std::make_shared<TransitionImpl>(width, width / 2)));
        width /= 2;
      }
      blocks_.push_back(features->register_module(
          "denseblock" + number,
          std::make_shared<DenseBlockImpl>(width, variant.layers[block], variant.growth)));
      width += variant.layers[block] * variant.growth;
    }
    last_norm_ = features->register_module("norm5", BatchNorm2d(width));
  }

  torch::Tensor Maps(torch::Tensor images) override {
    torch::Tensor x = NormAct(*first_norm_, conv_(images), Activation::kRelu);
    x = torch::max_pool2d(x, /*kernel_size=*/3, /*stride=*/2, /*padding=*/1);
    for (std::size_t block = 0; block < transitions_.size(); ++block) {
      x = Part(
          *this,
          [this, block](const torch::Tensor& in) {
            return transitions_[block]->forward(blocks_[block]->forward(in));
          },
          x);
    }
    return Part(
        *this,
        [this](const torch::Tensor& in) {
          return blocks_.back()->forward(in).NormRelu(*last_norm_);
        },
        x);
  }

  std::int64_t feature_width() const override { return width_; }

  void InitialiseParameter(std::string_view name, torch::Tensor& value,
                           at::Generator generator) const override {
    FillConvolutional(name, value, Fan::kIn, std::move(generator));
  }

 private:
  std::int64_t width_;
  Conv2d conv_{nullptr};
  BatchNorm2d first_norm_{nullptr};
  std::vector<std::shared_ptr<DenseBlockImpl>> blocks_;
  std::vector<std::shared_ptr<TransitionImpl>> transitions_;  // each after its block
  BatchNorm2d last_norm_{nullptr};
};

template <DenseNetVariant variant>
BackboneInfo Row(std::string_view name, std::int64_t parameters) {
  return ImageNetRow<DenseNet, variant>(name, parameters, "classifier");
}

}  // namespace

std::vector<BackboneInfo> DenseNets() {
  return {
      Row<DenseNetVariant{.layers = {6, 12, 24, 16}}>("densenet121", 6'953'856),
      Row<DenseNetVariant{.growth = 48, .layers = {6, 12, 36, 24}, .first_width = 96}>(
          "densenet161", 26'472'000),
      Row<DenseNetVariant{.layers = {6, 12, 32, 32}}>("densenet169", 12'484'480),
      Row<DenseNetVariant{.layers = {6, 12, 48, 32}}>("densenet201", 18'092'928),
  };
}

}  // namespace consilium
