#include "common/training/gradient_terms.h"

#include "common/nn/state.h"

#include <torch/types.h>
#include <torch/utils.h>

#include <map>

namespace consilium {
namespace {

/// The blob's entries in the order of the net's parameters.
Result<std::vector<torch::Tensor>> ByParameter(const torch::nn::Module& net,
                                               const ParameterBlob& blob) {
  std::vector<torch::Tensor> ordered;
  if (blob.layout == nullptr) return ordered;
  const std::vector<torch::Tensor> values = TensorsOf(blob);
  std::size_t used = 0;
  for (const auto& parameter : net.named_parameters()) {
    torch::Tensor& own = ordered.emplace_back();
    const std::ptrdiff_t found = blob.layout->Find(parameter.key());
    if (found < 0) continue;
    const torch::Tensor& value = values[static_cast<std::size_t>(found)];
    if (value.sizes() != parameter.value().sizes()) break;
    own = value.to(parameter.value().device());
    ++used;
  }
  if (used == values.size()) return ordered;
  return InvalidArgument("training: terms for parameters that the network does not have");
}

}  // namespace

Result<AddedGradients> AddedGradients::Create(const torch::nn::Module& net,
                                              const GradientTerms& terms) {
  AddedGradients added;
  added.mu_ = terms.proximal_mu;
  if (added.mu_ != 0) {
    CONSILIUM_ASSIGN_OR_RETURN(added.anchors_, ByParameter(net, terms.anchor));
  }
  CONSILIUM_ASSIGN_OR_RETURN(added.shifts_, ByParameter(net, terms.shift));
  return added;
}

void AddedGradients::AddTo(std::vector<OptimizedParameter>& parameters, double scale) const {
  const torch::NoGradGuard no_gradient;
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const torch::Tensor& gradient = parameters[i].computed.grad();
    if (!gradient.defined() || parameters[i].rate == 0) continue;
    torch::Tensor term;
    if (i < anchors_.size() && anchors_[i].defined()) {
      term = (parameters[i].master - anchors_[i]) * mu_;
    }
    if (i < shifts_.size() && shifts_[i].defined()) {
      term = term.defined() ? term + shifts_[i] : shifts_[i];
    }
    if (!term.defined()) continue;
    // Not in place: a gradient may share its memory.
    parameters[i].computed.mutable_grad() = gradient + (term * scale).to(gradient.scalar_type());
  }
}

}  // namespace consilium
