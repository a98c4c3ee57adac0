#include "common/nn/backbones/resnet.h"

#include "common/nn/backbones/imagenet.h"
#include "common/nn/backbones/parts.h"
#include "common/nn/norm_act.h"

#include <torch/nn/functional/pooling.h>
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

/// What tells one member of the family from another.
struct ResNetVariant {
  bool bottleneck = false;
  std::array<int, 4> blocks{};  ///< per stage
  std::int64_t groups = 1;      ///< of the 3x3 convolutions (ResNeXt)
  std::int64_t group_width = 64;

  constexpr std::int64_t Expansion() const { return bottleneck ? 4 : 1; }
  constexpr std::int64_t FeatureWidth() const { return 512 * Expansion(); }
};

Conv2d Conv3x3(std::int64_t in, std::int64_t out, std::int64_t stride, std::int64_t groups = 1) {
  return Conv2d(Conv2dOptions(in, out, 3).stride(stride).padding(1).groups(groups).bias(false));
}

Conv2d Conv1x1(std::int64_t in, std::int64_t out, std::int64_t stride = 1) {
  return Conv2d(Conv2dOptions(in, out, 1).stride(stride).bias(false));
}

/// A residual block: relu(Branch(x) + shortcut(x)).
class ResidualBlockImpl : public torch::nn::Module {
 public:
  torch::Tensor forward(const torch::Tensor& x) {
    return Branch(x, downsample_ ? downsample_->forward(x) : x);
  }

 protected:
  /// The block's convolutions of x, and the shortcut where they end.
  virtual torch::Tensor Branch(const torch::Tensor& x, const torch::Tensor& shortcut) = 0;
  /// Registered last, as torchvision does: the order of names follows.
  void AddShortcut(std::int64_t in, std::int64_t out, std::int64_t stride) {
    if (stride == 1 && in == out) return;
    downsample_ = register_module(
        "downsample", Sequential(Conv1x1(in, out, stride), NormLayer(out, Activation::kNone)));
  }

 private:
  Sequential downsample_{nullptr};
};

class BasicBlockImpl : public ResidualBlockImpl {
 public:
  BasicBlockImpl(std::int64_t in, std::int64_t planes, std::int64_t stride,
                 const ResNetVariant& /*variant*/)
      : conv1_(register_module("conv1", Conv3x3(in, planes, stride))),
        bn1_(register_module("bn1", BatchNorm2d(planes))),
        conv2_(register_module("conv2", Conv3x3(planes, planes, 1))),
        bn2_(register_module("bn2", BatchNorm2d(planes))) {
    AddShortcut(in, planes, stride);
  }

 protected:
  torch::Tensor Branch(const torch::Tensor& x, const torch::Tensor& shortcut) override {
    const torch::Tensor out = NormAct(*bn1_, conv1_(x), Activation::kRelu);
    return NormAct(*bn2_, conv2_(out), Activation::kRelu, shortcut);
  }

 private:
  Conv2d conv1_;
  BatchNorm2d bn1_;
  Conv2d conv2_;
  BatchNorm2d bn2_;
};

/// The stride sits at the 3x3 convolution (ResNet V1.5).
class BottleneckImpl : public ResidualBlockImpl {
 public:
  BottleneckImpl(std::int64_t in, std::int64_t planes, std::int64_t stride,
                 const ResNetVariant& variant)
      : BottleneckImpl(in, planes * variant.group_width / 64 * variant.groups,
                       planes * variant.Expansion(), stride, variant.groups) {}

 protected:
  torch::Tensor Branch(const torch::Tensor& x, const torch::Tensor& shortcut) override {
    torch::Tensor out = NormAct(*bn1_, conv1_(x), Activation::kRelu);
    out = NormAct(*bn2_, conv2_(out), Activation::kRelu);
    return NormAct(*bn3_, conv3_(out), Activation::kRelu, shortcut);
  }

 private:
  BottleneckImpl(std::int64_t in, std::int64_t width, std::int64_t out, std::int64_t stride,
                 std::int64_t groups)
      : conv1_(register_module("conv1", Conv1x1(in, width))),
        bn1_(register_module("bn1", BatchNorm2d(width))),
        conv2_(register_module("conv2", Conv3x3(width, width, stride, groups))),
        bn2_(register_module("bn2", BatchNorm2d(width))),
        conv3_(register_module("conv3", Conv1x1(width, out))),
        bn3_(register_module("bn3", BatchNorm2d(out))) {
    AddShortcut(in, out, stride);
  }

  Conv2d conv1_;
  BatchNorm2d bn1_;
  Conv2d conv2_;
  BatchNorm2d bn2_;
  Conv2d conv3_;
  BatchNorm2d bn3_;
};

class ResNet : public Backbone {
 public:
  explicit ResNet(const ResNetVariant& variant)
      : conv1_(register_module("conv1",
                               Conv2d(Conv2dOptions(3, 64, 7).stride(2).padding(3).bias(false)))),
        bn1_(register_module("bn1", BatchNorm2d(64))) {
    for (std::size_t stage = 0; stage < stages_.size(); ++stage) {
      const std::int64_t planes = std::int64_t{64} << stage;
      stages_[stage] = register_module(
          "layer" + std::to_string(stage + 1),
          variant.bottleneck
              ? MakeStage<BottleneckImpl>(variant, planes, variant.blocks[stage], stage > 0)
              : MakeStage<BasicBlockImpl>(variant, planes, variant.blocks[stage], stage > 0));
    }
  }

  torch::Tensor Maps(torch::Tensor images) override {
    namespace F = torch::nn::functional;
    torch::Tensor x = NormAct(*bn1_, conv1_(images), Activation::kRelu);
    x = F::max_pool2d(x, F::MaxPool2dFuncOptions(3).stride(2).padding(1));
    for (Sequential& stage : stages_) x = Parts(*this, stage, std::move(x));
    return x;
  }

  std::int64_t feature_width() const override { return width_; }

 private:
  template <typename Block>
  Sequential MakeStage(const ResNetVariant& variant, std::int64_t planes, int blocks,
                       bool halve_resolution) {
    Sequential stage;
    for (int i = 0; i < blocks; ++i) {
      const std::int64_t stride = halve_resolution && i == 0 ? 2 : 1;
      stage->push_back(std::make_shared<Block>(width_, planes, stride, variant));
      width_ = planes * variant.Expansion();
    }
    return stage;
  }

  std::int64_t width_ = 64;  // channels after the stages built so far
  Conv2d conv1_;
  BatchNorm2d bn1_;
  std::array<Sequential, 4> stages_{nullptr, nullptr, nullptr, nullptr};
};

template <ResNetVariant variant>
BackboneInfo Row(std::string_view name, std::int64_t parameters) {
  return ImageNetRow<ResNet, variant>(name, parameters, "fc");
}

}  // namespace

std::vector<BackboneInfo> ResNets() {
  return {
      Row<ResNetVariant{.blocks = {2, 2, 2, 2}}>("resnet18", 11'176'512),
      Row<ResNetVariant{.blocks = {3, 4, 6, 3}}>("resnet34", 21'284'672),
      Row<ResNetVariant{.bottleneck = true, .blocks = {3, 4, 6, 3}}>("resnet50", 23'508'032),
      Row<ResNetVariant{.bottleneck = true, .blocks = {3, 4, 23, 3}}>("resnet101", 42'500'160),
      Row<ResNetVariant{.bottleneck = true, .blocks = {3, 8, 36, 3}}>("resnet152", 58'143'808),
      Row<ResNetVariant{
          .bottleneck = true, .blocks = {3, 4, 6, 3}, .groups = 32, .group_width = 4}>(
          "resnext50_32x4d", 22'979'904),
      Row<ResNetVariant{.bottleneck = true, .blocks = {3, 4, 6, 3}, .group_width = 128}>(
          "wide_resnet50_2", 66'834'240),
  };
}

}  // namespace consilium
