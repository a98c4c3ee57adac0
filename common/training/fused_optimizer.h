/// Adam, AdamW and SGD with momentum: all parameters stepped together, in one pass over memory.
///
///   FusedOptimizer optimizer(parameters, options);
///   loss.backward();
///   optimizer.Step(learning_rate);   // and the gradients are gone
///
/// Formulas are those of torch.optim, in the master's type. A parameter without a gradient is left
/// alone: no decay, no moments, and its step count stands still. Gradients in another type or
/// layout than their parameter's are converted.
/// Determinism: elements are independent, so the number of threads changes no bit.
/// Memory: the moments, made at a parameter's first step; nothing that repeats.
/// Threads: one caller at a time; computes with the intra-op threads of the calling thread.
#pragma once

#include "common/federation/run_plan.h"

#include <torch/types.h>

#include <cstdint>
#include <vector>

namespace consilium {

struct OptimizedParameter {
  /// The module's parameter: forward and backward compute with it, its gradient is read.
  torch::Tensor computed;
  /// float32 or float64 values that are stepped: the same tensor, or a wider one of equal shape and
  /// strides, whose rounded values `computed` gets.
  torch::Tensor master;
};

class FusedOptimizer {
 public:
  struct Options {
    Optimizer kind = Optimizer::kAdam;
    double weight_decay = 0;
    double momentum = 0;  ///< SGD only
    double beta1 = 0.9;
    double beta2 = 0.999;
    double epsilon = 1e-8;
  };

  FusedOptimizer(std::vector<OptimizedParameter> parameters, const Options& options);

  /// `gradient_scale` multiplies every gradient (1 / loss scale).
  void Step(double learning_rate, double gradient_scale = 1);
  bool GradientsFinite() const;
  void DropGradients();

 private:
  struct State {
    torch::Tensor first;   ///< Adam's first moment, or SGD's velocity
    torch::Tensor second;  ///< Adam's second moment
    std::int64_t steps = 0;
  };
  /// Consecutive elements of one parameter.
  struct Block {
    std::size_t parameter;
    std::int64_t first, count;
  };

  void MakeState(std::size_t index);
  void StepBlock(const Block& block, double learning_rate, double gradient_scale) const;
  void StepByTensors(std::size_t index, double learning_rate, double gradient_scale);

  std::vector<OptimizedParameter> parameters_;
  Options options_;
  std::vector<State> states_;             // one per parameter
  std::vector<torch::Tensor> gradients_;  // of the step being made
  std::vector<Block> blocks_;             // of the step being made
};

}  // namespace consilium
