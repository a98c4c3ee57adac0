#include "common/training/trainer_state.h"

#include "common/nn/state.h"

#include <torch/types.h>

#include <map>
#include <string>
#include <string_view>

namespace consilium {
namespace {

constexpr std::string_view kSteps = "steps";
constexpr std::string_view kLossScale = "loss_scale";
constexpr std::string_view kFirst = "first.";
constexpr std::string_view kSecond = "second.";

Status Foreign(const std::string& entry) {
  return InvalidArgument("trainer's state: entry '" + entry +
                         "' is missing or of another network or optimiser");
}

/// The moment in `tensor` where it is one of this parameter.
bool Take(const torch::Tensor& tensor, const torch::Tensor& parameter, torch::Tensor& moment) {
  if (tensor.sizes() != parameter.sizes()) return false;
  if (tensor.scalar_type() != parameter.scalar_type()) return false;
  moment = tensor;
  return true;
}

}  // namespace

ParameterBlob PackTrainerMemory(const torch::nn::Module& net, const TrainerMemory& memory) {
  std::vector<NamedTensor> tensors;
  const std::vector<std::string> names = net.named_parameters().keys();
  tensors.reserve(2 + 2 * names.size());
  std::vector<std::int64_t> steps;
  steps.reserve(memory.optimizer.size());
  for (const FusedOptimizer::Memory& one : memory.optimizer) steps.push_back(one.steps);
  tensors.push_back({std::string(kSteps), torch::tensor(steps, torch::kInt64)});
  const std::vector<double> scale{memory.scaler.scale(),
                                  static_cast<double>(memory.scaler.steps_without_overflow())};
  tensors.push_back({std::string(kLossScale), torch::tensor(scale, torch::kFloat64)});
  for (std::size_t i = 0; i < memory.optimizer.size(); ++i) {
    const FusedOptimizer::Memory& one = memory.optimizer[i];
    if (one.first.defined()) tensors.push_back({std::string(kFirst) + names[i], one.first});
    if (one.second.defined()) tensors.push_back({std::string(kSecond) + names[i], one.second});
  }
  return BlobOf(tensors);
}

Result<TrainerMemory> UnpackTrainerMemory(const torch::nn::Module& net,
                                          const ParameterBlob& state) {
  const auto parameters = net.named_parameters();
  TrainerMemory memory;
  memory.optimizer.resize(parameters.size());
  const std::vector<torch::Tensor> tensors = TensorsOf(state);
  const auto count = static_cast<std::int64_t>(parameters.size());
  std::map<std::string, std::size_t> index;
  for (std::size_t i = 0; i < parameters.size(); ++i) index[parameters[i].key()] = i;
  bool has_steps = false;
  bool has_scale = false;
  for (std::size_t e = 0; e < tensors.size(); ++e) {
    const std::string& name = state.layout->entries()[e].name;
    const torch::Tensor& tensor = tensors[e];
    if (name == kSteps && tensor.scalar_type() == torch::kInt64 && tensor.numel() == count) {
      for (std::int64_t i = 0; i < count; ++i) {
        memory.optimizer[i].steps = tensor.data_ptr<std::int64_t>()[i];
      }
      has_steps = true;
      continue;
    }
    if (name == kLossScale && tensor.scalar_type() == torch::kFloat64 && tensor.numel() == 2) {
      const double* const scale = tensor.data_ptr<double>();
      if (!(scale[0] > 0) || !(scale[1] >= 0 && scale[1] < LossScaler::kGrowthInterval)) {
        return Foreign(name);
      }
      memory.scaler = LossScaler(scale[0], static_cast<int>(scale[1]));
      has_scale = true;
      continue;
    }
    const bool is_first = name.starts_with(kFirst);
    if (!is_first && !name.starts_with(kSecond)) return Foreign(name);
    const std::string of = name.substr(is_first ? kFirst.size() : kSecond.size());
    const auto found = index.find(of);
    if (found == index.end()) return Foreign(name);
    FusedOptimizer::Memory& one = memory.optimizer[found->second];
    const torch::Tensor& parameter = parameters[found->second].value();
    if (!Take(tensor, parameter, is_first ? one.first : one.second)) return Foreign(name);
  }
  if (!has_steps) return Foreign(std::string(kSteps));
  if (!has_scale) return Foreign(std::string(kLossScale));
  return memory;
}

}  // namespace consilium
