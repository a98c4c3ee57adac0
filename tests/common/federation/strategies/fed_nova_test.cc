#include "common/federation/strategies/fed_nova.h"

#include "tests/support/combined_rounds.h"

namespace consilium {
namespace {

std::vector<float> Combined(double momentum, const std::vector<SiteState>& sites) {
  RunPlan plan = PlanOfStrategy("fednova");
  plan.training.optimizer = Optimizer::kSgd;
  plan.training.momentum = momentum;
  const auto layout = Layout::Make({{"backbone.weight", ElementType::kFloat32, {1}},
                                    {"heads.brixia.weight", ElementType::kFloat32, {1}}})
                          .value();
  CombinedRounds rounds(layout, plan, BytesOfValues<float>({0, 7}));
  EXPECT_OK(rounds.Combine(sites));
  return ValuesOfBytes<float>(rounds.model());
}

SiteState Site(const std::string& name, std::int64_t steps, double brixia, float trunk,
               float head) {
  return {name, 0.5, {{"brixia", brixia}}, 1, steps, BytesOfValues<float>({trunk, head})};
}

TEST(FedNovaTest, DividesBySitesStepsAndMultipliesByTheirMean) {
  // Trunk: differences per step 1 and 2, mean 1.5, times the mean of 1 and 3 steps. Head: A alone.
  EXPECT_EQ(Combined(0, {Site("A", 1, 1, 1, 9), Site("B", 3, 0, 6, 100)}),
            (std::vector<float>{3, 9}));
}

TEST(FedNovaTest, EqualStepsAreFederatedAveraging) {
  EXPECT_EQ(Combined(0.9, {Site("A", 4, 0.5, 1, 9), Site("B", 4, 0.5, 6, 11)}),
            (std::vector<float>{3.5F, 10}));
}

TEST(FedNovaTest, ASiteWithoutStepsCountsNothing) {
  EXPECT_EQ(Combined(0, {Site("A", 2, 1, 1, 9), Site("B", 0, 0, 6, 9)}),
            (std::vector<float>{1, 9}));
}

TEST(FedNovaTest, MomentumLetsEarlierStepsCountMore) {
  EXPECT_DOUBLE_EQ(AccumulatedSteps(3, 0), 3);
  // 1 + (1 + 0.5) + (1 + 0.5 + 0.25)
  EXPECT_DOUBLE_EQ(AccumulatedSteps(3, 0.5), 4.25);
}

}  // namespace
}  // namespace consilium
