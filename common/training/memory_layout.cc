#include "common/training/memory_layout.h"

#include <torch/types.h>
#include <torch/utils.h>

namespace consilium {

torch::ScalarType ComputeType(const torch::nn::Module& net) {
  const auto parameters = net.parameters();
  return parameters.empty() ? torch::kFloat32 : parameters.front().scalar_type();
}

void ArrangeWeights(torch::nn::Module& net) {
  const torch::NoGradGuard no_gradient;
  for (torch::Tensor& parameter : net.parameters()) {
    if (parameter.dim() == 4) parameter.set_data(Arranged(parameter));
  }
}

torch::Tensor Arranged(const torch::Tensor& images) {
  if (images.scalar_type() != torch::kFloat32) return images.contiguous();
  return images.contiguous(torch::MemoryFormat::ChannelsLast);
}

}  // namespace consilium
