/// A backbone with the classifier that its published weights carry, for holding it against the
/// reference.
///
///   ClassifierNet net(*FindBackbone("resnet18").value());
///   auto [features, logits] = net->forward(images);
///
/// Names: "backbone.<...>", "classifier.weight", "classifier.bias"; PublishedName() gives the
/// reference's. Dropout before the classifier is left out: it belongs to a training recipe.
/// Shapes: images [B, 3, H, W] -> features [B, F], logits [B, classes]. Threads: one at a time.
#pragma once

#include "common/nn/backbone.h"

#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>

#include <memory>
#include <string>

namespace consilium {

inline constexpr std::int64_t kImageNetClasses = 1000;

class ClassifierNetImpl : public torch::nn::Module {
 public:
  struct Output {
    torch::Tensor features;
    torch::Tensor logits;
  };

  explicit ClassifierNetImpl(const BackboneInfo& info, std::int64_t classes = kImageNetClasses);
  Output forward(torch::Tensor images);
  Backbone& backbone() { return *backbone_; }

 private:
  bool convolutional_;
  std::shared_ptr<Backbone> backbone_;
  torch::Tensor weight_;  // [classes, F], or [classes, C, 1, 1]
  torch::Tensor bias_;
};
TORCH_MODULE(ClassifierNet);

/// "backbone.conv1.weight" -> "conv1.weight"; "classifier.weight" -> "fc.weight".
std::string PublishedName(const BackboneInfo& info, const std::string& name);

}  // namespace consilium
