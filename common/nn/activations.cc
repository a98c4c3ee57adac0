#include "common/nn/activations.h"

namespace consilium {

torch::Tensor Relu6(torch::Tensor x) {
  if (x.scalar_type() != torch::kBFloat16 || !x.is_cpu()) return torch::relu6_(x);
  // Mirrored twice, because only the lower bound has a gradient that ends at the bound itself.
  return -torch::threshold(-torch::relu_(x), -6, -6);
}

}  // namespace consilium
