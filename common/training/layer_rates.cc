#include "common/training/layer_rates.h"

#include "common/nn/stages.h"

#include <algorithm>

namespace consilium {
namespace {

/// Of the longest name that holds the parameter; null if none does.
const RateFactor* FactorFor(const std::string& parameter, const std::vector<RateFactor>& factors) {
  const RateFactor* best = nullptr;
  for (const RateFactor& one : factors) {
    if (!IsBelow(parameter, one.prefix)) continue;
    if (best == nullptr || one.prefix.size() > best->prefix.size()) best = &one;
  }
  return best;
}

Status AddStages(MultiTaskNetImpl& net, int count, std::vector<std::string>& frozen) {
  const auto stages = StagesOf(net.backbone(), "backbone");
  if (count > static_cast<int>(stages.size())) {
    return InvalidArgument("training.freeze_stages: " + std::to_string(count) +
                           ", the backbone has " + std::to_string(stages.size()));
  }
  for (int i = 0; i < count; ++i) {
    const auto& names = stages[static_cast<std::size_t>(i)];
    frozen.insert(frozen.end(), names.begin(), names.end());
  }
  return OkStatus();
}

}  // namespace

Result<LayerRates> RatesOf(MultiTaskNetImpl& net, const TrainingOptions& training,
                           std::span<const std::string> frozen) {
  LayerRates rates;
  rates.frozen.assign(frozen.begin(), frozen.end());
  CONSILIUM_RETURN_IF_ERROR(AddStages(net, training.freeze_stages, rates.frozen));
  const std::vector<RateFactor>& factors = training.learning_rate_factors;
  std::vector<bool> named(factors.size());
  for (const auto& entry : net.named_parameters()) {
    for (std::size_t i = 0; i < factors.size(); ++i) {
      if (IsBelow(entry.key(), factors[i].prefix)) named[i] = true;
    }
    const RateFactor* factor = FactorFor(entry.key(), factors);
    const bool fixed = std::ranges::any_of(
        rates.frozen, [&](const std::string& name) { return IsBelow(entry.key(), name); });
    rates.of_parameters.push_back(fixed ? 0 : factor == nullptr ? 1 : factor->factor);
  }
  for (std::size_t i = 0; i < factors.size(); ++i) {
    if (!named[i]) {
      return InvalidArgument("training.learning_rate_factors." + factors[i].prefix +
                             ": the network has no parameter of this name or below it");
    }
    if (factors[i].factor == 0) rates.frozen.push_back(factors[i].prefix);
  }
  return rates;
}

}  // namespace consilium
