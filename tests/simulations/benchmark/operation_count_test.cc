#include "simulations/benchmark/operation_count.h"

#include "common/nn/classifier_net.h"
#include "tests/support/status_matchers.h"

#include <gtest/gtest.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <stdexcept>

namespace consilium {
namespace {

double GigaMultiplyAdds(const std::string& backbone) {
  const torch::NoGradGuard no_gradient;
  ClassifierNet net(*FindBackbone(backbone).value());
  net->eval();
  return CountMultiplyAdds([&] { net->forward(torch::zeros({1, 3, 224, 224})); }) / 1e9;
}

// torchvision's documentation of its weights states these ("GFLOPS").
TEST(OperationCountTest, AgreesWithPublishedMultiplyAdds) {
  EXPECT_NEAR(GigaMultiplyAdds("resnet18"), 1.814, 0.001);
  EXPECT_NEAR(GigaMultiplyAdds("resnet50"), 4.089, 0.001);
  EXPECT_NEAR(GigaMultiplyAdds("densenet121"), 2.834, 0.001);
  EXPECT_NEAR(GigaMultiplyAdds("mobilenet_v2"), 0.301, 0.001);
}

TEST(OperationCountTest, CountsAnOperationOnceHoweverManyOthersItCalls) {
  const torch::Tensor rows = torch::zeros({5, 3});
  const torch::Tensor weight = torch::zeros({7, 3});
  EXPECT_EQ(CountMultiplyAdds([&] { torch::linear(rows, weight, torch::zeros(7)); }), 5 * 3 * 7);
  EXPECT_EQ(CountMultiplyAdds([&] { torch::mm(rows, weight.t()); }), 5 * 3 * 7);
}

TEST(OperationCountTest, WorkPerElementDoesNotCount) {
  EXPECT_EQ(CountMultiplyAdds([] { torch::relu(torch::zeros({4, 4})).sum(); }), 0);
}

TEST(OperationCountTest, EndsWithTheBodyEvenIfItThrows) {
  EXPECT_THROW(CountMultiplyAdds([] { throw std::runtime_error("body"); }), std::runtime_error);
  EXPECT_EQ(CountMultiplyAdds([] {}), 0);
}

}  // namespace
}  // namespace consilium
