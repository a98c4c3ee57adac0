#include "common/nn/backbone.h"
#include "common/nn/reference_figures.h"
#include "tests/common/nn/golden_backbones.h"
#include "tests/support/status_matchers.h"

#include <gtest/gtest.h>

namespace consilium {
namespace {

constexpr double kLogitsTolerance = 1e-3;
constexpr double kGradientTolerance = 1e-2;

class BackboneTrainingTest : public testing::TestWithParam<std::string> {};

/// In float64, which leaves differences of the processor's arithmetic out.
TEST_P(BackboneTrainingTest, AStepGivesTheReferencesFigures) {
  const nlohmann::json golden = ReadGoldenFigures().at(GetParam());
  ClassifierNet net = NetByFillRule(*FindBackbone(GetParam()).value());
  net->to(torch::kFloat64);
  const torch::Tensor images = ImagesByFillRule(golden.value("train_size", 224));
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const NamedTensors figures,
                                 TrainingFigures(net, images.to(torch::kFloat64)));

  ExpectFigures(figures.at("train_logits"), golden.at("train_logits"), kLogitsTolerance);
  const auto loss = golden.at("train_loss").get<double>();
  EXPECT_NEAR(figures.at("loss").item<double>(), loss, kGradientTolerance * loss);
  const auto norm = golden.at("grad_l2_total").get<double>();
  EXPECT_NEAR(figures.at("grad_l2_total").item<double>(), norm, kGradientTolerance * norm);
  for (const std::string name : {"running_mean_after", "running_var_after"}) {
    ASSERT_EQ(figures.contains(name), golden.contains(name));
    if (figures.contains(name)) ExpectFigures(figures.at(name), golden.at(name), kLogitsTolerance);
  }
}

INSTANTIATE_TEST_SUITE_P(Table, BackboneTrainingTest, testing::ValuesIn(NamesOfTheTable()),
                         [](const auto& test) { return test.param; });

}  // namespace
}  // namespace consilium
