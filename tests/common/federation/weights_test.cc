#include "common/federation/weights.h"

#include "tests/support/status_matchers.h"

namespace consilium {
namespace {

const TaskId kPrognosis("prognosis");
const TaskId kBrixia("brixia");

// A: 30 of 40 prognosis labels; B: all 50 brixia labels; C: 10 prognosis, 0 brixia.
std::vector<SiteDeclaration> ThreeSites() {
  return {{SiteId("A"), 30, {{kPrognosis, 30, 3}}, ""},
          {SiteId("B"), 50, {{kBrixia, 50, 5}}, ""},
          {SiteId("C"), 10, {{kPrognosis, 10, 1}}, ""}};
}

// By hand: shares of prognosis 3/4 and 1/4, of brixia 1; J = 2; u = 3/8, 1/2, 1/8.
TEST(WeightsTest, PerGroupWeighsATrunkByTheMeanShareAndAHeadByItsTask) {
  const RoundWeights weights = ComputeWeights(Weighting::kPerGroup, ThreeSites());
  EXPECT_EQ(weights.at(SiteId("A")),
            (SiteWeights{0.375, {{kPrognosis, 0.75}}, {{kPrognosis, 1.0}}}));
  EXPECT_EQ(weights.at(SiteId("B")), (SiteWeights{0.5, {{kBrixia, 1.0}}, {{kBrixia, 1.0}}}));
  EXPECT_EQ(weights.at(SiteId("C")),
            (SiteWeights{0.125, {{kPrognosis, 0.25}}, {{kPrognosis, 1.0}}}));
}

TEST(WeightsTest, ExactWeighsEveryGroupAlikeAndMovesTheSharesIntoTheLoss) {
  const RoundWeights weights = ComputeWeights(Weighting::kExact, ThreeSites());
  EXPECT_EQ(weights.at(SiteId("A")),
            (SiteWeights{0.375, {{kPrognosis, 0.375}, {kBrixia, 0.375}}, {{kPrognosis, 2.0}}}));
  EXPECT_EQ(weights.at(SiteId("B")),
            (SiteWeights{0.5, {{kPrognosis, 0.5}, {kBrixia, 0.5}}, {{kBrixia, 2.0}}}));
}

TEST(WeightsTest, ATaskNobodyHoldsHasNoPart) {
  const std::vector<SiteDeclaration> sites = {
      {SiteId("A"), 4, {{kPrognosis, 4, 0}, {kBrixia, 0, 2}}, ""}};
  const RoundWeights weights = ComputeWeights(Weighting::kPerGroup, sites);
  EXPECT_EQ(weights.at(SiteId("A")), (SiteWeights{1.0, {{kPrognosis, 1.0}}, {{kPrognosis, 1.0}}}));
}

TEST(WeightsTest, AnEntryCountsByItsGroup) {
  const SiteWeights weights{0.375, {{kPrognosis, 0.75}}, {}};
  EXPECT_EQ(WeightOf(weights, {"backbone.conv1.weight"}), 0.375);
  EXPECT_EQ(WeightOf(weights, {"heads.prognosis.0.weight"}), 0.75);
  EXPECT_EQ(WeightOf(weights, {"heads.brixia.0.weight"}), 0.0);
}

}  // namespace
}  // namespace consilium
