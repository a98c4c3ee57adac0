/// Values of a network as a function of names and indices, so that any implementation with the same
/// names can rebuild it; tests/golden/backbones/generate.py follows the same rule.
///
/// For entry `name` with n elements in row-major order, i = 0 .. n-1:
///   z = splitmix64(FNV-1a 64 of the name + i),  u = (z >> 40) / 2^23 - 1  in [-1, 1)
///   num_batches_tracked 0;  running_var 1 + 0.1 |u|;  running_mean 0.1 u
///   two or more dimensions u * sqrt(6 / fan_in), fan_in = n / shape[0]
///   other ".weight" 1 + 0.1 u;  all others 0.1 u
#pragma once

#include <torch/nn/module.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <cmath>
#include <cstdint>
#include <functional>
#include <string>

namespace consilium {

/// u of the rule, float64 [shape].
inline torch::Tensor FillRuleUnit(const std::string& name, at::IntArrayRef shape) {
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

inline torch::Tensor FillRuleValue(const std::string& name, at::IntArrayRef shape) {
  torch::Tensor u = FillRuleUnit(name, shape);
  if (name.ends_with("num_batches_tracked")) return u.zero_();
  if (name.ends_with("running_var")) return u.abs_().mul_(0.1).add_(1);
  if (name.ends_with("running_mean")) return u.mul_(0.1);
  if (shape.size() >= 2) {
    const auto fan_in = static_cast<double>(u.numel() / shape[0]);
    return u.mul_(std::sqrt(6.0 / fan_in));
  }
  return name.ends_with(".weight") ? u.mul_(0.1).add_(1) : u.mul_(0.1);
}

/// Fills parameters and buffers of `module`; `rename` gives the name by which the rule knows an entry.
inline void FillByRule(torch::nn::Module& module,
                       const std::function<std::string(const std::string&)>& rename) {
  const torch::NoGradGuard no_grad;
  const auto fill = [&](const torch::OrderedDict<std::string, torch::Tensor>& entries) {
    for (const auto& entry : entries) {
      torch::Tensor value = entry.value();
      value.copy_(FillRuleValue(rename(entry.key()), value.sizes()));
    }
  };
  fill(module.named_parameters());
  fill(module.named_buffers());
}

}  // namespace consilium
