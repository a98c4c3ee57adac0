#include "common/training/fused_optimizer.h"

#include "common/kernels/optimizer_loops.h"
#include "common/nn/parallel_for.h"
#include "common/training/plain_optimizer.h"

#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <map>

namespace consilium {
namespace {

/// Elements below which another thread costs more than it saves.
constexpr std::int64_t kGrain = 1 << 16;

/// Whether equal indices lie at equal offsets: the stride of a dimension of size 1 says nothing.
bool SameLayout(const torch::Tensor& a, const torch::Tensor& b) {
  if (a.sizes() != b.sizes()) return false;
  for (std::int64_t d = 0; d < a.dim(); ++d) {
    if (a.size(d) != 1 && a.stride(d) != b.stride(d)) return false;
  }
  return true;
}

torch::Tensor Dense(const torch::Tensor& tensor) {
  return tensor.layout() == torch::kStrided ? tensor : tensor.to_dense();
}

/// Whether the loops of common/kernels step it.
bool Fusible(const OptimizedParameter& parameter) {
  const torch::Tensor& computed = parameter.computed;
  const torch::Tensor& master = parameter.master;
  const torch::ScalarType type = computed.scalar_type();
  const bool same =
      computed.is_same(master) && (type == torch::kFloat32 || type == torch::kFloat64);
  const bool rounded = type == torch::kBFloat16 && master.scalar_type() == torch::kFloat32;
  return (same || rounded) && master.device().is_cpu() && master.is_non_overlapping_and_dense();
}

/// Calls `run(block, first, last)` for ranges within blocks that end at `ends` when laid end to
/// end; each thread takes an equal share of all elements. Results may not depend on the cuts.
template <typename Run>
void ForEachRange(const std::vector<std::int64_t>& ends, const Run& run) {
  if (ends.empty()) return;
  const std::int64_t grains = (ends.back() + kGrain - 1) / kGrain;
  ParallelFor(grains, [&](std::int64_t first_grain, std::int64_t last_grain) {
    std::int64_t first = first_grain * kGrain;
    const std::int64_t last = std::min(last_grain * kGrain, ends.back());
    auto block = std::upper_bound(ends.begin(), ends.end(), first) - ends.begin();
    for (; first < last; ++block) {
      const std::int64_t begin = block == 0 ? 0 : ends[block - 1];
      const std::int64_t stop = std::min(last, ends[block]);
      if (stop > first) run(static_cast<std::size_t>(block), first - begin, stop - begin);
      first = stop;
    }
  });
}

template <typename Value>
Value* At(const torch::Tensor& tensor, std::int64_t first) {
  return static_cast<Value*>(tensor.data_ptr()) + first;
}

/// Null where the optimiser has no such moment.
template <typename Value>
Value* MomentAt(const torch::Tensor& moment, std::int64_t first) {
  return moment.defined() ? At<Value>(moment, first) : nullptr;
}

AdamFactors AdamOf(const FusedOptimizer::Options& options, double learning_rate,
                   double gradient_scale, std::int64_t steps) {
  const bool apart = options.kind == Optimizer::kAdamW;
  const auto t = static_cast<double>(steps);
  return {.gradient_scale = gradient_scale,
          .decay = apart ? 0 : options.weight_decay,
          .kept = apart ? 1 - learning_rate * options.weight_decay : 1,
          .beta1 = options.beta1,
          .beta2 = options.beta2,
          .step = learning_rate / (1 - std::pow(options.beta1, t)),
          .root_scale = 1 / std::sqrt(1 - std::pow(options.beta2, t)),
          .epsilon = options.epsilon};
}

SgdFactors SgdOf(const FusedOptimizer::Options& options, double learning_rate,
                 double gradient_scale) {
  return {.gradient_scale = gradient_scale,
          .decay = options.weight_decay,
          .momentum = options.momentum,
          .learning_rate = learning_rate};
}

bool AllFiniteRange(const torch::Tensor& tensor, std::int64_t first, std::int64_t last) {
  const auto count = static_cast<std::size_t>(last - first);
  switch (tensor.scalar_type()) {
    case torch::kFloat32:
      return AllFinite(At<float>(tensor, first), count);
    case torch::kFloat64:
      return AllFinite(At<double>(tensor, first), count);
    default:
      return AllFinite(At<BFloat16>(tensor, first), count);
  }
}

bool ReadableInLoops(const torch::Tensor& tensor) {
  const torch::ScalarType type = tensor.scalar_type();
  return tensor.device().is_cpu() &&
         (type == torch::kFloat32 || type == torch::kFloat64 || type == torch::kBFloat16);
}

}  // namespace

FusedOptimizer::FusedOptimizer(std::vector<OptimizedParameter> parameters, const Options& options)
    : options_(options) {
  fused_ = !options.plain && std::all_of(parameters.begin(), parameters.end(), Fusible);
  parameters_.reserve(parameters.size());
  for (OptimizedParameter& parameter : parameters) {
    const torch::ScalarType type = parameter.master.scalar_type();
    TORCH_CHECK(type == torch::kFloat32 || type == torch::kFloat64,
                "optimizer: a master is float32 or float64");
    TORCH_CHECK(parameter.computed.device() == parameter.master.device() &&
                    SameLayout(parameter.computed, parameter.master),
                "optimizer: a master lies as its parameter");
    Parameter own;
    own.computed = std::move(parameter.computed);
    own.master = std::move(parameter.master);
    own.rate = parameter.rate;
    parameters_.push_back(std::move(own));
  }
  jobs_.reserve(parameters_.size());
  ends_.reserve(parameters_.size());
}

std::vector<FusedOptimizer::Memory> FusedOptimizer::memory() const {
  std::vector<Memory> memory;
  memory.reserve(parameters_.size());
  for (const Parameter& parameter : parameters_) {
    memory.push_back({parameter.first, parameter.second, parameter.steps});
  }
  return memory;
}

void FusedOptimizer::Recall(const std::vector<Memory>& memory) {
  TORCH_CHECK(memory.size() == parameters_.size(), "optimizer: a memory of other parameters");
  // Moments lie in memory as their parameter does.
  const auto copy = [](const torch::Tensor& moment, const torch::Tensor& master) {
    return moment.defined() ? torch::empty_like(master).copy_(moment) : torch::Tensor();
  };
  const torch::NoGradGuard no_gradient;
  for (std::size_t i = 0; i < memory.size(); ++i) {
    parameters_[i].first = copy(memory[i].first, parameters_[i].master);
    parameters_[i].second = copy(memory[i].second, parameters_[i].master);
    parameters_[i].steps = memory[i].steps;
  }
}

torch::Tensor FusedOptimizer::Prepare(Parameter& parameter) const {
  const bool adaptive = options_.kind != Optimizer::kSgd;
  if (!parameter.first.defined() && (adaptive || options_.momentum != 0)) {
    parameter.first = torch::zeros_like(parameter.master);
  }
  if (!parameter.second.defined() && adaptive) {
    parameter.second = torch::zeros_like(parameter.master);
  }
  const torch::Tensor& computed = parameter.computed;
  torch::Tensor gradient = Dense(computed.grad());
  if (gradient.scalar_type() == computed.scalar_type() && SameLayout(gradient, computed)) {
    return gradient;
  }
  TORCH_CHECK(gradient.sizes() == computed.sizes(), "optimizer: a gradient has another shape");
  if (!parameter.arranged.defined()) parameter.arranged = torch::empty_like(computed);
  return parameter.arranged.copy_(gradient);
}

void FusedOptimizer::Step(double learning_rate, double gradient_scale) {
  const torch::NoGradGuard no_gradient;
  jobs_.clear();
  ends_.clear();
  std::int64_t end = 0;
  for (Parameter& parameter : parameters_) {
    if (parameter.rate == 0) parameter.computed.mutable_grad().reset();
    if (!parameter.computed.grad().defined()) continue;
    const double rate = learning_rate * parameter.rate;
    torch::Tensor gradient = Prepare(parameter);
    ++parameter.steps;
    jobs_.push_back({&parameter, std::move(gradient),
                     AdamOf(options_, rate, gradient_scale, parameter.steps),
                     SgdOf(options_, rate, gradient_scale)});
    end += parameter.computed.numel();
    ends_.push_back(end);
  }
  if (jobs_.empty()) return;
  fused_ ? StepFused() : StepPlain();
  for (const Job& job : jobs_) job.parameter->computed.mutable_grad().reset();
  jobs_.clear();
}

template <typename Value, typename Gradient, typename... Copy>
void FusedOptimizer::StepRange(const Job& job, std::int64_t first, std::int64_t last,
                               Copy*... copy) const {
  const Parameter& parameter = *job.parameter;
  const auto* gradient = At<Gradient>(job.gradient, first);
  auto* master = At<Value>(parameter.master, first);
  auto* mean = MomentAt<Value>(parameter.first, first);
  const auto count = static_cast<std::size_t>(last - first);
  if (options_.kind == Optimizer::kSgd) {
    StepSgd(job.sgd, gradient, master, mean, copy..., count);
  } else {
    auto* square = MomentAt<Value>(parameter.second, first);
    StepAdam(job.adam, gradient, master, mean, square, copy..., count);
  }
}

void FusedOptimizer::StepFused() {
  ForEachRange(ends_, [&](std::size_t i, std::int64_t first, std::int64_t last) {
    const Job& job = jobs_[i];
    const torch::Tensor& computed = job.parameter->computed;
    switch (computed.scalar_type()) {
      case torch::kFloat32:
        return StepRange<float, float>(job, first, last);
      case torch::kFloat64:
        return StepRange<double, double>(job, first, last);
      default:
        return StepRange<float, BFloat16>(job, first, last, At<BFloat16>(computed, first));
    }
  });
  // What LibTorch's own in-place operations do, so that a stale graph is noticed.
  for (const Job& job : jobs_) job.parameter->computed.unsafeGetTensorImpl()->bump_version();
}

void FusedOptimizer::StepPlain(const std::vector<const Job*>& jobs) const {
  TensorLists lists;
  std::vector<AdamFactors> factors;
  factors.reserve(jobs.size());
  for (const Job* job : jobs) {
    const Parameter& parameter = *job->parameter;
    lists.gradients.push_back(job->gradient.to(parameter.master.scalar_type()));
    lists.masters.push_back(parameter.master);
    lists.first.push_back(parameter.first);
    lists.second.push_back(parameter.second);
    factors.push_back(job->adam);
  }
  options_.kind == Optimizer::kSgd ? PlainSgd(lists, jobs.front()->sgd) : PlainAdam(lists, factors);
}

void FusedOptimizer::StepPlain() {
  std::map<double, std::vector<const Job*>> by_rate;
  for (const Job& job : jobs_) by_rate[job.parameter->rate].push_back(&job);
  for (const auto& [rate, jobs] : by_rate) StepPlain(jobs);
  for (const Job& job : jobs_) {
    const Parameter& parameter = *job.parameter;
    if (!parameter.computed.is_same(parameter.master)) parameter.computed.copy_(parameter.master);
  }
}

bool FusedOptimizer::GradientsFinite() const {
  const torch::NoGradGuard no_gradient;
  std::vector<torch::Tensor> read;
  std::vector<torch::Tensor> others;
  std::vector<std::int64_t> ends;
  read.reserve(parameters_.size());
  ends.reserve(parameters_.size());
  std::int64_t end = 0;
  for (const Parameter& parameter : parameters_) {
    if (parameter.rate == 0 || !parameter.computed.grad().defined()) continue;
    torch::Tensor gradient = Dense(parameter.computed.grad());
    if (options_.plain || !ReadableInLoops(gradient)) {
      others.push_back(std::move(gradient));
      continue;
    }
    if (!gradient.is_non_overlapping_and_dense()) gradient = gradient.contiguous();
    end += gradient.numel();
    ends.push_back(end);
    read.push_back(std::move(gradient));
  }
  std::atomic<bool> finite = true;
  ForEachRange(ends, [&](std::size_t i, std::int64_t first, std::int64_t last) {
    if (!AllFiniteRange(read[i], first, last)) finite = false;
  });
  return finite && PlainAllFinite(others);
}

void FusedOptimizer::DropGradients() {
  for (Parameter& parameter : parameters_) parameter.computed.mutable_grad().reset();
}

}  // namespace consilium
