#include "common/nn/backbones/mobilenet.h"

#include "common/nn/backbones/imagenet.h"
#include "common/nn/backbones/parts.h"
#include "common/nn/norm_act.h"

#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/container/sequential.h>
#include <torch/nn/modules/conv.h>

#include <array>

namespace consilium {
namespace {

using torch::nn::BatchNorm2d;
using torch::nn::Conv2d;
using torch::nn::Conv2dOptions;
using torch::nn::Sequential;

constexpr std::int64_t kFirstWidth = 32;
constexpr std::int64_t kLastWidth = 1280;

/// A run of equal inverted residuals.
struct Stage {
  std::int64_t expansion;
  std::int64_t width;
  int blocks;
  std::int64_t stride;  ///< of the first block
};
constexpr std::array<Stage, 7> kStages{{{1, 16, 1, 1},
                                        {6, 24, 2, 2},
                                        {6, 32, 3, 2},
                                        {6, 64, 4, 2},
                                        {6, 96, 3, 1},
                                        {6, 160, 3, 2},
                                        {6, 320, 1, 1}}};

/// The family has one member here.
struct MobileNetVariant {
  constexpr std::int64_t FeatureWidth() const { return kLastWidth; }
};

/// Convolution, normalisation, ReLU6; torchvision's Conv2dNormActivation.
class ConvNormActivationImpl : public torch::nn::Module {
 public:
  explicit ConvNormActivationImpl(const Conv2dOptions& convolution)
      : conv_(register_module("0", Conv2d(convolution))),
        norm_(register_module("1", BatchNorm2d(convolution.out_channels()))) {}

  torch::Tensor forward(const torch::Tensor& x) {
    return NormAct(*norm_, conv_(x), Activation::kRelu6);
  }

 private:
  Conv2d conv_;
  BatchNorm2d norm_;
};

std::shared_ptr<ConvNormActivationImpl> Pointwise(std::int64_t in, std::int64_t out) {
  return std::make_shared<ConvNormActivationImpl>(Conv2dOptions(in, out, 1).bias(false));
}

std::shared_ptr<ConvNormActivationImpl> Depthwise(std::int64_t width, std::int64_t stride) {
  return std::make_shared<ConvNormActivationImpl>(
      Conv2dOptions(width, width, 3).stride(stride).padding(1).groups(width).bias(false));
}

/// Widen, filter each channel alone, narrow again; the narrow ends are added where they fit.
class InvertedResidualImpl : public torch::nn::Module {
 public:
  InvertedResidualImpl(std::int64_t in, std::int64_t out, std::int64_t stride,
                       std::int64_t expansion)
      : narrow_(Conv2dOptions(in * expansion, out, 1).bias(false)),
        norm_(out),
        residual_(stride == 1 && in == out) {
    const std::int64_t wide = in * expansion;
    if (expansion != 1) wide_->push_back(Pointwise(in, wide));
    wide_->push_back(Depthwise(wide, stride));
    Sequential all = register_module("conv", Sequential());
    all->extend(*wide_);
    all->push_back(narrow_);
    all->push_back(norm_);
  }

  torch::Tensor forward(const torch::Tensor& x) {
    const torch::Tensor out = narrow_(wide_->forward(x));
    return NormAct(*norm_, out, Activation::kNone, residual_ ? x : torch::Tensor());
  }

 private:
  Sequential wide_;  // not a module: "conv" owns its layers too
  Conv2d narrow_;
  BatchNorm2d norm_;
  bool residual_;
};

class MobileNetV2 : public Backbone {
 public:
  explicit MobileNetV2(const MobileNetVariant& /*variant*/)
      : features_(register_module("features", Sequential())) {
    features_->push_back(std::make_shared<ConvNormActivationImpl>(
        Conv2dOptions(3, kFirstWidth, 3).stride(2).padding(1).bias(false)));
    std::int64_t width = kFirstWidth;
    for (const Stage& stage : kStages) {
      for (int i = 0; i < stage.blocks; ++i) {
        features_->push_back(std::make_shared<InvertedResidualImpl>(
            width, stage.width, i == 0 ? stage.stride : 1, stage.expansion));
        width = stage.width;
      }
    }
    features_->push_back(Pointwise(width, kLastWidth));
  }

  torch::Tensor Maps(torch::Tensor images) override {
    return Parts(*this, features_, std::move(images));
  }

  std::int64_t feature_width() const override { return kLastWidth; }

 private:
  Sequential features_;
};

}  // namespace

std::vector<BackboneInfo> MobileNets() {
  return {ImageNetRow<MobileNetV2, MobileNetVariant{}>("mobilenet_v2", 2'223'872, "classifier.1")};
}

}  // namespace consilium
