/// Values of a network as a function of names and indices, so that any implementation with the same
/// names can rebuild it and compare figures, without a file of weights between them.
///
/// For entry `name` with n elements in row-major order, i = 0 .. n-1:
///   z = splitmix64(FNV-1a 64 of the name + i),  u = (z >> 40) / 2^23 - 1  in [-1, 1)
///   num_batches_tracked 0;  running_var 1 + 0.1 |u|;  running_mean 0.1 u
///   two or more dimensions u * sqrt(6 / fan_in), fan_in = n / shape[0]
///   other ".weight" 1 + 0.1 u;  all others 0.1 u
/// tests/golden/backbones/generate.py follows the same rule. Threads: pure, or the module's.
#pragma once

#include <torch/nn/module.h>
#include <torch/types.h>

#include <functional>
#include <string>

namespace consilium {

/// u of the rule, float64 [shape].
torch::Tensor FillRuleUnit(const std::string& name, at::IntArrayRef shape);
/// Fills parameters and buffers of `module`; `name_of` gives an entry's name in the rule (its own,
/// if empty).
void FillByRule(torch::nn::Module& module,
                const std::function<std::string(const std::string&)>& name_of = {});

}  // namespace consilium
