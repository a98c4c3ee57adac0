#include "common/nn/backbones/googlenet.h"

#include "common/nn/backbones/imagenet.h"
#include "common/nn/backbones/parts.h"
#include "common/nn/initial_values.h"
#include "common/nn/norm_act.h"

#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/container/sequential.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/pooling.h>

#include <array>

namespace consilium {
namespace {

using torch::nn::BatchNorm2d;
using torch::nn::Conv2d;
using torch::nn::Conv2dOptions;
using torch::nn::MaxPool2d;
using torch::nn::MaxPool2dOptions;
using torch::nn::Sequential;

constexpr double kNormEpsilon = 0.001;
/// torchvision cuts the normal distribution at +-2, two hundred deviations away: nothing to cut.
constexpr double kInitialDeviation = 0.01;
/// ImageNet's statistics in double, so that the shift is torchvision's to the bit.
constexpr std::array<double, 3> kMean{0.485, 0.456, 0.406};
constexpr std::array<double, 3> kStandardDeviation{0.229, 0.224, 0.225};
/// What the published weights take for mean and standard deviation of each channel.
constexpr double kInnerCentre = 0.5;

/// Channels of one inception block.
struct Inception {
  std::string_view name;
  std::int64_t only_1x1;
  std::int64_t before_3x3;
  std::int64_t out_3x3;
  std::int64_t before_second_3x3;
  std::int64_t out_second_3x3;
  std::int64_t after_pool;
  std::int64_t halving_pool = 0;  ///< size of a max pooling after the block; 0: none

  constexpr std::int64_t Width() const { return only_1x1 + out_3x3 + out_second_3x3 + after_pool; }
};
constexpr std::array<Inception, 9> kBlocks{{{"inception3a", 64, 96, 128, 16, 32, 32},
                                            {"inception3b", 128, 128, 192, 32, 96, 64, 3},
                                            {"inception4a", 192, 96, 208, 16, 48, 64},
                                            {"inception4b", 160, 112, 224, 24, 64, 64},
                                            {"inception4c", 128, 128, 256, 24, 64, 64},
                                            {"inception4d", 112, 144, 288, 32, 64, 64},
                                            {"inception4e", 256, 160, 320, 32, 128, 128, 2},
                                            {"inception5a", 256, 160, 320, 32, 128, 128},
                                            {"inception5b", 384, 192, 384, 48, 128, 128}}};

/// The family has one member.
struct GoogLeNetVariant {
  constexpr std::int64_t FeatureWidth() const { return kBlocks.back().Width(); }
};

torch::Tensor HalvingPool(const torch::Tensor& x, std::int64_t size) {
  return torch::max_pool2d(x, size, /*stride=*/2, /*padding=*/0, /*dilation=*/1,
                           /*ceil_mode=*/true);
}

/// Convolution, normalisation, ReLU.
class BasicConvImpl : public torch::nn::Module {
 public:
  explicit BasicConvImpl(const Conv2dOptions& convolution)
      : conv_(register_module("conv", Conv2d(Conv2dOptions(convolution).bias(false)))),
        bn_(register_module(
            "bn", BatchNorm2d(
                      torch::nn::BatchNormOptions(convolution.out_channels()).eps(kNormEpsilon)))) {
  }

  torch::Tensor forward(const torch::Tensor& x) {
    return NormAct(*bn_, conv_(x), Activation::kRelu);
  }

 private:
  Conv2d conv_;
  BatchNorm2d bn_;
};
TORCH_MODULE(BasicConv);

BasicConv Pointwise(std::int64_t in, std::int64_t out) {
  return BasicConv(Conv2dOptions(in, out, 1));
}

BasicConv Conv3x3(std::int64_t in, std::int64_t out) {
  return BasicConv(Conv2dOptions(in, out, 3).padding(1));
}

/// Four ways through, side by side.
class InceptionBlockImpl : public torch::nn::Module {
 public:
  InceptionBlockImpl(std::int64_t in, const Inception& width)
      : branch1_(register_module("branch1", Pointwise(in, width.only_1x1))),
        branch2_(register_module("branch2", Sequential(Pointwise(in, width.before_3x3),
                                                       Conv3x3(width.before_3x3, width.out_3x3)))),
        branch3_(register_module(
            "branch3", Sequential(Pointwise(in, width.before_second_3x3),
                                  Conv3x3(width.before_second_3x3, width.out_second_3x3)))),
        branch4_(register_module("branch4",
                                 Sequential(MaxPool2d(MaxPool2dOptions(3).stride(1).padding(1)),
                                            Pointwise(in, width.after_pool)))) {}

  torch::Tensor forward(const torch::Tensor& x) {
    return torch::cat(
        {branch1_(x), branch2_->forward(x), branch3_->forward(x), branch4_->forward(x)}, 1);
  }

 private:
  BasicConv branch1_;
  Sequential branch2_;
  Sequential branch3_;
  Sequential branch4_;
};
TORCH_MODULE(InceptionBlock);

class GoogLeNet : public Backbone {
 public:
  explicit GoogLeNet(const GoogLeNetVariant& /*variant*/)
      : conv1_(register_module("conv1", BasicConv(Conv2dOptions(3, 64, 7).stride(2).padding(3)))),
        conv2_(register_module("conv2", Pointwise(64, 64))),
        conv3_(register_module("conv3", Conv3x3(64, 192))) {
    std::int64_t width = 192;
    for (const Inception& block : kBlocks) {
      blocks_.push_back(register_module(std::string(block.name), InceptionBlock(width, block)));
      width = block.Width();
    }
  }

  torch::Tensor Maps(torch::Tensor images) override {
    torch::Tensor x = HalvingPool(conv1_(Rescale(images)), 3);
    x = HalvingPool(conv3_(conv2_(x)), 3);
    for (std::size_t i = 0; i < blocks_.size(); ++i) {
      x = Part(
          *this, [block = blocks_[i]](const torch::Tensor& in) mutable { return block(in); }, x);
      if (kBlocks[i].halving_pool > 0) x = HalvingPool(x, kBlocks[i].halving_pool);
    }
    return x;
  }

  std::int64_t feature_width() const override { return kBlocks.back().Width(); }

  void InitialiseParameter(std::string_view name, torch::Tensor& value,
                           at::Generator generator) const override {
    if (value.dim() >= 2) {
      value.normal_(0, kInitialDeviation, std::move(generator));
    } else {
      FillVector(name, value);
    }
  }

 private:
  /// From ImageNet's mean and standard deviation to those of the published weights.
  static torch::Tensor Rescale(const torch::Tensor& images) {
    std::vector<torch::Tensor> channels;
    for (std::size_t c = 0; c < kMean.size(); ++c) {
      const double scale = kStandardDeviation[c] / kInnerCentre;
      const double shift = (kMean[c] - kInnerCentre) / kInnerCentre;
      channels.push_back(images.narrow(1, static_cast<std::int64_t>(c), 1) * scale + shift);
    }
    return torch::cat(channels, 1);
  }

  BasicConv conv1_;
  BasicConv conv2_;
  BasicConv conv3_;
  std::vector<InceptionBlock> blocks_;  // one per row of kBlocks
};

}  // namespace

std::vector<BackboneInfo> GoogLeNets() {
  return {ImageNetRow<GoogLeNet, GoogLeNetVariant{}>("googlenet", 5'599'904, "fc")};
}

}  // namespace consilium
