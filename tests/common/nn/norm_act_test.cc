#include "common/nn/norm_act.h"

#include "common/nn/activations.h"
#include "common/nn/initial_values.h"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <string>
#include <tuple>
#include <vector>

namespace consilium {
namespace {

/// What a layer gives and where its gradients go.
struct Outcome {
  torch::Tensor y, dx, dweight, dbias, dresidual, running_mean, running_var, batches;
};

/// The arguments of a layer, in float64.
struct Case {
  std::vector<std::int64_t> shape;
  Activation activation = Activation::kNone;
  bool with_residual = false;
  double mean = 0.3;
  double deviation = 2;

  torch::Tensor Images(std::uint64_t seed) const {
    return torch::randn(shape, MakeGenerator(seed), torch::kFloat64);
  }
  std::int64_t channels() const { return shape[1]; }
};

using Layer = torch::Tensor (*)(torch::nn::BatchNorm2dImpl&, const torch::Tensor&, Activation,
                                const torch::Tensor&);

torch::Tensor Composition(torch::nn::BatchNorm2dImpl& norm, const torch::Tensor& x,
                          Activation activation, const torch::Tensor& residual) {
  const torch::Tensor out = norm.forward(x);
  return Activate(activation, residual.defined() ? out + residual : out.clone());
}

torch::Tensor ChannelsLast(const torch::Tensor& images) {
  return images.contiguous(torch::MemoryFormat::ChannelsLast);
}

/// Of inputs rounded to `inputs`, which the layer gets in `type`.
Outcome OutcomeOf(Layer layer, const Case& c, torch::ScalarType inputs, torch::ScalarType type) {
  torch::nn::BatchNorm2d norm(c.channels());
  norm->to(type == torch::kFloat64 ? torch::kFloat64 : torch::kFloat32);
  {
    const torch::NoGradGuard no_gradient;
    norm->weight.copy_(torch::randn({c.channels()}, MakeGenerator(1), torch::kFloat32));
    norm->bias.copy_(torch::randn({c.channels()}, MakeGenerator(2), torch::kFloat32));
  }
  const auto rounded = [&](const torch::Tensor& images) {
    return ChannelsLast(images.to(inputs).to(type));
  };
  const torch::Tensor x = rounded(c.Images(3) * c.deviation + c.mean).requires_grad_();
  torch::Tensor residual;
  if (c.with_residual) residual = rounded(c.Images(4)).requires_grad_();
  const torch::Tensor y = layer(*norm, x, c.activation, residual);
  y.backward(rounded(c.Images(5)));
  return {y.detach(),
          x.grad(),
          norm->weight.grad(),
          norm->bias.grad(),
          c.with_residual ? residual.grad() : torch::Tensor(),
          norm->running_mean,
          norm->running_var,
          norm->num_batches_tracked};
}

void ExpectNear(const torch::Tensor& actual, const torch::Tensor& expected, double tolerance,
                const char* what) {
  ASSERT_EQ(actual.defined(), expected.defined()) << what;
  if (!actual.defined()) return;
  ASSERT_EQ(actual.sizes(), expected.sizes()) << what;
  const torch::Tensor wanted = expected.to(torch::kFloat64);
  const double rms = std::sqrt(wanted.square().mean().item<double>());
  const double error = (actual.to(torch::kFloat64) - wanted).abs().max().item<double>();
  EXPECT_LE(error, tolerance * std::max(rms, 1.0)) << what;
}

void ExpectNear(const Outcome& actual, const Outcome& expected, double tolerance) {
  ExpectNear(actual.y, expected.y, tolerance, "y");
  ExpectNear(actual.dx, expected.dx, tolerance, "dx");
  ExpectNear(actual.dweight, expected.dweight, tolerance, "dweight");
  ExpectNear(actual.dbias, expected.dbias, tolerance, "dbias");
  ExpectNear(actual.dresidual, expected.dresidual, tolerance, "dresidual");
  ExpectNear(actual.running_mean, expected.running_mean, tolerance, "running mean");
  ExpectNear(actual.running_var, expected.running_var, tolerance, "running variance");
  EXPECT_TRUE(actual.batches.equal(expected.batches));
}

void ExpectCompositions(const Case& c, torch::ScalarType type, double tolerance) {
  ExpectNear(OutcomeOf(NormAct, c, type, type), OutcomeOf(Composition, c, type, torch::kFloat64),
             tolerance);
}

constexpr std::array kActivations{Activation::kNone, Activation::kRelu, Activation::kRelu6,
                                  Activation::kSilu};
/// N * H * W = 2, 7, 1000, and enough for several blocks.
constexpr std::array<std::array<std::int64_t, 3>, 4> kPixels{
    {{2, 1, 1}, {1, 7, 1}, {10, 10, 10}, {3, 23, 41}}};

class NormActTest : public testing::TestWithParam<std::tuple<std::int64_t, int, bool>> {
 protected:
  std::vector<Case> Cases() const {
    const auto [channels, activation, with_residual] = GetParam();
    std::vector<Case> cases;
    cases.reserve(kPixels.size());
    for (const auto& pixels : kPixels) {
      cases.push_back({.shape = {pixels[0], channels, pixels[1], pixels[2]},
                       .activation = kActivations[activation],
                       .with_residual = with_residual});
    }
    return cases;
  }
};

TEST_P(NormActTest, IsTheCompositionInFloat64) {
  for (const Case& c : Cases()) {
    SCOPED_TRACE(testing::PrintToString(c.shape));
    ExpectCompositions(c, torch::kFloat64, 1e-10);
  }
}

TEST_P(NormActTest, IsTheCompositionInFloat32) {
  for (const Case& c : Cases()) {
    SCOPED_TRACE(testing::PrintToString(c.shape));
    // Of two values per channel the gradient is a difference of equals, in LibTorch too.
    if (c.shape[0] > 2 || c.shape[2] > 1) ExpectCompositions(c, torch::kFloat32, 1e-5);
  }
}

INSTANTIATE_TEST_SUITE_P(Layers, NormActTest,
                         testing::Combine(testing::Values(1, 3, 17, 64, 100), testing::Range(0, 4),
                                          testing::Bool()));

TEST(NormActBfloat16Test, IsTheCompositionWithinRounding) {
  // Not the clipped ones at random values: beside a bend, rounding decides the side.
  for (const Activation activation : {Activation::kNone, Activation::kSilu}) {
    const Case c{.shape = {4, 24, 9, 11}, .activation = activation};
    ExpectCompositions(c, torch::kBFloat16, 0.04);
  }
}

TEST(NormActBfloat16Test, ReluAndResidualAreTheCompositionButForRoundingAtTheBend) {
  const Case c{.shape = {4, 24, 9, 11}, .activation = Activation::kRelu, .with_residual = true};
  const Outcome actual = OutcomeOf(NormAct, c, torch::kBFloat16, torch::kBFloat16);
  const Outcome expected = OutcomeOf(Composition, c, torch::kBFloat16, torch::kFloat64);
  EXPECT_EQ(actual.y.scalar_type(), torch::kBFloat16);
  EXPECT_EQ(actual.dweight.scalar_type(), torch::kFloat32);
  ExpectNear(actual.y, expected.y, 0.04, "y");
  const torch::Tensor apart = (actual.dx.to(torch::kFloat64) - expected.dx).abs();
  EXPECT_LT((apart > 0.05).to(torch::kFloat64).mean().item<double>(), 1e-3);
}

TEST(NormActPrecisionTest, ASmallDeviationBesideALargeMeanIsRight) {
  const Case c{.shape = {8, 5, 20, 20}, .mean = 1000, .deviation = 0.1};
  const Outcome actual = OutcomeOf(NormAct, c, torch::kFloat32, torch::kFloat32);
  const Outcome expected = OutcomeOf(Composition, c, torch::kFloat32, torch::kFloat64);
  ExpectNear(actual, expected, 1e-5);
}

TEST(NormActThreadsTest, TheNumberOfThreadsChangesNoBit) {
  const int before = at::get_num_threads();
  const Case c{.shape = {4, 17, 30, 31}, .activation = Activation::kRelu, .with_residual = true};
  for (const torch::ScalarType type : {torch::kFloat32, torch::kBFloat16}) {
    at::set_num_threads(1);
    const Outcome one = OutcomeOf(NormAct, c, type, type);
    at::set_num_threads(2);
    const Outcome two = OutcomeOf(NormAct, c, type, type);
    EXPECT_TRUE(one.y.equal(two.y));
    EXPECT_TRUE(one.dx.equal(two.dx));
    EXPECT_TRUE(one.dweight.equal(two.dweight));
    EXPECT_TRUE(one.running_var.equal(two.running_var));
  }
  at::set_num_threads(before);
}

TEST(NormActLayoutTest, ASliceOfChannelsIsReadInPlace) {
  torch::nn::BatchNorm2d norm(5);
  const torch::Tensor wide =
      ChannelsLast(torch::randn({3, 12, 6, 7}, MakeGenerator(1), torch::kFloat32));
  const torch::Tensor slice = wide.narrow(1, 4, 5);
  ASSERT_TRUE(CanFuse(*norm, slice));
  EXPECT_TRUE(NormAct(*norm, slice, Activation::kRelu)
                  .equal(NormAct(*norm, ChannelsLast(slice), Activation::kRelu)));
}

TEST(NormActLayoutTest, GradientsInAnyLayoutAreTaken) {
  torch::nn::BatchNorm2d norm(5);
  const torch::Tensor values =
      ChannelsLast(torch::randn({3, 5, 6, 7}, MakeGenerator(1), torch::kFloat32));
  const auto gradient = [&](auto reduce) {
    const torch::Tensor x = values.clone().requires_grad_();
    reduce(NormAct(*norm, x, Activation::kSilu)).backward();
    return x.grad();
  };
  const torch::Tensor expanded = gradient([](const torch::Tensor& y) { return y.mean(); });
  const torch::Tensor written =
      gradient([](const torch::Tensor& y) { return (y * torch::ones_like(y)).sum() / y.numel(); });
  EXPECT_TRUE(expanded.allclose(written, 1e-4, 1e-8));
}

TEST(NormActModeTest, EvaluationIsLibTorchsToTheBit) {
  torch::nn::BatchNorm2d norm(5);
  norm->eval();
  const torch::Tensor x =
      ChannelsLast(torch::randn({3, 5, 6, 7}, MakeGenerator(1), torch::kFloat32));
  EXPECT_FALSE(CanFuse(*norm, x));
  EXPECT_TRUE(NormAct(*norm, x, Activation::kRelu6).equal(Relu6(norm(x))));
}

TEST(NormActModeTest, OtherLayoutsAreLibTorchsToTheBit) {
  torch::nn::BatchNorm2d norm(5);
  const torch::Tensor x = torch::randn({3, 5, 6, 7}, MakeGenerator(1), torch::kFloat32);
  EXPECT_FALSE(CanFuse(*norm, x));
  EXPECT_TRUE(NormAct(*norm, x, Activation::kRelu).equal(torch::relu(norm(x))));
}

TEST(NormActModeTest, ANanStaysOne) {
  torch::nn::BatchNorm2d norm(1);
  torch::Tensor x = ChannelsLast(torch::ones({2, 1, 2, 2}));
  x[0][0][0][0] = std::nan("");
  for (const Activation activation : kActivations) {
    EXPECT_TRUE(NormAct(*norm, x, activation).isnan().all().item<bool>());
  }
}

TEST(NormActModeTest, WithoutMomentumTheRunningMeanIsThatOfAllBatches) {
  torch::nn::BatchNorm2d norm(torch::nn::BatchNorm2dOptions(1).momentum(c10::nullopt));
  for (const double value : {1.0, 2.0, 6.0}) {
    NormAct(*norm, ChannelsLast(torch::full({2, 1, 2, 2}, value, torch::kFloat32)),
            Activation::kNone);
  }
  EXPECT_NEAR(norm->running_mean.item<double>(), 3, 1e-6);
}

}  // namespace
}  // namespace consilium
