#include "common/training/gradient_terms.h"

#include "common/nn/state.h"
#include "common/training/computed_parameters.h"
#include "tests/support/status_matchers.h"

#include <gtest/gtest.h>
#include <torch/types.h>

namespace consilium {
namespace {

/// Parameters a = (1, 2) and b = (3).
class TwoParameters : public torch::nn::Module {
 public:
  TwoParameters() {
    register_parameter("a", torch::tensor({1.0F, 2.0F}));
    register_parameter("b", torch::tensor({3.0F}));
  }
};

ParameterBlob BlobOf(const std::string& name, const std::vector<float>& values) {
  ByteWriter bytes;
  for (const float value : values) bytes.Put(value);
  const auto count = static_cast<std::int64_t>(values.size());
  return {Layout::Make({{name, ElementType::kFloat32, {count}}}).value(), bytes.Take()};
}

TEST(GradientTermsTest, ProximalPullAndShiftAreAddedInTheScaleOfTheGradient) {
  const auto net = std::make_shared<TwoParameters>();
  GradientTerms terms;
  terms.proximal_mu = 0.5;
  terms.anchor = BlobOf("a", {0, 4});
  terms.shift = BlobOf("a", {10, 20});
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const AddedGradients added, AddedGradients::Create(*net, terms));
  ComputedParameters computed(*net, torch::kFloat32);
  std::vector<OptimizedParameter> all = computed.all();
  all[0].computed.mutable_grad() = torch::tensor({1.0F, 1.0F});
  all[1].computed.mutable_grad() = torch::tensor({1.0F});
  added.AddTo(all, 2);
  // 1 + 2 (0.5 (1 - 0) + 10) = 22;  1 + 2 (0.5 (2 - 4) + 20) = 39
  EXPECT_TRUE(all[0].computed.grad().equal(torch::tensor({22.0F, 39.0F})));
  EXPECT_TRUE(all[1].computed.grad().equal(torch::tensor({1.0F})));
}

TEST(GradientTermsTest, AParameterWithoutAGradientGetsNone) {
  const auto net = std::make_shared<TwoParameters>();
  GradientTerms terms;
  terms.shift = BlobOf("a", {10, 20});
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const AddedGradients added, AddedGradients::Create(*net, terms));
  ComputedParameters computed(*net, torch::kFloat32);
  std::vector<OptimizedParameter> all = computed.all();
  added.AddTo(all, 1);
  EXPECT_FALSE(all[0].computed.grad().defined());
}

TEST(GradientTermsTest, TermsForAnotherNetworkAreRefused) {
  const auto net = std::make_shared<TwoParameters>();
  GradientTerms terms;
  terms.shift = BlobOf("c", {1});
  EXPECT_STATUS(AddedGradients::Create(*net, terms), StatusCode::kInvalidArgument,
                "parameters that the network does not have");
  terms.shift = BlobOf("a", {1, 2, 3});
  EXPECT_STATUS(AddedGradients::Create(*net, terms), StatusCode::kInvalidArgument,
                "parameters that the network does not have");
}

}  // namespace
}  // namespace consilium
