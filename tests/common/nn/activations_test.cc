#include "common/nn/activations.h"

#include <gtest/gtest.h>
#include <torch/nn/functional/activation.h>

#include <cmath>
#include <limits>

namespace consilium {
namespace {

struct Curve {
  torch::Tensor values;
  torch::Tensor slopes;
};

/// Of `activation` at 0, at 6, beside them and far from them.
template <typename Activation>
Curve CurveOf(Activation activation, torch::ScalarType type) {
  const torch::Tensor at =
      torch::tensor({-1e30, -7.0, -0.01, -0.0, 0.0, 0.01, 3.0, 5.96875, 6.0, 6.03125, 1e30},
                    torch::kFloat64)
          .to(type)
          .requires_grad_();
  // Of a copy: activations may overwrite their argument.
  const torch::Tensor values = activation(at * 1);
  values.sum().backward();
  return {values.detach(), at.grad()};
}

class Relu6Test : public testing::TestWithParam<torch::ScalarType> {};

TEST_P(Relu6Test, ValuesAndGradientsAreLibTorchs) {
  const Curve actual = CurveOf(Relu6, GetParam());
  const Curve expected =
      CurveOf([](const torch::Tensor& x) { return torch::relu6(x); }, torch::kFloat64);
  EXPECT_EQ(actual.values.scalar_type(), GetParam());
  EXPECT_TRUE(actual.values.equal(expected.values.to(GetParam()))) << actual.values;
  EXPECT_TRUE(actual.slopes.equal(expected.slopes.to(GetParam()))) << actual.slopes;
}

INSTANTIATE_TEST_SUITE_P(Types, Relu6Test,
                         testing::Values(torch::kFloat32, torch::kFloat64, torch::kBFloat16),
                         [](const auto& test) { return std::string(toString(test.param)); });

}  // namespace
}  // namespace consilium
