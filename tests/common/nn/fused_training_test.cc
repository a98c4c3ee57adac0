/// Networks of fused normalisations train as those of LibTorch's operations do. The layout of the
/// images decides which of the two computes.

#include "common/nn/backbone.h"
#include "common/nn/initial_values.h"
#include "common/nn/multi_task_net.h"

#include <gtest/gtest.h>
#include <torch/nn/functional/loss.h>
#include <torch/optim/sgd.h>

namespace consilium {
namespace {

constexpr int kTrainingSteps = 3;

struct Trained {
  std::vector<double> losses;
  MultiTaskNet net{nullptr};
};

Trained Train(const std::string& backbone, torch::MemoryFormat layout) {
  Trained trained;
  trained.net = MultiTaskNet(FindBackbone(backbone).value()->make(), std::vector{PrognosisTask()},
                             /*dropout=*/0.0);
  Initialise(trained.net, 1);
  trained.net->to(torch::kFloat64);
  trained.net->train();
  const torch::Tensor images =
      torch::randn({4, 3, 64, 64}, MakeGenerator(2), torch::kFloat64).contiguous(layout);
  {
    const torch::NoGradGuard no_gradient;
    for (torch::Tensor& parameter : trained.net->parameters()) {
      if (parameter.dim() == 4) parameter.set_data(parameter.contiguous(layout));
    }
  }
  torch::optim::SGD optimiser(trained.net->parameters(), torch::optim::SGDOptions(1e-3));
  for (int step = 0; step < kTrainingSteps; ++step) {
    optimiser.zero_grad();
    const torch::Tensor loss = torch::nn::functional::cross_entropy(
        trained.net->forward(images).front(), torch::tensor({0, 1, 1, 0}));
    trained.losses.push_back(loss.item<double>());
    loss.backward();
    optimiser.step();
  }
  return trained;
}

class FusedTrainingTest : public testing::TestWithParam<std::string> {};

TEST_P(FusedTrainingTest, ThreeStepsAreThoseOfTheComposition) {
  const Trained fused = Train(GetParam(), torch::MemoryFormat::ChannelsLast);
  const Trained composed = Train(GetParam(), torch::MemoryFormat::Contiguous);
  for (int step = 0; step < kTrainingSteps; ++step) {
    EXPECT_NEAR(fused.losses[step], composed.losses[step], 1e-8);
  }
  const auto expected_parameters = composed.net->named_parameters();
  for (const auto& entry : fused.net->named_parameters()) {
    const torch::Tensor apart = entry.value() - expected_parameters[entry.key()];
    EXPECT_LT(apart.abs().max().item<double>(), 1e-8) << entry.key();
  }
  const auto expected_buffers = composed.net->named_buffers();
  for (const auto& entry : fused.net->named_buffers()) {
    EXPECT_TRUE(entry.value().allclose(expected_buffers[entry.key()], 1e-7, 1e-8)) << entry.key();
  }
}

INSTANTIATE_TEST_SUITE_P(Networks, FusedTrainingTest, testing::Values("resnet18", "densenet121"),
                         [](const auto& test) { return test.param; });

}  // namespace
}  // namespace consilium
