/// Dropout whose draws come from a generator of its own, one for a whole network.
///
///   SeededDropout dropout(0.5);
///   dropout.Seed(StreamSeed(seed, {"dropout", site}));
///   x = dropout(x, is_training());
///
/// Masks are drawn on the CPU in float32 and then moved: the same draws whatever the type and
/// device. Nothing is drawn in evaluation mode or where the probability is 0.
/// Threads: one at a time. Source: Srivastava et al. 2014, inverted scaling as in torch.nn.Dropout.
#pragma once

#include <ATen/core/Generator.h>
#include <torch/types.h>

#include <cstdint>

namespace consilium {

class SeededDropout {
 public:
  /// Requires 0 <= probability < 1.
  explicit SeededDropout(double probability);
  void Seed(std::uint64_t seed);
  torch::Tensor operator()(const torch::Tensor& x, bool training) const;

 private:
  double probability_;
  at::Generator generator_;
};

}  // namespace consilium
