/// A backbone that computes its maps' inner values again trains as one that keeps them.

#include "common/nn/checkpoint.h"

#include "common/nn/autocast.h"
#include "common/nn/backbone.h"
#include "common/nn/initial_values.h"
#include "common/nn/multi_task_net.h"

#include <gtest/gtest.h>
#include <torch/nn/functional/loss.h>
#include <torch/utils.h>

#include <optional>

namespace consilium {
namespace {

enum class Kind { kFused, kComposed, kBfloat16 };

struct Step {
  double loss = 0;
  MultiTaskNet net{nullptr};
};

Step OneStep(const std::string& backbone, Kind kind, bool checkpoints, bool frozen = false) {
  Step step;
  step.net = MultiTaskNet(FindBackbone(backbone).value()->make(), std::vector{PrognosisTask()},
                          /*dropout=*/0.0);
  Initialise(step.net, 1);
  step.net->backbone().CheckpointActivations(checkpoints);
  step.net->train();
  step.net->SeedDropout(5);
  for (torch::Tensor& parameter : step.net->backbone().parameters()) {
    parameter.set_requires_grad(!frozen);
  }
  const auto layout =
      kind == Kind::kComposed ? torch::MemoryFormat::Contiguous : torch::MemoryFormat::ChannelsLast;
  const torch::Tensor images =
      torch::randn({2, 3, 64, 64}, MakeGenerator(2), torch::kFloat32).contiguous(layout);
  torch::Tensor scores;
  {
    std::optional<AutocastGuard> shorter;
    if (kind == Kind::kBfloat16) shorter.emplace(torch::kCPU, torch::kBFloat16);
    scores = step.net->forward(images).front().to(torch::kFloat32);
  }
  const torch::Tensor loss = torch::nn::functional::cross_entropy(scores, torch::tensor({0, 1}));
  loss.backward();
  step.loss = loss.item<double>();
  return step;
}

void ExpectEqual(const Step& actual, const Step& expected) {
  EXPECT_EQ(actual.loss, expected.loss);
  const auto parameters = expected.net->named_parameters();
  for (const auto& entry : actual.net->named_parameters()) {
    const torch::Tensor& gradient = parameters[entry.key()].grad();
    ASSERT_EQ(entry.value().grad().defined(), gradient.defined()) << entry.key();
    if (!gradient.defined()) continue;
    EXPECT_TRUE(entry.value().grad().equal(gradient)) << entry.key();
  }
  const auto buffers = expected.net->named_buffers();
  for (const auto& entry : actual.net->named_buffers()) {
    EXPECT_TRUE(entry.value().equal(buffers[entry.key()])) << entry.key();
  }
}

class CheckpointTest : public testing::TestWithParam<std::string> {};

TEST_P(CheckpointTest, GradientsAndStatisticsAreTheSameBits) {
  for (const Kind kind : {Kind::kFused, Kind::kComposed, Kind::kBfloat16}) {
    SCOPED_TRACE(static_cast<int>(kind));
    ExpectEqual(OneStep(GetParam(), kind, /*checkpoints=*/true),
                OneStep(GetParam(), kind, /*checkpoints=*/false));
  }
}

INSTANTIATE_TEST_SUITE_P(Families, CheckpointTest,
                         testing::Values("alexnet", "convnext_tiny", "densenet121",
                                         "efficientnet_b0", "googlenet", "mobilenet_v2", "resnet18",
                                         "shufflenet_v2_x0_5", "squeezenet1_1"),
                         [](const auto& test) { return test.param; });

TEST(CheckpointedTest, AFrozenBackboneLeavesTheHeadsGradients) {
  ExpectEqual(OneStep("resnet18", Kind::kFused, /*checkpoints=*/true, /*frozen=*/true),
              OneStep("resnet18", Kind::kFused, /*checkpoints=*/false, /*frozen=*/true));
}

TEST(CheckpointedTest, ComputesAPartAgainInTheBackwardPassOnly) {
  int times = 0;
  bool second = false;
  const NetworkPart square = [&](const torch::Tensor& x) {
    ++times;
    second = Recomputing();
    return x * x;
  };
  const torch::Tensor x = torch::full({1}, 3.0).requires_grad_(true);
  const torch::Tensor y = Checkpointed(square, x);
  EXPECT_EQ(times, 1);
  EXPECT_FALSE(second);
  y.backward();
  EXPECT_EQ(times, 2);
  EXPECT_TRUE(second);
  EXPECT_FALSE(Recomputing());
  EXPECT_EQ(x.grad().item<float>(), 6);
}

TEST(CheckpointedTest, WithoutGradientsAPartIsComputedOnce) {
  const torch::NoGradGuard no_gradient;
  const torch::Tensor y =
      Checkpointed([](const torch::Tensor& x) { return x + 1; }, torch::zeros({1}));
  EXPECT_EQ(y.item<float>(), 1);
}

}  // namespace
}  // namespace consilium
