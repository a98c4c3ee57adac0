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
    if (parameter.dim() == 4) {
      parameter.set_data(parameter.contiguous(LayoutFor(parameter.scalar_type())));
    }
  }
}

torch::MemoryFormat LayoutFor(torch::ScalarType type) {
  return type == torch::kFloat64 ? torch::MemoryFormat::Contiguous
                                 : torch::MemoryFormat::ChannelsLast;
}

}  // namespace consilium
