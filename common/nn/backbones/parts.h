/// Where a backbone may be cut, so that its activations need not be kept (checkpoint.h).
///
///   x = Part(*this, [this](const torch::Tensor& in) { return block_->forward(in); }, x);
///   x = Parts(*this, stage_, std::move(x));
///
/// Both compute what they are given, and as checkpoints where the backbone is to have some.
/// Threads: the backbone's.
#pragma once

#include "common/nn/backbone.h"
#include "common/nn/checkpoint.h"

#include <torch/nn/modules/container/sequential.h>

namespace consilium {

/// part(x). It draws nothing at random and leaves x as it is.
torch::Tensor Part(const Backbone& backbone, const NetworkPart& part, const torch::Tensor& x);

/// Whether a layer is the last of its part. No layer after such a one works in place.
using EndsPart = bool (*)(const torch::nn::Module& layer);
bool EachLayer(const torch::nn::Module& layer);
bool Pooling(const torch::nn::Module& layer);

/// layers->forward(x).
torch::Tensor Parts(const Backbone& backbone, torch::nn::Sequential& layers, torch::Tensor x,
                    EndsPart ends = EachLayer);

}  // namespace consilium
