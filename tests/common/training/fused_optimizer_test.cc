#include "common/training/fused_optimizer.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Parallel.h>
#include <gtest/gtest.h>
#include <torch/optim/adam.h>
#include <torch/optim/adamw.h>
#include <torch/optim/sgd.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <limits>
#include <memory>

namespace consilium {
namespace {

constexpr double kRate = 3e-2;
constexpr double kDecay = 1e-2;
constexpr int kSteps = 10;

FusedOptimizer::Options OptionsOf(Optimizer kind) {
  FusedOptimizer::Options options;
  options.kind = kind;
  options.weight_decay = kDecay;
  options.momentum = kind == Optimizer::kSgd ? 0.9 : 0;
  return options;
}

std::unique_ptr<torch::optim::Optimizer> Reference(Optimizer kind,
                                                   const std::vector<torch::Tensor>& parameters) {
  if (kind == Optimizer::kAdam) {
    return std::make_unique<torch::optim::Adam>(
        parameters, torch::optim::AdamOptions(kRate).weight_decay(kDecay));
  }
  if (kind == Optimizer::kAdamW) {
    return std::make_unique<torch::optim::AdamW>(
        parameters, torch::optim::AdamWOptions(kRate).weight_decay(kDecay));
  }
  return std::make_unique<torch::optim::SGD>(
      parameters, torch::optim::SGDOptions(kRate).momentum(0.9).weight_decay(kDecay));
}

/// Of odd sizes, one longer than a block, one channels-last.
std::vector<torch::Tensor> Parameters(torch::ScalarType type) {
  at::Generator generator = at::make_generator<at::CPUGeneratorImpl>(7);
  std::vector<torch::Tensor> parameters;
  for (const auto& shape :
       std::vector<std::vector<std::int64_t>>{{1}, {7}, {65537}, {3, 5, 3, 3}, {17, 9}}) {
    torch::Tensor value = torch::randn(shape, generator, torch::dtype(torch::kFloat64)).to(type);
    if (shape.size() == 4) value = value.contiguous(torch::MemoryFormat::ChannelsLast);
    parameters.push_back(value.requires_grad_());
  }
  return parameters;
}

/// Of one step; the second parameter has none in odd steps. Contiguous whatever the parameter is.
void SetGradients(const std::vector<torch::Tensor>& parameters, int step) {
  at::Generator generator = at::make_generator<at::CPUGeneratorImpl>(100 + step);
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const torch::Tensor& parameter = parameters[i];
    const torch::Tensor gradient =
        torch::randn(parameter.sizes(), generator, torch::dtype(torch::kFloat64))
            .to(parameter.scalar_type());
    parameter.mutable_grad() = i == 1 && step % 2 == 1 ? torch::Tensor() : gradient;
  }
}

std::vector<OptimizedParameter> Same(const std::vector<torch::Tensor>& parameters) {
  std::vector<OptimizedParameter> result;
  result.reserve(parameters.size());
  for (const torch::Tensor& parameter : parameters) result.push_back({parameter, parameter});
  return result;
}

void Train(FusedOptimizer& optimizer, const std::vector<torch::Tensor>& parameters) {
  for (int step = 0; step < kSteps; ++step) {
    SetGradients(parameters, step);
    optimizer.Step(kRate);
  }
}

void ExpectEqualToLibTorch(Optimizer kind, torch::ScalarType type, double tolerance) {
  const std::vector<torch::Tensor> ours = Parameters(type);
  const std::vector<torch::Tensor> theirs = Parameters(type);
  FusedOptimizer optimizer(Same(ours), OptionsOf(kind));
  Train(optimizer, ours);
  const auto reference = Reference(kind, theirs);
  for (int step = 0; step < kSteps; ++step) {
    SetGradients(theirs, step);
    reference->step();
  }
  for (std::size_t i = 0; i < ours.size(); ++i) {
    EXPECT_TRUE(torch::allclose(ours[i], theirs[i], tolerance, tolerance))
        << ToString(kind) << ", parameter " << i << ": "
        << (ours[i] - theirs[i]).abs().max().item<double>();
  }
}

TEST(FusedOptimizerTest, StepsAsLibTorchDoesInDouble) {
  ExpectEqualToLibTorch(Optimizer::kAdam, torch::kFloat64, 1e-12);
  ExpectEqualToLibTorch(Optimizer::kAdamW, torch::kFloat64, 1e-12);
  ExpectEqualToLibTorch(Optimizer::kSgd, torch::kFloat64, 1e-12);
}

TEST(FusedOptimizerTest, StepsAsLibTorchDoesInFloat) {
  ExpectEqualToLibTorch(Optimizer::kAdam, torch::kFloat32, 2e-6);
  ExpectEqualToLibTorch(Optimizer::kAdamW, torch::kFloat32, 2e-6);
  ExpectEqualToLibTorch(Optimizer::kSgd, torch::kFloat32, 2e-6);
}

/// Parameters rounded to `type` over float32 masters, trained on gradients of that type.
std::vector<OptimizedParameter> TrainedOverMasters(Optimizer kind, torch::ScalarType type) {
  std::vector<OptimizedParameter> parameters;
  std::vector<torch::Tensor> computed;
  for (const torch::Tensor& value : Parameters(torch::kFloat32)) {
    const torch::Tensor master = value.detach();
    computed.push_back(master.to(type).requires_grad_());
    parameters.push_back({computed.back(), master});
  }
  FusedOptimizer optimizer(parameters, OptionsOf(kind));
  Train(optimizer, computed);
  return parameters;
}

TEST(FusedOptimizerTest, MastersLearnFromRoundedGradientsAndAreRoundedThemselves) {
  for (const Optimizer kind : {Optimizer::kAdam, Optimizer::kAdamW, Optimizer::kSgd}) {
    for (const OptimizedParameter& parameter : TrainedOverMasters(kind, torch::kBFloat16)) {
      EXPECT_TRUE(torch::equal(parameter.computed, parameter.master.to(torch::kBFloat16)));
    }
    // Float32 parameters that get the same rounded gradients end with the masters' bits.
    const std::vector<torch::Tensor> plain = Parameters(torch::kFloat32);
    FusedOptimizer optimizer(Same(plain), OptionsOf(kind));
    for (int step = 0; step < kSteps; ++step) {
      SetGradients(plain, step);
      for (const torch::Tensor& parameter : plain) {
        torch::Tensor& gradient = parameter.mutable_grad();
        if (gradient.defined()) gradient = gradient.to(torch::kBFloat16).to(torch::kFloat32);
      }
      optimizer.Step(kRate);
    }
    const auto over_masters = TrainedOverMasters(kind, torch::kBFloat16);
    for (std::size_t i = 0; i < plain.size(); ++i) {
      EXPECT_TRUE(torch::equal(over_masters[i].master, plain[i].detach())) << ToString(kind) << i;
    }
  }
}

TEST(FusedOptimizerTest, TypesWithoutLoopsTakeTheSameStepsTensorByTensor) {
  for (const Optimizer kind : {Optimizer::kAdam, Optimizer::kAdamW, Optimizer::kSgd}) {
    const auto half = TrainedOverMasters(kind, torch::kFloat16);
    const auto bfloat16 = TrainedOverMasters(kind, torch::kBFloat16);
    for (std::size_t i = 0; i < half.size(); ++i) {
      EXPECT_TRUE(torch::equal(half[i].computed, half[i].master.to(torch::kFloat16)));
      EXPECT_TRUE(torch::allclose(half[i].master, bfloat16[i].master, 0.05, 0.05))
          << ToString(kind);
    }
  }
}

TEST(FusedOptimizerTest, NumberOfThreadsChangesNoBit) {
  const int threads = at::get_num_threads();
  std::vector<std::vector<torch::Tensor>> trained;
  for (const int count : {1, 3}) {
    at::set_num_threads(count);
    trained.push_back(Parameters(torch::kFloat32));
    FusedOptimizer optimizer(Same(trained.back()), OptionsOf(Optimizer::kAdam));
    Train(optimizer, trained.back());
  }
  at::set_num_threads(threads);
  for (std::size_t i = 0; i < trained[0].size(); ++i) {
    EXPECT_TRUE(torch::equal(trained[0][i], trained[1][i]));
  }
}

TEST(FusedOptimizerTest, GradientsAreScaledAsTheyAreRead) {
  const std::vector<torch::Tensor> plain = Parameters(torch::kFloat64);
  const std::vector<torch::Tensor> scaled = Parameters(torch::kFloat64);
  FusedOptimizer first(Same(plain), OptionsOf(Optimizer::kAdam));
  FusedOptimizer second(Same(scaled), OptionsOf(Optimizer::kAdam));
  SetGradients(plain, 0);
  SetGradients(scaled, 0);
  for (const torch::Tensor& parameter : scaled) parameter.mutable_grad().mul_(1024);
  first.Step(kRate);
  second.Step(kRate, 1.0 / 1024);
  for (std::size_t i = 0; i < plain.size(); ++i) EXPECT_TRUE(torch::equal(plain[i], scaled[i]));
}

TEST(FusedOptimizerTest, AStepLeavesNoGradient) {
  const std::vector<torch::Tensor> parameters = Parameters(torch::kFloat32);
  FusedOptimizer optimizer(Same(parameters), OptionsOf(Optimizer::kAdam));
  SetGradients(parameters, 0);
  optimizer.Step(kRate);
  for (const torch::Tensor& parameter : parameters) EXPECT_FALSE(parameter.grad().defined());
}

TEST(FusedOptimizerTest, SeesGradientsThatAreNotFinite) {
  const std::vector<torch::Tensor> parameters = Parameters(torch::kFloat32);
  FusedOptimizer optimizer(Same(parameters), OptionsOf(Optimizer::kAdam));
  SetGradients(parameters, 1);
  EXPECT_TRUE(optimizer.GradientsFinite());
  for (const float bad :
       {std::numeric_limits<float>::infinity(), std::numeric_limits<float>::quiet_NaN()}) {
    SetGradients(parameters, 1);
    parameters[2].mutable_grad()[65536] = bad;
    EXPECT_FALSE(optimizer.GradientsFinite());
  }
}

}  // namespace
}  // namespace consilium
