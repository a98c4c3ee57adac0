#include "common/nn/fill_rule.h"

#include <torch/utils.h>

#include <cmath>
#include <cstdint>

namespace consilium {
namespace {

torch::Tensor Value(const std::string& name, at::IntArrayRef shape) {
  torch::Tensor u = FillRuleUnit(name, shape);
  if (name.ends_with("num_batches_tracked")) return u.zero_();
  if (name.ends_with("running_var")) return u.abs_().mul_(0.1).add_(1);
  if (name.ends_with("running_mean")) return u.mul_(0.1);
  if (shape.size() >= 2) {
    const std::int64_t fan_in = u.numel() / shape[0];
    return u.mul_(std::sqrt(6.0 / static_cast<double>(fan_in)));
  }
  return name.ends_with(".weight") ? u.mul_(0.1).add_(1) : u.mul_(0.1);
}

}  // namespace

torch::Tensor FillRuleUnit(const std::string& name, at::IntArrayRef shape) {
  std::uint64_t seed = 0xCBF29CE484222325ULL;
  for (const char c : name) seed = (seed ^ static_cast<unsigned char>(c)) * 0x100000001B3ULL;
  torch::Tensor unit = torch::empty(shape, torch::kFloat64);
  auto* values = unit.data_ptr<double>();
  for (std::int64_t i = 0; i < unit.numel(); ++i) {
    std::uint64_t z = seed + static_cast<std::uint64_t>(i) + 0x9E3779B97F4A7C15ULL;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
    z ^= z >> 31;
    values[i] = static_cast<double>(z >> 40) / 0x1.0p23 - 1.0;
  }
  return unit;
}

void FillByRule(torch::nn::Module& module,
                const std::function<std::string(const std::string&)>& name_of) {
  const torch::NoGradGuard no_grad;
  const auto fill = [&](const std::string& name, torch::Tensor& value) {
    value.copy_(Value(name_of ? name_of(name) : name, value.sizes()));
  };
  for (auto& entry : module.named_parameters()) fill(entry.key(), entry.value());
  for (auto& entry : module.named_buffers()) fill(entry.key(), entry.value());
}

}  // namespace consilium
