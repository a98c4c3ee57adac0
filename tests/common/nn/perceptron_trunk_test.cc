#include "common/nn/backbones/perceptron_trunk.h"

#include <gtest/gtest.h>

namespace consilium {
namespace {

/// Dropout is all that it does with its maps.
class DropoutTrunk : public PerceptronTrunk {
 public:
  DropoutTrunk() : PerceptronTrunk(1) { classifier_->push_back(MakeDropout()); }
};

class PerceptronTrunkTest : public testing::Test {
 protected:
  torch::Tensor Dropped(std::uint64_t seed) {
    trunk_->dropout()->Seed(seed);
    return trunk_->Pool(maps_);
  }

  std::shared_ptr<Backbone> trunk_ = std::make_shared<DropoutTrunk>();
  torch::Tensor maps_ = torch::ones({1, 1000, 1, 1});
};

TEST_F(PerceptronTrunkTest, DropsHalfAndDoublesTheRestInTraining) {
  trunk_->train();
  const torch::Tensor dropped = Dropped(1);
  EXPECT_NEAR(dropped.eq(0).sum().item<double>(), 500, 80);
  EXPECT_TRUE(dropped.eq(0).logical_or(dropped.eq(2)).all().item<bool>());
}

TEST_F(PerceptronTrunkTest, TheSeedOfItsDropoutDecidesTheDraws) {
  trunk_->train();
  EXPECT_TRUE(Dropped(1).equal(Dropped(1)));
  EXPECT_FALSE(Dropped(1).equal(Dropped(2)));
}

TEST_F(PerceptronTrunkTest, DropsNothingInEvaluationOrOnceReplaced) {
  trunk_->eval();
  EXPECT_TRUE(Dropped(1).eq(1).all().item<bool>());
  trunk_->train();
  *trunk_->dropout() = SeededDropout(0);
  EXPECT_TRUE(Dropped(1).eq(1).all().item<bool>());
}

}  // namespace
}  // namespace consilium
