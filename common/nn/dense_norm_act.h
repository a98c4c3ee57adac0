/// Batch normalisations of one growing stack of feature maps, for DenseNet.
///
///   DenseFeatures features(x, norm_epsilon);
///   features.Append(layer(features.NormRelu(*norm1)));   // once per layer
///
/// Every layer of a dense block normalises, with parameters of its own, all feature maps so far;
/// their batch statistics are the same each time. In training each map is standardised once, when
/// it is appended, and NormRelu writes relu(standardised * weight + bias) of all maps side by side:
/// no concatenation, no second look for statistics. docs/decisions/0009.
/// Elsewhere (evaluation mode, CUDA, other layouts) the maps are concatenated and go through
/// NormAct.
/// Shapes   maps [N, C_i, H, W]; NormRelu gives [N, sum of C_i, H, W]. Types, bits, errors: NormAct's.
/// Memory   keeps the standardised maps and each NormRelu's result; concatenations would be kept
///          beside each result.
/// Threads  the module's.
#pragma once

#include "common/nn/norm_act.h"

#include <torch/nn/modules/batchnorm.h>
#include <torch/types.h>

#include <vector>

namespace consilium {

class DenseFeatures {
 public:
  /// `reader`: one of the normalisations to come; they share its mode and epsilon.
  DenseFeatures(const torch::Tensor& first, const torch::nn::BatchNorm2dImpl& reader);
  void Append(const torch::Tensor& map);
  /// relu(norm(all maps)). Requires as many channels in `norm` as in the maps.
  torch::Tensor NormRelu(torch::nn::BatchNorm2dImpl& norm) const;

 private:
  bool standardised_;
  double epsilon_;
  BatchMoments moments_;             // of all maps, if they are standardised
  std::vector<torch::Tensor> maps_;  // standardised, or as they came
};

}  // namespace consilium
