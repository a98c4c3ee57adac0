/// What AlexNet and VGG share: the maps are pooled to a grid and pass two hidden layers of a
/// perceptron, with dropout between them; the output of the second is the feature vector.
///
/// Those layers belong to the published "classifier" and keep their names there. The dropout right
/// before the last layer of the classifier is a head's own (MultiTaskNet).
/// Shapes: Maps [B, 3, H, W] -> [B, C, H', W'], Pool -> [B, 4096]. Threads: the module's thread.
#pragma once

#include "common/nn/backbone.h"
#include "common/nn/backbones/parts.h"
#include "common/nn/seeded_dropout.h"

#include <torch/nn/module.h>
#include <torch/nn/modules/container/sequential.h>

#include <memory>
#include <utility>

namespace consilium {

class PerceptronTrunk : public Backbone {
 public:
  static constexpr std::int64_t kWidth = 4096;
  static constexpr double kDropout = 0.5;

  torch::Tensor Maps(torch::Tensor images) override {
    return Parts(*this, features_, std::move(images), Pooling);
  }
  torch::Tensor Pool(const torch::Tensor& maps) override;
  std::int64_t feature_width() const override { return kWidth; }
  SeededDropout* dropout() override { return dropout_.get(); }

 protected:
  /// `grid`: rows and columns that the maps are pooled to.
  explicit PerceptronTrunk(std::int64_t grid);

  /// A layer that applies dropout().
  class DropoutLayer : public torch::nn::Module {
   public:
    explicit DropoutLayer(std::shared_ptr<const SeededDropout> dropout)
        : dropout_(std::move(dropout)) {}
    torch::Tensor forward(const torch::Tensor& x) { return (*dropout_)(x, is_training()); }

   private:
    std::shared_ptr<const SeededDropout> dropout_;
  };
  std::shared_ptr<DropoutLayer> MakeDropout() { return std::make_shared<DropoutLayer>(dropout_); }

  torch::nn::Sequential features_;    // to be filled by the family
  torch::nn::Sequential classifier_;  // likewise, without the last linear layer

 private:
  std::int64_t grid_;
  std::shared_ptr<SeededDropout> dropout_;  // shared by the layers that apply it
};

}  // namespace consilium
