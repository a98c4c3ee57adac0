#include "common/nn/classifier_net.h"

#include "common/nn/entry_names.h"

#include <torch/types.h>

#include <string_view>

namespace consilium {
namespace {

constexpr std::string_view kClassifier = "classifier";

}  // namespace

ClassifierNetImpl::ClassifierNetImpl(const BackboneInfo& info, std::int64_t classes)
    : convolutional_(info.convolutional_classifier),
      backbone_(register_module("backbone", info.make())) {
  std::vector<std::int64_t> shape{classes, info.feature_width};
  if (convolutional_) shape.insert(shape.end(), {1, 1});
  const auto layer = register_module("classifier", std::make_shared<torch::nn::Module>());
  weight_ = layer->register_parameter("weight", torch::zeros(shape));
  bias_ = layer->register_parameter("bias", torch::zeros({classes}));
}

ClassifierNetImpl::Output ClassifierNetImpl::forward(torch::Tensor images) {
  const torch::Tensor maps = backbone_->Maps(std::move(images));
  const torch::Tensor features = backbone_->Pool(maps);
  if (!convolutional_) return {features, torch::linear(features, weight_, bias_)};
  const torch::Tensor scores = torch::relu(torch::conv2d(maps, weight_, bias_));
  return {features, scores.mean({2, 3})};
}

std::string PublishedName(const BackboneInfo& info, const std::string& name) {
  if (name.starts_with(kBackbonePrefix)) return name.substr(kBackbonePrefix.size());
  return std::string(info.classifier) + name.substr(kClassifier.size());
}

}  // namespace consilium
