#include "common/nn/backbone.h"
#include "tests/common/nn/golden_backbones.h"

#include <gtest/gtest.h>
#include <torch/nn/functional/loss.h>

#include <cmath>

namespace consilium {
namespace {

constexpr double kLogitsTolerance = 1e-3;
constexpr double kGradientTolerance = 1e-2;

/// Norm over all parameters, each of which must have a gradient.
double GradientNorm(const torch::nn::Module& module) {
  double sum = 0;
  for (const auto& parameter : module.named_parameters()) {
    const torch::Tensor& gradient = parameter.value().grad();
    EXPECT_TRUE(gradient.defined()) << parameter.key();
    if (gradient.defined()) sum += std::pow(gradient.norm().item<double>(), 2);
  }
  return std::sqrt(sum);
}

/// Of the module's first batch normalisation; undefined where it has none.
torch::Tensor FirstBuffer(const torch::nn::Module& module, std::string_view name) {
  for (const auto& buffer : module.named_buffers()) {
    if (buffer.key().ends_with(name)) return buffer.value();
  }
  return {};
}

class BackboneTrainingTest : public testing::TestWithParam<std::string> {};

/// In float64, which leaves differences of the processor's arithmetic out.
TEST_P(BackboneTrainingTest, AStepGivesTheReferencesFigures) {
  const nlohmann::json golden = ReadGoldenFigures().at(GetParam());
  ClassifierNet net = NetByFillRule(*FindBackbone(GetParam()).value());
  if (SeededDropout* dropout = net->backbone().dropout()) *dropout = SeededDropout(0);
  net->to(torch::kFloat64);
  net->train();

  const torch::Tensor images = ImagesByFillRule(golden.value("train_size", 224));
  const torch::Tensor logits = net->forward(images.to(torch::kFloat64)).logits;
  const torch::Tensor loss = torch::nn::functional::cross_entropy(logits, torch::tensor({3, 5}));
  loss.backward();

  ExpectFigures(logits, golden.at("train_logits"), kLogitsTolerance);
  const auto expected_loss = golden.at("train_loss").get<double>();
  EXPECT_NEAR(loss.item<double>(), expected_loss, kGradientTolerance * expected_loss);
  const auto expected_norm = golden.at("grad_l2_total").get<double>();
  EXPECT_NEAR(GradientNorm(*net), expected_norm, kGradientTolerance * expected_norm);
  for (const std::string name : {"running_mean", "running_var"}) {
    const torch::Tensor statistics = FirstBuffer(*net, name);
    ASSERT_EQ(statistics.defined(), golden.contains(name + "_after"));
    if (statistics.defined()) {
      ExpectFigures(statistics, golden.at(name + "_after"), kLogitsTolerance);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Table, BackboneTrainingTest, testing::ValuesIn(NamesOfTheTable()),
                         [](const auto& test) { return test.param; });

}  // namespace
}  // namespace consilium
