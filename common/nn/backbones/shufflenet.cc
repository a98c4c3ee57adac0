#include "common/nn/backbones/shufflenet.h"

#include "common/nn/backbones/imagenet.h"
#include "common/nn/backbones/parts.h"
#include "common/nn/initial_values.h"
#include "common/nn/norm_act.h"

#include <torch/nn/modules/container/sequential.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/linear.h>

#include <array>
#include <cmath>

namespace consilium {
namespace {

using torch::nn::Conv2d;
using torch::nn::Conv2dOptions;
using torch::nn::Identity;  // where torchvision numbers an activation
using torch::nn::Sequential;

constexpr std::int64_t kFirstWidth = 24;
constexpr std::int64_t kLastWidth = 1024;
constexpr std::array<int, 3> kUnits{4, 8, 4};  ///< per stage

/// What tells one member of the family from another.
struct ShuffleNetVariant {
  std::array<std::int64_t, 3> widths;  ///< of the stages

  constexpr std::int64_t FeatureWidth() const { return kLastWidth; }
};

Conv2d Pointwise(std::int64_t in, std::int64_t out) {
  return Conv2d(Conv2dOptions(in, out, 1).bias(false));
}

Conv2d Depthwise(std::int64_t width, std::int64_t stride) {
  return Conv2d(Conv2dOptions(width, width, 3).stride(stride).padding(1).groups(width).bias(false));
}

/// Two halves of the channels beside each other, then shuffled so that the next unit splits them
/// otherwise. Unless the unit halves the resolution, its first half passes unchanged.
class UnitImpl : public torch::nn::Module {
 public:
  UnitImpl(std::int64_t in, std::int64_t out, std::int64_t stride)
      : halves_resolution_(stride > 1),
        branch1_(register_module("branch1", Sequential())),
        branch2_(register_module("branch2", Sequential())) {
    const std::int64_t half = out / 2;
    if (halves_resolution_) {
      branch1_->extend(*Sequential(Depthwise(in, stride), NormLayer(in, Activation::kNone),
                                   Pointwise(in, half), NormLayer(half, Activation::kRelu),
                                   Identity()));
    }
    branch2_->extend(*Sequential(
        Pointwise(halves_resolution_ ? in : half, half), NormLayer(half, Activation::kRelu),
        Identity(), Depthwise(half, stride), NormLayer(half, Activation::kNone),
        Pointwise(half, half), NormLayer(half, Activation::kRelu), Identity()));
  }

  torch::Tensor forward(const torch::Tensor& x) {
    if (halves_resolution_) return Shuffle(branch1_->forward(x), branch2_->forward(x));
    const std::vector<torch::Tensor> halves = x.chunk(2, 1);
    return Shuffle(halves[0], branch2_->forward(halves[1]));
  }

 private:
  /// Channels of both in turn. No size of the input enters, so a trace holds for any batch.
  static torch::Tensor Shuffle(const torch::Tensor& first, const torch::Tensor& second) {
    return torch::stack({first, second}, 2).flatten(1, 2);
  }

  bool halves_resolution_;
  Sequential branch1_;
  Sequential branch2_;
};

class ShuffleNetV2 : public Backbone {
 public:
  explicit ShuffleNetV2(const ShuffleNetVariant& variant)
      : conv1_(register_module(
            "conv1",
            Sequential(Conv2d(Conv2dOptions(3, kFirstWidth, 3).stride(2).padding(1).bias(false)),
                       NormLayer(kFirstWidth, Activation::kRelu), Identity()))) {
    std::int64_t width = kFirstWidth;
    for (std::size_t stage = 0; stage < stages_.size(); ++stage) {
      for (int unit = 0; unit < kUnits[stage]; ++unit) {
        stages_[stage]->push_back(
            std::make_shared<UnitImpl>(width, variant.widths[stage], unit == 0 ? 2 : 1));
        width = variant.widths[stage];
      }
      register_module("stage" + std::to_string(stage + 2), stages_[stage]);
    }
    conv5_ =
        register_module("conv5", Sequential(Pointwise(width, kLastWidth),
                                            NormLayer(kLastWidth, Activation::kRelu), Identity()));
  }

  torch::Tensor Maps(torch::Tensor images) override {
    torch::Tensor x = conv1_->forward(images);
    x = torch::max_pool2d(x, /*kernel_size=*/3, /*stride=*/2, /*padding=*/1);
    for (Sequential& stage : stages_) x = Parts(*this, stage, std::move(x));
    return conv5_->forward(x);
  }

  std::int64_t feature_width() const override { return kLastWidth; }

  /// torchvision leaves convolutions as LibTorch makes them.
  void InitialiseParameter(std::string_view name, torch::Tensor& value,
                           at::Generator generator) const override {
    if (value.dim() >= 2) {
      FillUniform(value, 1 / std::sqrt(FanOf(value, Fan::kIn)), std::move(generator));
    } else {
      FillVector(name, value);
    }
  }

 private:
  Sequential conv1_;
  std::array<Sequential, 3> stages_;
  Sequential conv5_{nullptr};
};

template <ShuffleNetVariant variant>
BackboneInfo Row(std::string_view name, std::int64_t parameters) {
  return ImageNetRow<ShuffleNetV2, variant>(name, parameters, "fc");
}

}  // namespace

std::vector<BackboneInfo> ShuffleNets() {
  return {
      Row<ShuffleNetVariant{.widths = {48, 96, 192}}>("shufflenet_v2_x0_5", 341'792),
      Row<ShuffleNetVariant{.widths = {116, 232, 464}}>("shufflenet_v2_x1_0", 1'253'604),
  };
}

}  // namespace consilium
