#include "common/nn/backbone.h"
#include "common/nn/initial_values.h"

#include <gtest/gtest.h>
#include <torch/csrc/jit/frontend/tracer.h>
#include <torch/csrc/jit/runtime/graph_executor.h>

#include <cmath>

namespace consilium {
namespace {

const std::vector<std::string> kNames{"efficientnet_lite0", "efficientnet_b0",
                                      "efficientnet_b1_pruned", "efficientnet_es",
                                      "efficientnet_es_pruned"};

const BackboneInfo& Info(const std::string& name) { return *FindBackbone(name).value(); }

class EfficientNetTest : public testing::TestWithParam<std::string> {};

/// TorchScript's tracer keeps the padding of the size it saw.
TEST_P(EfficientNetTest, ATraceOfOneImageSizeGivesTheSameFeatures) {
  const torch::NoGradGuard no_grad;
  const std::shared_ptr<Backbone> backbone = Info(GetParam()).make();
  backbone->eval();
  for (torch::Tensor& parameter : backbone->parameters()) parameter.set_requires_grad(false);
  const auto traced = torch::jit::tracer::trace(
      {torch::zeros({1, 3, 64, 64})},
      [&](torch::jit::Stack images) {
        return torch::jit::Stack{backbone->forward(images.front().toTensor())};
      },
      [](const torch::Tensor&) { return std::string(); });
  torch::jit::GraphExecutor executor(traced.first->graph, "features");
  const torch::Tensor images = torch::rand({2, 3, 64, 64});
  torch::jit::Stack stack{images};
  executor.run(stack);
  EXPECT_TRUE(stack.front().toTensor().allclose(backbone->forward(images), 1e-5, 1e-6));
}

TEST_P(EfficientNetTest, Float64GivesTheSameFeatures) {
  const torch::NoGradGuard no_grad;
  const std::shared_ptr<Backbone> backbone = Info(GetParam()).make();
  backbone->eval();
  const torch::Tensor images = torch::rand({2, 3, 64, 64});
  const torch::Tensor features = backbone->forward(images);
  backbone->to(torch::kFloat64);
  const torch::Tensor wide = backbone->forward(images.to(torch::kFloat64));
  EXPECT_TRUE(wide.allclose(features.to(torch::kFloat64), 1e-4, 1e-5));
}

INSTANTIATE_TEST_SUITE_P(Members, EfficientNetTest, testing::ValuesIn(kNames),
                         [](const auto& test) { return test.param; });

TEST(EfficientNetTableTest, ThePrunedB1ExpectsItsOwnPictures) {
  const BackboneInfo& pruned = Info("efficientnet_b1_pruned");
  EXPECT_EQ(pruned.input_size, 240);
  EXPECT_EQ(pruned.mean, (std::array{0.5F, 0.5F, 0.5F}));
  EXPECT_EQ(pruned.standard_deviation, (std::array{0.5F, 0.5F, 0.5F}));
  EXPECT_EQ(Info("efficientnet_b0").input_size, 224);
  EXPECT_EQ(Info("efficientnet_b0").mean, (std::array{0.485F, 0.456F, 0.406F}));
}

TEST(EfficientNetTableTest, ThePrunedB1RoundsSizesUp) {
  const torch::NoGradGuard no_grad;
  const torch::Tensor maps =
      Info("efficientnet_b1_pruned").make()->Maps(torch::zeros({2, 3, 64, 97}));
  EXPECT_EQ(maps.sizes(), (std::vector<std::int64_t>{2, 1280, 2, 4}));
}

/// timm's efficientnet_builder.py: variance 2 / fan-out, which counts one group's channels alone.
TEST(EfficientNetTableTest, FiltersOfOneChannelBeginByTheirOwnFanOut) {
  const std::shared_ptr<Backbone> backbone = Info("efficientnet_b0").make();
  const auto deviation = [&](const std::string& name) {
    torch::Tensor value = torch::empty(backbone->named_parameters()[name].sizes());
    backbone->InitialiseParameter(name, value, MakeGenerator(1));
    return value.square().mean().sqrt().item<double>();
  };
  const double filter = std::sqrt(2.0 / 25);
  EXPECT_NEAR(deviation("blocks.5.1.conv_dw.weight"), filter, 0.02 * filter);
  const double pointwise = std::sqrt(2.0 / 1280);
  EXPECT_NEAR(deviation("conv_head.weight"), pointwise, 0.02 * pointwise);
  EXPECT_EQ(deviation("blocks.5.1.se.conv_reduce.bias"), 0);
  EXPECT_EQ(deviation("blocks.5.1.bn1.weight"), 1);
}

}  // namespace
}  // namespace consilium
