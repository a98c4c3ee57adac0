#include "common/training/fused_optimizer.h"

#include "common/base/check.h"
#include "common/kernels/optimizer_loops.h"
#include "common/nn/parallel_for.h"

#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace consilium {
namespace {

/// Large enough that starting a block costs nothing, small enough to share large layers.
constexpr std::int64_t kBlock = 1 << 16;

/// Whether the loops over memory can step it.
bool HasLoops(const OptimizedParameter& parameter) {
  const torch::ScalarType computed = parameter.computed.scalar_type();
  const torch::ScalarType master = parameter.master.scalar_type();
  return parameter.master.is_cpu() &&
         (computed == master ? master == torch::kFloat32 || master == torch::kFloat64
                             : computed == torch::kBFloat16 && master == torch::kFloat32);
}

/// The gradient with the type and the order in memory of its parameter.
torch::Tensor Matched(const torch::Tensor& gradient, const torch::Tensor& parameter) {
  torch::Tensor matched = gradient.is_sparse() ? gradient.to_dense() : gradient;
  if (matched.scalar_type() == parameter.scalar_type() &&
      matched.strides() == parameter.strides()) {
    return matched;
  }
  return torch::empty_like(parameter).copy_(matched);
}

template <typename T>
T* At(const torch::Tensor& tensor, std::int64_t first) {
  return tensor.defined() ? static_cast<T*>(tensor.data_ptr()) + first : nullptr;
}

AdamFactors FactorsOf(const FusedOptimizer::Options& options, std::int64_t steps, double rate,
                      double gradient_scale) {
  const auto t = static_cast<double>(steps);
  AdamFactors factors;
  factors.gradient_scale = gradient_scale;
  if (options.kind == Optimizer::kAdamW) {
    factors.shrink = 1 - rate * options.weight_decay;
  } else {
    factors.decay = options.weight_decay;
  }
  factors.beta1 = options.beta1;
  factors.beta2 = options.beta2;
  factors.step_size = rate / (1 - std::pow(options.beta1, t));
  factors.root_correction = std::sqrt(1 - std::pow(options.beta2, t));
  factors.epsilon = options.epsilon;
  return factors;
}

}  // namespace

FusedOptimizer::FusedOptimizer(std::vector<OptimizedParameter> parameters, const Options& options)
    : parameters_(std::move(parameters)),
      options_(options),
      states_(parameters_.size()),
      gradients_(parameters_.size()) {
  std::int64_t blocks = 0;
  for (const OptimizedParameter& parameter : parameters_) {
    CONSILIUM_CHECK(parameter.computed.strides() == parameter.master.strides());
    CONSILIUM_CHECK(parameter.master.is_non_overlapping_and_dense());
    blocks += (parameter.master.numel() + kBlock - 1) / kBlock;
  }
  blocks_.reserve(static_cast<std::size_t>(blocks));
}

void FusedOptimizer::MakeState(std::size_t index) {
  State& state = states_[index];
  ++state.steps;
  if (state.first.defined()) return;
  const torch::Tensor& master = parameters_[index].master;
  if (options_.kind != Optimizer::kSgd) {
    state.first = torch::zeros_like(master);
    state.second = torch::zeros_like(master);
  } else if (options_.momentum != 0) {
    state.first = torch::zeros_like(master);
  }
}

void FusedOptimizer::Step(double learning_rate, double gradient_scale) {
  const torch::NoGradGuard no_gradient;
  blocks_.clear();
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    OptimizedParameter& parameter = parameters_[i];
    torch::Tensor gradient = std::exchange(parameter.computed.mutable_grad(), {});
    if (!gradient.defined()) continue;
    MakeState(i);
    gradients_[i] = Matched(gradient, parameter.computed);
    if (!HasLoops(parameter)) {
      StepByTensors(i, learning_rate, gradient_scale);
      gradients_[i].reset();
      continue;
    }
    const std::int64_t elements = parameter.master.numel();
    for (std::int64_t first = 0; first < elements; first += kBlock) {
      blocks_.push_back({i, first, std::min(kBlock, elements - first)});
    }
  }
  ParallelFor(static_cast<std::int64_t>(blocks_.size()), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t b = begin; b < end; ++b) {
      StepBlock(blocks_[b], learning_rate, gradient_scale);
    }
  });
  for (torch::Tensor& gradient : gradients_) gradient.reset();
}

void FusedOptimizer::StepBlock(const Block& block, double learning_rate,
                               double gradient_scale) const {
  const auto& [computed, master] = parameters_[block.parameter];
  const State& state = states_[block.parameter];
  const auto step = [&](auto factors, auto loop) {
    const std::int64_t first = block.first;
    const torch::Tensor& gradient = gradients_[block.parameter];
    if (master.scalar_type() == torch::kFloat64) {
      loop(factors, block.count, At<const double>(gradient, first), At<double>(master, first),
           At<double>(state.first, first), At<double>(state.second, first));
    } else if (computed.scalar_type() == torch::kFloat32) {
      loop(factors, block.count, At<const float>(gradient, first), At<float>(master, first),
           At<float>(state.first, first), At<float>(state.second, first));
    } else {
      loop(factors, block.count, At<const BFloat16>(gradient, first), At<float>(master, first),
           At<float>(state.first, first), At<float>(state.second, first),
           At<BFloat16>(computed, first));
    }
  };
  if (options_.kind == Optimizer::kSgd) {
    const SgdFactors factors{gradient_scale, options_.weight_decay, options_.momentum,
                             learning_rate};
    step(factors, [](const SgdFactors& f, std::int64_t count, const auto* gradient, auto* values,
                     auto* velocity, auto* /*second*/,
                     auto*... copy) { StepSgd(f, count, gradient, values, velocity, copy...); });
  } else {
    step(FactorsOf(options_, state.steps, learning_rate, gradient_scale),
         [](const AdamFactors& f, std::int64_t count, auto*... arrays) {
           StepAdam(f, count, arrays...);
         });
  }
}

/// The same on other devices and for other types: one tensor after the other.
void FusedOptimizer::StepByTensors(std::size_t index, double learning_rate, double gradient_scale) {
  torch::Tensor master = parameters_[index].master.detach();
  State& state = states_[index];
  torch::Tensor gradient = gradients_[index].to(master.scalar_type());
  if (gradient_scale != 1) gradient = gradient * gradient_scale;
  if (options_.kind == Optimizer::kSgd) {
    if (options_.weight_decay != 0) gradient = gradient + master * options_.weight_decay;
    if (state.first.defined()) gradient = state.first.mul_(options_.momentum).add_(gradient);
    master.add_(gradient, -learning_rate);
  } else {
    const AdamFactors f = FactorsOf(options_, state.steps, learning_rate, 1);
    if (f.shrink != 1) master.mul_(f.shrink);
    if (f.decay != 0) gradient = gradient + master * f.decay;
    state.first.mul_(f.beta1).add_(gradient, 1 - f.beta1);
    state.second.mul_(f.beta2).addcmul_(gradient, gradient, 1 - f.beta2);
    const torch::Tensor root = (state.second.sqrt() / f.root_correction).add_(f.epsilon);
    master.addcdiv_(state.first, root, -f.step_size);
  }
  torch::Tensor computed = parameters_[index].computed.detach();
  if (!computed.is_alias_of(master)) computed.copy_(master);
}

bool FusedOptimizer::GradientsFinite() const {
  return std::ranges::all_of(parameters_, [](const OptimizedParameter& parameter) {
    const torch::Tensor& gradient = parameter.computed.grad();
    return !gradient.defined() || torch::isfinite(gradient).all().item<bool>();
  });
}

void FusedOptimizer::DropGradients() {
  for (OptimizedParameter& parameter : parameters_) parameter.computed.mutable_grad().reset();
}

}  // namespace consilium
