/// A CNN backbone: images in, one feature vector each out; its ImageNet classifier removed.
///
/// Submodules carry the names of the reference (torchvision; timm for EfficientNet), so its state
/// dict loads by name.
/// Shapes: forward [B, 3, H, W] -> [B, feature_width]; H and W from 64 pixels up.
/// Threads: a module belongs to the thread that runs it.
#pragma once

#include "common/base/result.h"
#include "common/nn/seeded_dropout.h"

#include <ATen/core/Generator.h>
#include <torch/nn/module.h>
#include <torch/types.h>

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace consilium {

class Backbone : public torch::nn::Module {
 public:
  torch::Tensor forward(torch::Tensor images) { return Pool(Maps(std::move(images))); }
  /// The last feature maps: [B, 3, H, W] -> [B, C, H', W'].
  virtual torch::Tensor Maps(torch::Tensor images) = 0;
  /// [B, C, H', W'] -> [B, feature_width]. Unless a family overrides it: the mean over positions.
  virtual torch::Tensor Pool(const torch::Tensor& maps);
  virtual std::int64_t feature_width() const = 0;
  /// The dropout between the backbone's own layers, to be seeded or replaced; null where a family
  /// has none.
  virtual SeededDropout* dropout() { return nullptr; }
  /// Initial values of one parameter, `name` being the reference's; draws from `generator` alone.
  /// `value` is float32 on the CPU. Unless a family overrides it: weights of convolutions
  /// Kaiming-normal over the fan-out, scales of normalisations 1, biases 0 (ResNet, MobileNetV2).
  virtual void InitialiseParameter(std::string_view name, torch::Tensor& value,
                                   at::Generator generator) const;
  /// Whether the maps' gradient is computed from what entered each part of the network, its inner
  /// values being computed again (backbones/parts.h); off at first. Changes memory and time, no bit.
  void CheckpointActivations(bool on) { checkpoints_ = on; }
  bool checkpoints_activations() const { return checkpoints_; }

 private:
  bool checkpoints_ = false;
};

/// One row of the table of architectures.
struct BackboneInfo {
  std::string_view name;
  std::int64_t feature_width;
  std::int64_t input_size;    ///< pixels that published weights were trained with
  std::array<float, 3> mean;  ///< of the input that published weights expect
  std::array<float, 3> standard_deviation;
  std::int64_t parameters;  ///< without the classifier
  /// The published classifier's layer: "fc" has entries "fc.weight" and "fc.bias".
  std::string_view classifier;
  /// That layer is a 1x1 convolution of the maps, with ReLU and a mean over positions after it.
  bool convolutional_classifier = false;
  std::shared_ptr<Backbone> (*make)();
};

/// A name of the paper's runs for an architecture that begins with weights other than ImageNet's;
/// they must come from a file.
struct BackboneAlias {
  std::string_view name;
  std::string_view architecture;
};

const std::vector<BackboneInfo>& Backbones();
std::span<const BackboneAlias> BackboneAliases();
/// The row of a name or of an alias. Errors: kInvalidArgument naming the known ones.
Result<const BackboneInfo*> FindBackbone(std::string_view name);
bool IsBackboneAlias(std::string_view name);

}  // namespace consilium
