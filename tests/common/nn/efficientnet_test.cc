#include "common/nn/backbone.h"
#include "common/nn/classifier_net.h"
#include "common/nn/fill_rule.h"
#include "common/nn/initial_values.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <torch/csrc/jit/frontend/tracer.h>
#include <torch/csrc/jit/runtime/graph_executor.h>
#include <torch/nn/functional/loss.h>

#include <cmath>
#include <fstream>

namespace consilium {
namespace {

using nlohmann::json;

const std::vector<std::string> kNames{"efficientnet_lite0", "efficientnet_b0",
                                      "efficientnet_b1_pruned", "efficientnet_es",
                                      "efficientnet_es_pruned"};

const BackboneInfo& Info(const std::string& name) { return *FindBackbone(name).value(); }

/// The figures of timm_figures.json, and those of the rebuilt Edge Small.
json Golden(const std::string& name) {
  json all;
  for (const std::string file : {"timm_figures.json", "rebuilt_figures.json"}) {
    std::ifstream text(std::string(CONSILIUM_GOLDEN_DIR) + "/backbones/" + file);
    all.update(json::parse(text));
  }
  return all.at(name);
}

ClassifierNet NetByFillRule(const BackboneInfo& info) {
  const torch::NoGradGuard no_grad;
  ClassifierNet net(info);
  const auto fill = [&](const auto& entries) {
    for (const auto& entry : entries) {
      const torch::Tensor& value = entry.value();
      value.copy_(FillRuleValue(PublishedName(info, entry.key()), value.sizes()));
    }
  };
  fill(net->named_parameters());
  fill(net->named_buffers());
  return net;
}

torch::Tensor Images() { return FillRuleUnit("input", {2, 3, 224, 224}).to(torch::kFloat32); }

/// Differences up to `tolerance` of the root mean square.
void ExpectFigures(const torch::Tensor& actual, const json& golden, double tolerance) {
  ASSERT_EQ(actual.sizes().vec(), golden.at("shape").get<std::vector<std::int64_t>>());
  const torch::Tensor values = actual.detach().to(torch::kFloat64).flatten();
  const double norm = golden.at("l2").get<double>();
  const double allowed = tolerance * norm / std::sqrt(static_cast<double>(values.numel()));
  EXPECT_NEAR(values.norm().item<double>(), norm, tolerance * norm);
  EXPECT_NEAR(values.mean().item<double>(), golden.at("mean").get<double>(), allowed);
  const auto first = golden.at("first").get<std::vector<double>>();
  ASSERT_EQ(first.size(), 8U);
  for (std::size_t i = 0; i < first.size(); ++i) {
    EXPECT_NEAR(values[static_cast<std::int64_t>(i)].item<double>(), first[i], allowed);
  }
}

class EfficientNetTest : public testing::TestWithParam<std::string> {};

TEST_P(EfficientNetTest, GivesTheReferencesFeaturesAndLogits) {
  const torch::NoGradGuard no_grad;
  const json golden = Golden(GetParam());
  ClassifierNet net = NetByFillRule(Info(GetParam()));
  net->eval();
  const ClassifierNetImpl::Output output = net->forward(Images());
  ExpectFigures(output.features, golden.at("eval_features"), 1e-4);
  ExpectFigures(output.logits, golden.at("eval_logits"), 1e-4);
}

TEST_P(EfficientNetTest, AStepOfTrainingGivesTheReferencesGradients) {
  const json golden = Golden(GetParam());
  const BackboneInfo& info = Info(GetParam());
  ClassifierNet net = NetByFillRule(info);
  net->train();
  const torch::Tensor logits = net->forward(Images()).logits;
  const torch::Tensor loss = torch::nn::functional::cross_entropy(logits, torch::tensor({3, 5}));
  loss.backward();

  ExpectFigures(logits, golden.at("train_logits"), 1e-3);
  EXPECT_NEAR(loss.item<double>(), golden.at("train_loss").get<double>(), 1e-3);
  double squares = 0;
  for (const auto& parameter : net->named_parameters()) {
    const double norm = parameter.value().grad().to(torch::kFloat64).norm().item<double>();
    squares += norm * norm;
    const std::string name = PublishedName(info, parameter.key());
    if (!golden.at("grad_l2").contains(name)) continue;
    const auto expected = golden.at("grad_l2").at(name).get<double>();
    EXPECT_NEAR(norm, expected, 1e-2 * expected) << name;
  }
  const auto expected = golden.at("grad_l2_total").get<double>();
  EXPECT_NEAR(std::sqrt(squares), expected, 1e-2 * expected);
  const auto buffers = net->named_buffers();
  ExpectFigures(buffers["backbone.bn1.running_mean"], golden.at("running_mean_after"), 1e-3);
  ExpectFigures(buffers["backbone.bn1.running_var"], golden.at("running_var_after"), 1e-3);
}

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
