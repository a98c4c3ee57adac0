#include "common/kernels/optimizer_loops.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

namespace consilium {
namespace {

TEST(OptimizerLoopsTest, FirstStepOfAdamIsTheLearningRate) {
  // With fresh moments both corrections cancel: the step is the sign of the gradient.
  const AdamFactors factors{
      .step = 0.01 / (1 - 0.9), .root_scale = 1 / std::sqrt(1 - 0.999), .epsilon = 0};
  const std::vector<double> gradient{2, -3};
  std::vector<double> master{1, 1};
  std::vector<double> first(2);
  std::vector<double> second(2);
  StepAdam(factors, gradient.data(), master.data(), first.data(), second.data(), 2);
  EXPECT_NEAR(master[0], 0.99, 1e-12);
  EXPECT_NEAR(master[1], 1.01, 1e-12);
}

TEST(OptimizerLoopsTest, SgdWithoutMomentumTouchesNoMoment) {
  const SgdFactors factors{.gradient_scale = 0.5, .decay = 0.1, .learning_rate = 1};
  const std::vector<double> gradient{2};
  std::vector<double> master{10};
  StepSgd(factors, gradient.data(), master.data(), nullptr, 1);
  EXPECT_DOUBLE_EQ(master[0], 10 - (2 * 0.5 + 10 * 0.1));
}

TEST(OptimizerLoopsTest, AnEmptyBlockIsLeftAlone) {
  StepAdam({}, static_cast<const float*>(nullptr), nullptr, nullptr, nullptr, 0);
  EXPECT_TRUE(AllFinite(static_cast<const float*>(nullptr), 0));
}

TEST(OptimizerLoopsTest, OneInfinityOrNanIsFoundWhereverItIs) {
  for (const float bad :
       {std::numeric_limits<float>::infinity(), -std::numeric_limits<float>::infinity(),
        std::numeric_limits<float>::quiet_NaN()}) {
    for (std::size_t at = 0; at < 130; ++at) {
      std::vector<float> values(130, std::numeric_limits<float>::max());
      std::vector<double> doubles(130, std::numeric_limits<double>::denorm_min());
      std::vector<BFloat16> rounded(130, Rounded(-1.5F));
      ASSERT_TRUE(AllFinite(values.data(), 130) && AllFinite(doubles.data(), 130) &&
                  AllFinite(rounded.data(), 130));
      values[at] = bad;
      doubles[at] = bad;
      rounded[at] = Rounded(bad);
      ASSERT_FALSE(AllFinite(values.data(), 130) || AllFinite(doubles.data(), 130) ||
                   AllFinite(rounded.data(), 130));
    }
  }
}

}  // namespace
}  // namespace consilium
