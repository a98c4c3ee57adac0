#include "common/training/network_step.h"

#include "tests/support/status_matchers.h"
#include "tests/support/tiny_data.h"
#include "tests/support/tiny_net.h"

#include <gtest/gtest.h>
#include <torch/types.h>

namespace consilium {
namespace {

Batch BatchOf(const Dataset& data) { return MakeBatch(data, AllIndices(data), {}, BatchFormat{}); }

torch::Tensor LastWeights(MultiTaskNet& net) {
  torch::Tensor last;
  for (const torch::Tensor& parameter : net->backbone().parameters()) {
    if (parameter.dim() >= 2) last = parameter;
  }
  return last;
}

StepSettings SettingsOf(const Dataset& data, std::vector<double> factors) {
  StepSettings settings;
  settings.tasks = data.tasks;
  settings.factors = std::move(factors);
  settings.freeze_normalisation = true;
  return settings;
}

TEST(NetworkStepTest, SignalsAreLossAndGradientOfEachTaskAlone) {
  const Dataset data = MakeTinyData(std::vector<Holding>(6, Holding::kBoth));
  MultiTaskNet net = MakeTinyNet(data.tasks);
  StepSettings both = SettingsOf(data, {3, 5});
  both.gradient_norms = true;
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const StepOutcome outcome,
                                 ForwardBackward(net, BatchOf(data), both, /*loss_scale=*/8));
  ASSERT_EQ(outcome.signals.size(), 2U);
  for (std::size_t j = 0; j < 2; ++j) {
    MultiTaskNet alone = MakeTinyNet(data.tasks);
    const StepSettings one = SettingsOf(data, {j == 0 ? 1.0 : 0.0, j == 1 ? 1.0 : 0.0});
    CONSILIUM_ASSERT_OK_AND_ASSIGN(const StepOutcome single,
                                   ForwardBackward(alone, BatchOf(data), one));
    EXPECT_TRUE(outcome.signals[j].present);
    EXPECT_NEAR(outcome.signals[j].loss, single.loss, 1e-6);
    const double norm = LastWeights(alone).grad().norm().item<double>();
    EXPECT_GT(norm, 0);
    EXPECT_NEAR(outcome.signals[j].gradient_norm, norm, 1e-5 * norm);
  }
}

TEST(NetworkStepTest, AskingForSignalsLeavesTheGradientsAsTheyAre) {
  const Dataset data = MakeTinyData(std::vector<Holding>(6, Holding::kBoth));
  std::vector<torch::Tensor> gradients;
  for (const bool asked : {false, true}) {
    MultiTaskNet net = MakeTinyNet(data.tasks);
    StepSettings settings = SettingsOf(data, {1, 1});
    settings.gradient_norms = asked;
    ASSERT_OK(ForwardBackward(net, BatchOf(data), settings).status());
    gradients.push_back(LastWeights(net).grad().clone());
  }
  EXPECT_TRUE(gradients[0].equal(gradients[1]));
}

TEST(NetworkStepTest, ATaskWithoutALabelIsAbsentFromTheSignals) {
  const Dataset data = MakeTinyData(std::vector<Holding>(4, Holding::kPrognosis));
  MultiTaskNet net = MakeTinyNet(data.tasks);
  StepSettings settings = SettingsOf(data, {1, 1});
  settings.task_losses = true;
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const StepOutcome outcome,
                                 ForwardBackward(net, BatchOf(data), settings));
  EXPECT_TRUE(outcome.signals.at(0).present);
  EXPECT_FALSE(outcome.signals.at(1).present);
}

}  // namespace
}  // namespace consilium
