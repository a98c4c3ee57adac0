#include "common/training/computed_parameters.h"

#include "common/nn/entry_names.h"

#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/linear.h>
#include <torch/utils.h>

#include <unordered_set>

namespace consilium {
namespace {

using ParameterSet = std::unordered_set<const c10::TensorImpl*>;

/// Normalisation keeps float32: its parameters are few and its statistics need the digits.
ParameterSet ShortenedParameters(const torch::nn::Module& net) {
  ParameterSet result;
  for (const auto& entry : net.named_modules()) {
    const torch::nn::Module& module = *entry.value();
    const bool product =
        module.as<torch::nn::Conv2d>() != nullptr || module.as<torch::nn::Linear>() != nullptr;
    if (!product || entry.key().starts_with(kHeadsPrefix)) continue;
    for (const torch::Tensor& parameter : module.parameters(/*recurse=*/false)) {
      result.insert(parameter.unsafeGetTensorImpl());
    }
  }
  return result;
}

}  // namespace

ComputedParameters::ComputedParameters(torch::nn::Module& net, torch::ScalarType type) {
  const torch::NoGradGuard no_gradient;
  const ParameterSet shortened = ShortenedParameters(net);
  const std::vector<torch::Tensor> parameters = net.parameters();
  all_.reserve(parameters.size());
  for (const torch::Tensor& parameter : parameters) {
    parameter.mutable_grad().reset();
    if (parameter.scalar_type() == type || !shortened.contains(parameter.unsafeGetTensorImpl())) {
      all_.push_back({parameter, parameter, 1});
      continue;
    }
    const torch::Tensor master = parameter.detach();
    parameter.set_data(master.to(type));
    all_.push_back({parameter, master, 1});
  }
}

ComputedParameters::~ComputedParameters() {
  const torch::NoGradGuard no_gradient;
  for (OptimizedParameter& parameter : all_) {
    parameter.computed.mutable_grad().reset();
    if (!parameter.computed.is_same(parameter.master)) {
      parameter.computed.set_data(parameter.master);
    }
  }
}

}  // namespace consilium
