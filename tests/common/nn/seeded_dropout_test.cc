#include "common/nn/seeded_dropout.h"

#include <gtest/gtest.h>
#include <torch/utils.h>

namespace consilium {
namespace {

torch::Tensor Ones() { return torch::ones({64, 64}); }

TEST(SeededDropoutTest, ZeroesItsShareAndScalesTheRest) {
  SeededDropout dropout(0.25);
  dropout.Seed(1);
  const torch::Tensor out = dropout(Ones(), /*training=*/true);
  const torch::Tensor kept = out != 0;
  EXPECT_TRUE(out.masked_select(kept).allclose(torch::full({}, 1 / 0.75)));
  // 4096 draws: standard deviation 0.0068.
  EXPECT_NEAR(kept.to(torch::kFloat32).mean().item<double>(), 0.75, 0.035);
}

TEST(SeededDropoutTest, EqualSeedsGiveEqualMasks) {
  SeededDropout a(0.5);
  SeededDropout b(0.5);
  a.Seed(7);
  b.Seed(7);
  const torch::Tensor first = a(Ones(), true);
  EXPECT_TRUE(first.equal(b(Ones(), true)));
  EXPECT_FALSE(first.equal(a(Ones(), true)));
  a.Seed(8);
  EXPECT_FALSE(first.equal(a(Ones(), true)));
}

TEST(SeededDropoutTest, NeitherReadsNorMovesTheGlobalGenerator) {
  SeededDropout dropout(0.5);
  dropout.Seed(7);
  torch::manual_seed(1);
  const torch::Tensor mask = dropout(Ones(), true);
  const torch::Tensor drawn_after = torch::rand({4});
  torch::manual_seed(1);
  EXPECT_TRUE(drawn_after.equal(torch::rand({4})));
  dropout.Seed(7);
  torch::manual_seed(2);
  EXPECT_TRUE(mask.equal(dropout(Ones(), true)));
}

TEST(SeededDropoutTest, DrawsNothingInEvaluation) {
  SeededDropout dropout(0.5);
  dropout.Seed(7);
  const torch::Tensor first = dropout(Ones(), true);
  dropout.Seed(7);
  EXPECT_TRUE(dropout(Ones(), /*training=*/false).equal(Ones()));
  EXPECT_TRUE(first.equal(dropout(Ones(), true)));
}

TEST(SeededDropoutTest, ProbabilityZeroIsTheIdentity) {
  SeededDropout dropout(0);
  const torch::Tensor x = torch::rand({3, 3}, torch::kFloat64);
  EXPECT_TRUE(dropout(x, true).equal(x));
}

TEST(SeededDropoutTest, TypeDoesNotChangeTheMask) {
  SeededDropout dropout(0.5);
  dropout.Seed(7);
  const torch::Tensor narrow = dropout(Ones(), true);
  dropout.Seed(7);
  const torch::Tensor wide = dropout(Ones().to(torch::kFloat64), true);
  EXPECT_EQ(wide.scalar_type(), torch::kFloat64);
  EXPECT_TRUE(narrow.to(torch::kFloat64).equal(wide));
}

}  // namespace
}  // namespace consilium
