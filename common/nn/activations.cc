#include "common/nn/activations.h"

#include <utility>

namespace consilium {

torch::Tensor Relu6(torch::Tensor x) {
  if (x.scalar_type() != torch::kBFloat16 || !x.is_cpu()) return torch::relu6_(x);
  // Mirrored twice, because only the lower bound has a gradient that ends at the bound itself.
  return -torch::threshold(-torch::relu_(x), -6, -6);
}

torch::Tensor Activate(Activation activation, torch::Tensor x) {
  switch (activation) {
    case Activation::kNone:
      return x;
    case Activation::kRelu:
      return torch::relu_(x);
    case Activation::kRelu6:
      return Relu6(std::move(x));
    case Activation::kSilu:
      return torch::silu(x);
  }
  return x;
}

}  // namespace consilium
