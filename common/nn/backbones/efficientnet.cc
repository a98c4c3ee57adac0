#include "common/nn/backbones/efficientnet.h"

#include "common/nn/activations.h"
#include "common/nn/backbones/efficientnet_variants.h"
#include "common/nn/backbones/parts.h"
#include "common/nn/initial_values.h"
#include "common/nn/norm_act.h"

#include <ATen/ops/constant_pad_nd.h>
#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/conv.h>

#include <algorithm>
#include <array>
#include <string>

namespace consilium {
namespace {

using namespace efficientnet;  // NOLINT(google-build-using-namespace): the family's own numbers
using torch::nn::BatchNorm2d;
using torch::nn::BatchNorm2dOptions;
using torch::nn::Conv2d;
using torch::nn::Conv2dOptions;

constexpr std::int64_t kStemWidth = 32;
constexpr std::int64_t kHeadWidth = 1280;

/// Zeros around `x`, so that a convolution gives ceil(size / stride) positions.
torch::Tensor PadToStride(const torch::Tensor& x, std::int64_t kernel, std::int64_t stride) {
  std::array<std::int64_t, 4> zeros{};  // left, right, above, below
  for (std::size_t axis = 0; axis < 2; ++axis) {
    const std::int64_t size = x.size(axis == 0 ? 3 : 2);
    const std::int64_t last = (size - 1) / stride * stride;
    const std::int64_t missing = std::max<std::int64_t>(last + kernel - size, 0);
    zeros[2 * axis] = missing / 2;
    zeros[2 * axis + 1] = missing - missing / 2;
  }
  return at::constant_pad_nd(x, zeros, 0);
}

/// A convolution and its normalisation, two submodules of their owner.
class Layer {
 public:
  Layer(torch::nn::Module& owner, const EfficientNetVariant& variant,
        const std::string& convolution, const std::string& norm, Conv2dOptions options)
      : kernel_(options.kernel_size()->at(0)),
        stride_(options.stride()->at(0)),
        pad_to_stride_(variant.pad_to_stride && stride_ > 1) {
    if (!pad_to_stride_) options.padding(kernel_ / 2);
    conv_ = owner.register_module(convolution, Conv2d(options.bias(false)));
    norm_ = owner.register_module(
        norm, BatchNorm2d(BatchNorm2dOptions(options.out_channels()).eps(variant.norm_epsilon)));
  }

  torch::Tensor Run(const torch::Tensor& x, Activation activation,
                    const torch::Tensor& residual = {}) {
    const torch::Tensor out = conv_(pad_to_stride_ ? PadToStride(x, kernel_, stride_) : x);
    return NormAct(*norm_, out, activation, residual);
  }

 private:
  std::int64_t kernel_;
  std::int64_t stride_;
  bool pad_to_stride_;
  Conv2d conv_{nullptr};
  BatchNorm2d norm_{nullptr};
};

/// Squeeze-and-excitation: weighs each channel by what all channels' means say.
class SqueezeImpl : public torch::nn::Module {
 public:
  SqueezeImpl(std::int64_t width, std::int64_t squeezed, Activation activation)
      : activation_(activation),
        reduce_(register_module("conv_reduce", Conv2d(Conv2dOptions(width, squeezed, 1)))),
        expand_(register_module("conv_expand", Conv2d(Conv2dOptions(squeezed, width, 1)))) {}

  torch::Tensor forward(const torch::Tensor& x) {
    const torch::Tensor means = x.mean({2, 3}, /*keepdim=*/true);
    return x * torch::sigmoid(expand_(Activate(activation_, reduce_(means))));
  }

 private:
  Activation activation_;
  Conv2d reduce_;
  Conv2d expand_;
};

/// One block; added to its beginning where that fits.
class BlockImpl : public torch::nn::Module {
 public:
  BlockImpl(const EfficientNetVariant& variant, const Stage& stage, std::int64_t in,
            const InnerWidths& inner, std::int64_t stride)
      : activation_(variant.activation), residual_(stride == 1 && in == stage.width) {
    const std::int64_t wide = inner.expanded;
    const auto add = [&](const std::string& name, const Conv2dOptions& options) {
      layers_.emplace_back(*this, variant, name, "bn" + std::to_string(layers_.size() + 1),
                           options);
    };
    if (stage.kind == kInverted) add("conv_pw", Conv2dOptions(in, wide, 1));
    if (stage.kind == kEdge) {
      add("conv_exp", Conv2dOptions(in, wide, stage.kernel).stride(stride));
    } else {
      add("conv_dw", Conv2dOptions(wide, wide, stage.kernel).stride(stride).groups(wide));
    }
    if (inner.squeezed > 0) {
      squeeze_ = register_module(
          "se", std::make_shared<SqueezeImpl>(wide, inner.squeezed, variant.activation));
    }
    add(stage.kind == kSeparable ? "conv_pw" : "conv_pwl", Conv2dOptions(wide, stage.width, 1));
  }

  torch::Tensor forward(const torch::Tensor& x) {
    torch::Tensor out = x;
    for (std::size_t i = 0; i + 1 < layers_.size(); ++i) {
      out = layers_[i].Run(out, activation_);
    }
    if (squeeze_) out = squeeze_->forward(out);
    return layers_.back().Run(out, Activation::kNone, residual_ ? x : torch::Tensor());
  }

 private:
  Activation activation_;
  bool residual_;
  std::vector<Layer> layers_;
  std::shared_ptr<SqueezeImpl> squeeze_;
};

class EfficientNet : public Backbone {
 public:
  explicit EfficientNet(const EfficientNetVariant& variant)
      : activation_(variant.activation),
        stem_(*this, variant, "conv_stem", "bn1", Conv2dOptions(3, kStemWidth, 3).stride(2)),
        blocks_(AddBlocks(variant)),
        head_(*this, variant, "conv_head", "bn2",
              Conv2dOptions(variant.stages.back().width, kHeadWidth, 1)) {}

  torch::Tensor Maps(torch::Tensor images) override {
    torch::Tensor x = stem_.Run(images, activation_);
    for (const auto& block : blocks_) {
      x = Part(
          *this, [&block](const torch::Tensor& in) { return block->forward(in); }, x);
    }
    return head_.Run(x, activation_);
  }

  std::int64_t feature_width() const override { return kHeadWidth; }

  /// By the fan-out over groups, which of one filter per channel is its fan-in.
  void InitialiseParameter(std::string_view name, torch::Tensor& value,
                           at::Generator generator) const override {
    const Fan fan = name.ends_with("conv_dw.weight") ? Fan::kIn : Fan::kOut;
    FillConvolutional(name, value, fan, std::move(generator));
  }

 private:
  using Blocks = std::vector<std::shared_ptr<BlockImpl>>;

  Blocks AddBlocks(const EfficientNetVariant& variant) {
    const auto stages = register_module("blocks", std::make_shared<torch::nn::Module>());
    Blocks blocks;
    std::int64_t width = kStemWidth;
    for (const Stage& stage : variant.stages) {
      const auto run = stages->register_module(std::to_string(stages->children().size()),
                                               std::make_shared<torch::nn::Module>());
      for (int i = 0; i < stage.blocks; ++i) {
        const InnerWidths inner = variant.Inner(blocks.size(), stage, width);
        const std::int64_t stride = i == 0 ? stage.stride : 1;
        blocks.push_back(run->register_module(
            std::to_string(i), std::make_shared<BlockImpl>(variant, stage, width, inner, stride)));
        width = stage.width;
      }
    }
    return blocks;
  }

  Activation activation_;
  Layer stem_;
  Blocks blocks_;
  Layer head_;
};

template <const EfficientNetVariant& variant>
BackboneInfo Row(std::string_view name, std::int64_t parameters) {
  return {.name = name,
          .feature_width = kHeadWidth,
          .input_size = variant.input_size,
          .mean = variant.mean,
          .standard_deviation = variant.standard_deviation,
          .parameters = parameters,
          .classifier = "classifier",
          .make = []() -> std::shared_ptr<Backbone> {
            return std::make_shared<EfficientNet>(variant);
          }};
}

}  // namespace

std::vector<BackboneInfo> EfficientNets() {
  return {
      Row<kLite0>("efficientnet_lite0", 3'371'008),
      Row<kB0>("efficientnet_b0", 4'007'548),
      Row<kPrunedB1>("efficientnet_b1_pruned", 5'050'916),
      Row<kEdgeSmall>("efficientnet_es", 4'157'392),
      // Its published weights hold zeros; the shapes are the same.
      Row<kEdgeSmall>("efficientnet_es_pruned", 4'157'392),
  };
}

}  // namespace consilium
