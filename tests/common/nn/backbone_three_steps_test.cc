/// Every backbone begins to learn a small batch by heart, in the types that training computes in.
/// LibTorch computes bfloat16 on every processor, if slowly: nothing here asks for AVX-512.
/// Losses are measured in float32 whatever the steps compute in: from one bfloat16 pass of a deep
/// network to the next, the loss moves by more than a step of this rate gains.

#include "common/nn/autocast.h"
#include "common/nn/backbone.h"
#include "common/nn/initial_values.h"
#include "common/nn/multi_task_net.h"
#include "tests/common/nn/golden_backbones.h"

#include <gtest/gtest.h>
#include <torch/nn/functional/loss.h>
#include <torch/optim/adam.h>

#include <cmath>
#include <optional>

namespace consilium {
namespace {

constexpr int kSteps = 3;
/// Small enough that the deep networks, which overshoot at training's own rate, go straight down.
constexpr double kLearningRate = 1e-5;

struct Batch {
  torch::Tensor images = torch::randn({4, 3, 64, 64}, MakeGenerator(1));
  torch::Tensor targets = torch::tensor({0, 1, 1, 0});
};

torch::Tensor Loss(MultiTaskNet& net, const Batch& batch, bool shorter) {
  net->SeedDropout(1);  // the same elements in every step, or the losses could not be compared
  std::optional<AutocastGuard> guard;
  if (shorter) guard.emplace(torch::kCPU, torch::kBFloat16);
  const torch::Tensor scores = net->forward(batch.images).front();
  return torch::nn::functional::cross_entropy(scores.to(torch::kFloat32), batch.targets);
}

double MeasuredLoss(MultiTaskNet& net, const Batch& batch) {
  const torch::NoGradGuard no_grad;
  return Loss(net, batch, /*shorter=*/false).item<double>();
}

/// The losses before each step and after the last.
std::vector<double> LossesOf(const std::string& backbone, bool shorter) {
  const Batch batch;
  MultiTaskNet net(FindBackbone(backbone).value()->make(), std::vector{PrognosisTask()}, 0.0);
  Initialise(net, 1);
  net->train();
  torch::optim::Adam optimiser(net->parameters(), torch::optim::AdamOptions(kLearningRate));
  std::vector<double> losses;
  for (int step = 0; step < kSteps; ++step) {
    losses.push_back(MeasuredLoss(net, batch));
    optimiser.zero_grad();
    Loss(net, batch, shorter).backward();
    for (const auto& parameter : net->named_parameters()) {
      EXPECT_TRUE(parameter.value().grad().defined()) << parameter.key();
    }
    optimiser.step();
  }
  losses.push_back(MeasuredLoss(net, batch));
  return losses;
}

class BackboneThreeStepsTest : public testing::TestWithParam<std::string> {
 protected:
  void ExpectLossFalls(bool shorter) {
    const std::vector<double> losses = LossesOf(GetParam(), shorter);
    for (const double loss : losses) EXPECT_TRUE(std::isfinite(loss));
    EXPECT_LT(losses.back(), losses.front()) << testing::PrintToString(losses);
  }
};

TEST_P(BackboneThreeStepsTest, LossFallsInThreeStepsOfFloat32) { ExpectLossFalls(false); }

TEST_P(BackboneThreeStepsTest, LossFallsInThreeStepsOfBfloat16Autocast) { ExpectLossFalls(true); }

INSTANTIATE_TEST_SUITE_P(Table, BackboneThreeStepsTest, testing::ValuesIn(NamesOfTheTable()),
                         [](const auto& test) { return test.param; });

}  // namespace
}  // namespace consilium
