#include "common/nn/backbones/parts.h"

#include <torch/nn/modules/pooling.h>

namespace consilium {

torch::Tensor Part(const Backbone& backbone, const NetworkPart& part, const torch::Tensor& x) {
  return backbone.checkpoints_activations() ? Checkpointed(part, x) : part(x);
}

bool EachLayer(const torch::nn::Module& /*layer*/) { return true; }

bool Pooling(const torch::nn::Module& layer) {
  return dynamic_cast<const torch::nn::MaxPool2dImpl*>(&layer) != nullptr;
}

torch::Tensor Parts(const Backbone& backbone, torch::nn::Sequential& layers, torch::Tensor x,
                    EndsPart ends) {
  if (!backbone.checkpoints_activations()) return layers->forward(x);
  for (auto first = layers->begin(); first != layers->end();) {
    auto last = first;
    while (last != layers->end() && !ends(*last->ptr())) ++last;
    if (last != layers->end()) ++last;
    x = Checkpointed(
        [first, last](torch::Tensor in) {
          for (auto layer = first; layer != last; ++layer) in = layer->forward(in);
          return in;
        },
        x);
    first = last;
  }
  return x;
}

}  // namespace consilium
