#include "common/nn/backbones/vgg.h"

#include "common/nn/backbones/imagenet.h"
#include "common/nn/backbones/in_place_relu.h"
#include "common/nn/backbones/perceptron_trunk.h"
#include "common/nn/initial_values.h"
#include "common/nn/norm_act.h"

#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/linear.h>
#include <torch/nn/modules/pooling.h>

#include <array>

namespace consilium {
namespace {

using torch::nn::Conv2d;
using torch::nn::Conv2dOptions;
using torch::nn::Identity;  // where torchvision numbers an activation
using torch::nn::Linear;
using torch::nn::MaxPool2d;
using torch::nn::MaxPool2dOptions;

constexpr std::array<std::int64_t, 5> kWidths{64, 128, 256, 512, 512};
constexpr std::int64_t kGrid = 7;
constexpr double kInitialDeviation = 0.01;  ///< of the linear layers

/// What tells one member of the family from another.
struct VggVariant {
  std::array<int, 5> convolutions;  ///< per stage
  bool normalised = false;

  constexpr std::int64_t FeatureWidth() const { return PerceptronTrunk::kWidth; }
};

class Vgg : public PerceptronTrunk {
 public:
  explicit Vgg(const VggVariant& variant) : PerceptronTrunk(kGrid) {
    std::int64_t width = 3;
    for (std::size_t stage = 0; stage < kWidths.size(); ++stage) {
      for (int i = 0; i < variant.convolutions[stage]; ++i) {
        features_->push_back(Conv2d(Conv2dOptions(width, kWidths[stage], 3).padding(1)));
        width = kWidths[stage];
        if (variant.normalised) {
          features_->push_back(NormLayer(width, Activation::kRelu));
          features_->push_back(Identity());
        } else {
          features_->push_back(InPlaceRelu());
        }
      }
      features_->push_back(MaxPool2d(MaxPool2dOptions(2).stride(2)));
    }
    classifier_->push_back(Linear(width * kGrid * kGrid, kWidth));
    classifier_->push_back(InPlaceRelu());
    classifier_->push_back(MakeDropout());
    classifier_->push_back(Linear(kWidth, kWidth));
    classifier_->push_back(InPlaceRelu());
  }

  void InitialiseParameter(std::string_view name, torch::Tensor& value,
                           at::Generator generator) const override {
    if (value.dim() == 2) {
      value.normal_(0, kInitialDeviation, std::move(generator));
    } else {
      FillConvolutional(name, value, Fan::kOut, std::move(generator));
    }
  }
};

template <VggVariant variant>
BackboneInfo Row(std::string_view name, std::int64_t parameters) {
  return ImageNetRow<Vgg, variant>(name, parameters, "classifier.6");
}

template <VggVariant variant>
BackboneInfo NormalisedRow(std::string_view name, std::int64_t parameters) {
  return Row<VggVariant{.convolutions = variant.convolutions, .normalised = true}>(name,
                                                                                   parameters);
}

constexpr VggVariant kVgg11{.convolutions = {1, 1, 2, 2, 2}};
constexpr VggVariant kVgg13{.convolutions = {2, 2, 2, 2, 2}};
constexpr VggVariant kVgg16{.convolutions = {2, 2, 3, 3, 3}};
constexpr VggVariant kVgg19{.convolutions = {2, 2, 4, 4, 4}};

}  // namespace

std::vector<BackboneInfo> Vggs() {
  return {
      Row<kVgg11>("vgg11", 128'766'336), NormalisedRow<kVgg11>("vgg11_bn", 128'771'840),
      Row<kVgg13>("vgg13", 128'950'848), NormalisedRow<kVgg13>("vgg13_bn", 128'956'736),
      Row<kVgg16>("vgg16", 134'260'544), NormalisedRow<kVgg16>("vgg16_bn", 134'268'992),
      Row<kVgg19>("vgg19", 139'570'240), NormalisedRow<kVgg19>("vgg19_bn", 139'581'248),
  };
}

}  // namespace consilium
