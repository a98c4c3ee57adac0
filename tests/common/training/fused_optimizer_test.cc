#include "common/training/fused_optimizer.h"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>
#include <torch/optim/adam.h>
#include <torch/optim/adamw.h>
#include <torch/optim/sgd.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>

namespace consilium {
namespace {

using Tensors = std::vector<torch::Tensor>;

/// Leaves of odd sizes, above and below the share of one thread; the second is channels-last.
Tensors SomeParameters(torch::ScalarType type) {
  torch::manual_seed(7);
  const auto options = torch::dtype(torch::kFloat64);
  Tensors parameters{torch::randn({1}, options),
                     torch::randn({5, 3, 3, 3}, options).to(torch::MemoryFormat::ChannelsLast),
                     torch::randn({7}, options), torch::randn({65537}, options),
                     torch::randn({300, 501}, options)};
  for (torch::Tensor& parameter : parameters) {
    parameter = parameter.to(type).detach().set_requires_grad(true);
  }
  return parameters;
}

Tensors Copies(const Tensors& tensors) {
  Tensors copies;
  for (const torch::Tensor& tensor : tensors) {
    copies.push_back(tensor.detach().clone().set_requires_grad(tensor.requires_grad()));
  }
  return copies;
}

/// The gradients of one step; parameter 2 has none at step 0 and 3, parameter 1 at step 4.
Tensors SomeGradients(const Tensors& parameters, int step) {
  torch::manual_seed(100 + step);
  Tensors gradients;
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const bool missing = (i == 2 && step % 3 == 0) || (i == 1 && step == 4);
    const torch::Tensor drawn = torch::randn(parameters[i].sizes(), torch::kFloat64);
    gradients.push_back(missing ? torch::Tensor() : drawn.to(parameters[i].scalar_type()));
  }
  return gradients;
}

void Give(const Tensors& parameters, const Tensors& gradients, double scale = 1) {
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    parameters[i].mutable_grad() = gradients[i].defined() ? gradients[i] * scale : gradients[i];
  }
}

std::vector<OptimizedParameter> Same(const Tensors& parameters) {
  std::vector<OptimizedParameter> same;
  for (const torch::Tensor& parameter : parameters) same.push_back({parameter, parameter});
  return same;
}

constexpr double kLearningRate = 0.01;

std::vector<FusedOptimizer::Options> Choices() {
  return {{.kind = Optimizer::kAdam},
          {.kind = Optimizer::kAdam, .weight_decay = 0.1, .beta1 = 0.8, .beta2 = 0.99},
          {.kind = Optimizer::kAdamW, .weight_decay = 0.1},
          {.kind = Optimizer::kSgd, .weight_decay = 0.1},
          {.kind = Optimizer::kSgd, .weight_decay = 0.1, .momentum = 0.9}};
}

std::unique_ptr<torch::optim::Optimizer> Reference(const Tensors& parameters,
                                                   const FusedOptimizer::Options& chosen) {
  const auto betas = std::make_tuple(chosen.beta1, chosen.beta2);
  switch (chosen.kind) {
    case Optimizer::kAdam:
      return std::make_unique<torch::optim::Adam>(
          parameters,
          torch::optim::AdamOptions(kLearningRate).betas(betas).weight_decay(chosen.weight_decay));
    case Optimizer::kAdamW:
      return std::make_unique<torch::optim::AdamW>(
          parameters,
          torch::optim::AdamWOptions(kLearningRate).betas(betas).weight_decay(chosen.weight_decay));
    default:
      return std::make_unique<torch::optim::SGD>(parameters,
                                                 torch::optim::SGDOptions(kLearningRate)
                                                     .momentum(chosen.momentum)
                                                     .weight_decay(chosen.weight_decay));
  }
}

double LargestDifference(const Tensors& a, const Tensors& b) {
  double largest = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const torch::Tensor difference = a[i].detach().to(torch::kFloat64) - b[i].detach();
    const double here = difference.abs().max().item<double>();
    largest = std::isfinite(here) ? std::max(largest, here) : INFINITY;
  }
  return largest;
}

bool EqualBits(const Tensors& a, const Tensors& b) {
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (!torch::equal(a[i].detach(), b[i].detach())) return false;
  }
  return true;
}

/// The largest difference from torch::optim after ten steps.
double DifferenceFromLibTorch(torch::ScalarType type, const FusedOptimizer::Options& chosen) {
  const Tensors parameters = SomeParameters(type);
  const Tensors expected = Copies(parameters);
  FusedOptimizer optimizer(Same(parameters), chosen);
  const auto reference = Reference(expected, chosen);
  for (int step = 0; step < 10; ++step) {
    const Tensors gradients = SomeGradients(parameters, step);
    Give(parameters, gradients);
    Give(expected, gradients);
    optimizer.Step(kLearningRate);
    reference->step();
  }
  return LargestDifference(parameters, expected);
}

TEST(FusedOptimizerTest, EqualsLibTorchInFloat64) {
  for (const FusedOptimizer::Options& chosen : Choices()) {
    EXPECT_LT(DifferenceFromLibTorch(torch::kFloat64, chosen), 1e-12) << ToString(chosen.kind);
  }
}

TEST(FusedOptimizerTest, EqualsLibTorchInFloat32) {
  for (const FusedOptimizer::Options& chosen : Choices()) {
    // Values reach about 5, where a unit in the last place is 5e-7.
    EXPECT_LT(DifferenceFromLibTorch(torch::kFloat32, chosen), 2e-6) << ToString(chosen.kind);
  }
}

TEST(FusedOptimizerTest, LibTorchsOperationsGiveTheSame) {
  for (FusedOptimizer::Options chosen : Choices()) {
    chosen.plain = true;
    EXPECT_LT(DifferenceFromLibTorch(torch::kFloat64, chosen), 1e-12) << ToString(chosen.kind);
    EXPECT_LT(DifferenceFromLibTorch(torch::kFloat32, chosen), 2e-6) << ToString(chosen.kind);
  }
}

Tensors AfterSteps(const FusedOptimizer::Options& chosen, torch::ScalarType type, double scale) {
  Tensors parameters = SomeParameters(type);
  FusedOptimizer optimizer(Same(parameters), chosen);
  for (int step = 0; step < 5; ++step) {
    Give(parameters, SomeGradients(parameters, step), scale);
    optimizer.Step(kLearningRate, 1 / scale);
  }
  return parameters;
}

TEST(FusedOptimizerTest, ThreadsChangeNoBit) {
  const int before = at::get_num_threads();
  for (const FusedOptimizer::Options& chosen : Choices()) {
    at::set_num_threads(1);
    const Tensors alone = AfterSteps(chosen, torch::kFloat32, 1);
    at::set_num_threads(2);
    const Tensors shared = AfterSteps(chosen, torch::kFloat32, 1);
    at::set_num_threads(3);
    EXPECT_TRUE(EqualBits(alone, shared)) << ToString(chosen.kind);
    EXPECT_TRUE(EqualBits(alone, AfterSteps(chosen, torch::kFloat32, 1)));
  }
  at::set_num_threads(before);
}

TEST(FusedOptimizerTest, GradientScaleUndoesTheScaleOfTheLoss) {
  for (FusedOptimizer::Options chosen : Choices()) {
    const Tensors plain = AfterSteps(chosen, torch::kFloat32, 1);
    // A power of two: no bit differs.
    EXPECT_TRUE(EqualBits(plain, AfterSteps(chosen, torch::kFloat32, 1024)));
    chosen.plain = true;
    EXPECT_LT(LargestDifference(plain, AfterSteps(chosen, torch::kFloat32, 1024)), 2e-6);
  }
}

struct Rounded16 {
  Tensors computed;
  Tensors masters;
  std::vector<OptimizedParameter> both;
};

Rounded16 SomeRounded() {
  Rounded16 made;
  for (const torch::Tensor& parameter : SomeParameters(torch::kFloat32)) {
    made.masters.push_back(parameter.detach());
    made.computed.push_back(parameter.detach().to(torch::kBFloat16).set_requires_grad(true));
    made.both.push_back({made.computed.back(), made.masters.back()});
  }
  return made;
}

TEST(FusedOptimizerTest, BFloat16StepsItsMasterAndRoundsIt) {
  for (FusedOptimizer::Options chosen : Choices()) {
    const Rounded16 rounded = SomeRounded();
    const Tensors wide = SomeParameters(torch::kFloat32);
    FusedOptimizer optimizer(rounded.both, chosen);
    FusedOptimizer reference(Same(wide), chosen);
    for (int step = 0; step < 5; ++step) {
      const Tensors gradients = SomeGradients(rounded.computed, step);
      Give(rounded.computed, gradients);
      for (std::size_t i = 0; i < wide.size(); ++i) {
        if (gradients[i].defined()) wide[i].mutable_grad() = gradients[i].to(torch::kFloat32);
      }
      optimizer.Step(kLearningRate);
      reference.Step(kLearningRate);
    }
    EXPECT_TRUE(EqualBits(rounded.masters, wide)) << ToString(chosen.kind);
    for (std::size_t i = 0; i < wide.size(); ++i) {
      EXPECT_TRUE(torch::equal(rounded.computed[i], rounded.masters[i].to(torch::kBFloat16)));
    }
  }
}

TEST(FusedOptimizerTest, LibTorchsOperationsStepAMasterOfAnyNarrowerType) {
  for (const torch::ScalarType type : {torch::kBFloat16, torch::kFloat16}) {
    const torch::Tensor master = torch::ones({9});
    const torch::Tensor computed = master.to(type).set_requires_grad(true);
    FusedOptimizer optimizer({{computed, master}}, {.kind = Optimizer::kSgd, .plain = true});
    computed.mutable_grad() = torch::ones({9}, type);
    optimizer.Step(0.25);
    EXPECT_TRUE(torch::equal(master, torch::full({9}, 0.75F)));
    EXPECT_TRUE(torch::equal(computed.detach(), master.to(type)));
  }
}

TEST(FusedOptimizerTest, AGradientMayLieOtherwiseThanItsParameter) {
  const torch::Tensor square = torch::randn({4, 3, 2, 5});
  const torch::Tensor last = square.contiguous(torch::MemoryFormat::ChannelsLast);
  const torch::Tensor sparse = torch::zeros({4, 3, 2, 5}).index_put_({torch::tensor(1)}, 2.5);
  const torch::Tensor expanded = torch::full({}, 0.5).expand({4, 3, 2, 5});
  for (const torch::Tensor& parameter : {square, last}) {
    for (const torch::Tensor& gradient : {square, last, sparse.to_sparse(), expanded}) {
      const torch::Tensor own = parameter.clone().set_requires_grad(true);
      FusedOptimizer optimizer({{own, own}}, {.kind = Optimizer::kSgd});
      own.mutable_grad() = gradient;
      EXPECT_TRUE(optimizer.GradientsFinite());
      optimizer.Step(0.5);
      const torch::Tensor dense = gradient.is_sparse() ? gradient.to_dense() : gradient;
      EXPECT_TRUE(torch::equal(own.detach(), parameter - dense * 0.5));
      EXPECT_EQ(own.strides(), parameter.strides());
    }
  }
}

TEST(FusedOptimizerTest, StepDropsGradients) {
  const Tensors parameters = SomeParameters(torch::kFloat32);
  FusedOptimizer optimizer(Same(parameters), {});
  Give(parameters, SomeGradients(parameters, 1));
  optimizer.Step(kLearningRate);
  for (const torch::Tensor& parameter : parameters) EXPECT_FALSE(parameter.grad().defined());
  const Tensors before = Copies(parameters);
  optimizer.Step(kLearningRate);
  EXPECT_TRUE(EqualBits(parameters, before));
}

TEST(FusedOptimizerTest, SeesGradientsThatAreNotFinite) {
  for (const torch::ScalarType type : {torch::kFloat32, torch::kBFloat16, torch::kFloat16}) {
    for (const double bad :
         {std::numeric_limits<double>::infinity(), std::numeric_limits<double>::quiet_NaN()}) {
      const torch::Tensor master = torch::zeros({70000});
      const torch::Tensor computed = master.to(type).set_requires_grad(true);
      const FusedOptimizer optimizer({{computed, master}}, {});
      EXPECT_TRUE(optimizer.GradientsFinite());
      computed.mutable_grad() = torch::full({70000}, 60000.0, type);
      EXPECT_TRUE(optimizer.GradientsFinite());
      computed.mutable_grad()[69999] = bad;
      EXPECT_FALSE(optimizer.GradientsFinite());
    }
  }
}

TEST(FusedOptimizerTest, AStaleGraphIsNoticed) {
  const torch::Tensor parameter = torch::ones({3}).set_requires_grad(true);
  FusedOptimizer optimizer({{parameter, parameter}}, {});
  const torch::Tensor loss = (parameter * parameter).sum();
  parameter.mutable_grad() = torch::ones({3});
  optimizer.Step(kLearningRate);
  EXPECT_THROW(loss.backward(), c10::Error);
}

TEST(FusedOptimizerTest, RefusesAMasterThatDoesNotFit) {
  const torch::Tensor computed = torch::ones({2, 3});
  EXPECT_THROW(FusedOptimizer({{computed, torch::ones({3, 2})}}, {}), c10::Error);
  EXPECT_THROW(FusedOptimizer({{computed, torch::ones({3, 2}).t()}}, {}), c10::Error);
  EXPECT_THROW(FusedOptimizer({{computed, torch::ones({2, 3}, torch::kFloat16)}}, {}), c10::Error);
}

}  // namespace
}  // namespace consilium
