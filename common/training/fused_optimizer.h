/// Adam, AdamW and SGD over all parameters of a net at once.
///
///   FusedOptimizer optimizer(parameters, {.kind = Optimizer::kAdam, .weight_decay = 1e-4});
///   loss.backward();
///   optimizer.Step(learning_rate);
///
/// Formulas     those of torch.optim's Adam, AdamW and SGD (common/kernels/optimizer_loops.h).
/// Precision    steps are those of the master; a narrower computed parameter is the rounded master.
/// Determinism  the number of threads changes no bit on the CPU.
/// CPU          one pass over memory and one parallel region for all parameters, and no allocation
///              from the second step on (sparse gradients apart). It takes float32, float64, and
///              bfloat16 under a float32 master.
/// Elsewhere    on other devices, and for other types, LibTorch's operations over lists of tensors.
/// Layout       a gradient may lie otherwise in memory than its parameter, be expanded or sparse; it
///              is rearranged. The layout of parameters stays as it was at the first step.
/// Errors       c10::Error, from the constructor too, where `master` does not fit `computed`: callers
///              are under GuardTorch.
/// Threads      the net's thread; LibTorch's intra-op threads share the work.
#pragma once

#include "common/federation/run_plan.h"
#include "common/kernels/optimizer_loops.h"

#include <torch/types.h>

#include <cstdint>
#include <vector>

namespace consilium {

struct OptimizedParameter {
  /// The module's parameter: forward and backward compute with it, its gradient is read.
  torch::Tensor computed;
  /// float32 or float64 values that are stepped: the same tensor as `computed`, or one of a wider
  /// type with equal shape and strides.
  torch::Tensor master;
  /// Multiplies the learning rate; at 0 the parameter is as one without a gradient.
  double rate = 1;
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
    bool plain = false;  ///< LibTorch's operations on the CPU too, to compare with
  };
  /// What later steps need of those before, per parameter. Tensors of the master's type and shape;
  /// undefined where there is no such moment (yet).
  struct Memory {
    torch::Tensor first;
    torch::Tensor second;
    std::int64_t steps = 0;
  };
  FusedOptimizer(std::vector<OptimizedParameter> parameters, const Options& options);

  /// In the order of the parameters; the tensors are the optimiser's own.
  std::vector<Memory> memory() const;
  /// Copies what an optimiser of equal parameters and options had; before the first step.
  void Recall(const std::vector<Memory>& memory);

  /// Steps each parameter that has a gradient, and drops the gradient. A parameter without one is
  /// left alone: no decay, no moments, and its step count stands still. `gradient_scale` multiplies
  /// each gradient before anything else (1 / scale of a scaled loss).
  void Step(double learning_rate, double gradient_scale = 1);
  /// True if every gradient is finite; parameters without one do not count.
  bool GradientsFinite() const;
  /// As a step does, without stepping.
  void DropGradients();

 private:
  struct Parameter {
    torch::Tensor computed;
    torch::Tensor master;
    torch::Tensor first;     // moments, from the first step on; SGD's momentum is `first`
    torch::Tensor second;    // Adam only
    torch::Tensor arranged;  // of a gradient that lies otherwise than the parameter
    double rate = 1;
    std::int64_t steps = 0;
  };
  /// One parameter of this step.
  struct Job {
    Parameter* parameter = nullptr;
    torch::Tensor gradient;
    AdamFactors adam;
    SgdFactors sgd;
  };

  /// Makes missing moments; returns the gradient in the parameter's type and layout.
  torch::Tensor Prepare(Parameter& parameter) const;
  void StepFused();
  void StepPlain();
  /// Jobs of one rate.
  void StepPlain(const std::vector<const Job*>& jobs) const;
  /// Elements [first, last) of the job's parameter; `copy` is nothing or the rounded copy.
  template <typename Value, typename Gradient, typename... Copy>
  void StepRange(const Job& job, std::int64_t first, std::int64_t last, Copy*... copy) const;

  std::vector<Parameter> parameters_;
  Options options_;
  bool fused_ = false;
  std::vector<Job> jobs_;  // these two are members for the sake of their memory
  std::vector<std::int64_t> ends_;
};

}  // namespace consilium
