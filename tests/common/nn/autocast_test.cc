#include "common/nn/autocast.h"

#include <ATen/autocast_mode.h>
#include <gtest/gtest.h>
#include <torch/types.h>

#include <thread>

namespace consilium {
namespace {

torch::ScalarType TypeOfAProduct() {
  const torch::Tensor square = torch::ones({2, 2});
  return torch::mm(square, square).scalar_type();
}

TEST(AutocastTest, ProductsAreShortWithinTheGuardAlone) {
  EXPECT_EQ(TypeOfAProduct(), torch::kFloat32);
  {
    const AutocastGuard shorter(torch::kCPU, torch::kBFloat16);
    EXPECT_EQ(TypeOfAProduct(), torch::kBFloat16);
  }
  EXPECT_EQ(TypeOfAProduct(), torch::kFloat32);
}

TEST(AutocastTest, TheInnerGuardsEndLeavesTheOuterOne) {
  const AutocastGuard outer(torch::kCPU, torch::kBFloat16);
  { const AutocastGuard inner(torch::kCPU, torch::kBFloat16); }
  EXPECT_EQ(TypeOfAProduct(), torch::kBFloat16);
}

TEST(AutocastTest, APauseEndsTheGuardForItsTimeAlone) {
  const AutocastGuard shorter(torch::kCPU, torch::kBFloat16);
  {
    const AutocastPause pause(torch::kCPU);
    EXPECT_EQ(TypeOfAProduct(), torch::kFloat32);
  }
  EXPECT_EQ(TypeOfAProduct(), torch::kBFloat16);
}

TEST(AutocastTest, APauseWithoutAGuardChangesNothing) {
  { const AutocastPause pause(torch::kCPU); }
  EXPECT_EQ(TypeOfAProduct(), torch::kFloat32);
}

TEST(AutocastTest, AnotherThreadIsNotConcerned) {
  const AutocastGuard shorter(torch::kCPU, torch::kBFloat16);
  torch::ScalarType elsewhere{};
  std::thread([&] { elsewhere = TypeOfAProduct(); }).join();
  EXPECT_EQ(elsewhere, torch::kFloat32);
}

TEST(AutocastTest, AParameterChangedBetweenGuardsIsCastAnew) {
  torch::Tensor weight = torch::ones({2, 2}).requires_grad_();
  const auto product = [&] {
    const AutocastGuard shorter(torch::kCPU, torch::kBFloat16);
    return torch::mm(torch::eye(2), weight).sum().item<float>();
  };
  EXPECT_EQ(product(), 4);
  {
    const torch::NoGradGuard no_grad;
    weight.mul_(2);
  }
  EXPECT_EQ(product(), 8);
}

TEST(AutocastTest, TheGpusStateReturnsToo) {
  const torch::ScalarType before = GetAutocast(torch::kCUDA).type;
  {
    const AutocastGuard shorter(torch::kCUDA, torch::kBFloat16);
    EXPECT_TRUE(GetAutocast(torch::kCUDA).enabled);
    EXPECT_FALSE(GetAutocast(torch::kCPU).enabled);
    EXPECT_EQ(GetAutocast(torch::kCUDA).type, torch::kBFloat16);
  }
  EXPECT_FALSE(GetAutocast(torch::kCUDA).enabled);
  EXPECT_EQ(GetAutocast(torch::kCUDA).type, before);
}

}  // namespace
}  // namespace consilium
