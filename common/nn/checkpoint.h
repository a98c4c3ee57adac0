/// Trades time for memory: part of a network runs without keeping what its gradient needs, and the
/// backward pass computes that part again.
///
///   x = Checkpointed([this](const torch::Tensor& in) { return stage_->forward(in); }, x);
///
/// Result       the values and gradients of calling `part` directly, to the bit, where it is
///              deterministic: it must draw nothing at random.
/// Statistics   running statistics are updated once: layers ask Recomputing() (norm_act.h does).
/// Memory       the input of each part, and one part's activations at a time.
/// Autocast     the second pass has the state of the first.
/// Threads      the network's. Source: Chen et al. 2016 (arXiv 1604.06174); torch.utils.checkpoint.
#pragma once

#include <torch/types.h>

#include <functional>

namespace consilium {

using NetworkPart = std::function<torch::Tensor(const torch::Tensor&)>;

torch::Tensor Checkpointed(NetworkPart part, const torch::Tensor& x);

/// Whether this thread is computing a part for the second time.
bool Recomputing();

}  // namespace consilium
