/// A CNN backbone: images in, one feature vector each out; its ImageNet classifier removed.
///
/// Submodules carry torchvision's names, so a torchvision state dict loads by name.
/// Shapes: forward [B, 3, H, W] -> [B, feature_width]; H and W from 32 pixels up.
/// Threads: a module belongs to the thread that runs it.
#pragma once

#include "common/base/result.h"

#include <ATen/core/Generator.h>
#include <torch/nn/module.h>
#include <torch/types.h>

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace consilium {

class Backbone : public torch::nn::Module {
 public:
  virtual torch::Tensor forward(torch::Tensor images) = 0;
  virtual std::int64_t feature_width() const = 0;
  /// Initial values of one parameter, `name` being torchvision's; draws from `generator` alone.
  /// `value` is float32 on the CPU. Unless a family overrides it: weights of convolutions
  /// Kaiming-normal over the fan-out, scales of normalisations 1, biases 0 (ResNet, MobileNetV2).
  virtual void InitialiseParameter(std::string_view name, torch::Tensor& value,
                                   at::Generator generator) const;
};

/// One row of the table of architectures.
struct BackboneInfo {
  std::string_view name;
  std::int64_t feature_width;
  std::int64_t input_size;    ///< pixels that published weights were trained with
  std::array<float, 3> mean;  ///< of the input that published weights expect
  std::array<float, 3> standard_deviation;
  std::int64_t parameters;  ///< without the classifier
  std::shared_ptr<Backbone> (*make)();
};

const std::vector<BackboneInfo>& Backbones();
/// Errors: kInvalidArgument naming the known ones.
Result<const BackboneInfo*> FindBackbone(std::string_view name);

}  // namespace consilium
