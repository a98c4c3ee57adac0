#include "common/federation/strategies/server_optimizer.h"

#include "tests/support/combined_rounds.h"

#include <cmath>

namespace consilium {
namespace {

std::shared_ptr<const Layout> TrunkAndHead() {
  return Layout::Make({{"backbone.weight", ElementType::kFloat32, {1}},
                       {"heads.brixia.weight", ElementType::kFloat32, {1}}})
      .value();
}

SiteState Site(const std::string& name, double brixia, float trunk, float head) {
  return {name, 0.5, {{"brixia", brixia}}, 1, 1, BytesOfValues<float>({trunk, head})};
}

TEST(ServerOptimizerTest, MomentumGoesOnWithTheLastStep) {
  RunPlan plan = PlanOfStrategy("fedavgm");
  plan.strategy_options.server_momentum = 0.5;
  CombinedRounds rounds(TrunkAndHead(), plan, BytesOfValues<float>({0, 0}));
  ASSERT_OK(rounds.Combine({Site("A", 1, 2, 4)}));  // m = 2, 4
  EXPECT_EQ(ValuesOfBytes<float>(rounds.model()), (std::vector<float>{2, 4}));
  ASSERT_OK(rounds.Combine({Site("A", 1, 2, 4)}));  // d = 0: m = 1, 2
  EXPECT_EQ(ValuesOfBytes<float>(rounds.model()), (std::vector<float>{3, 6}));
  EXPECT_EQ(ValuesOfBytes<float>(rounds.state(0)), (std::vector<float>{1, 2}));
}

TEST(ServerOptimizerTest, AHeadThatNobodyTrainedKeepsItsValuesAndItsState) {
  for (const std::string name : {"fedavgm", "fedadagrad", "fedadam", "fedyogi"}) {
    CombinedRounds rounds(TrunkAndHead(), PlanOfStrategy(name), BytesOfValues<float>({0, 0}));
    ASSERT_OK(rounds.Combine({Site("A", 1, 1, 1)}));
    const auto before = ValuesOfBytes<float>(rounds.model());
    const auto state = ValuesOfBytes<float>(rounds.state(0));
    ASSERT_OK(rounds.Combine({Site("A", 0, 1, 9)}));
    EXPECT_EQ(ValuesOfBytes<float>(rounds.model())[1], before[1]) << name;
    EXPECT_EQ(ValuesOfBytes<float>(rounds.state(0))[1], state[1]) << name;
    EXPECT_NE(ValuesOfBytes<float>(rounds.model())[0], before[0]) << name;
  }
}

TEST(ServerOptimizerTest, YogiMovesItsSecondMomentByTheSignOfTheDifference) {
  RunPlan plan = PlanOfStrategy("fedyogi");
  plan.strategy_options.tau = 1;
  plan.strategy_options.beta2 = 0.75;
  CombinedRounds rounds(TrunkAndHead(), plan, BytesOfValues<float>({0, 0}));
  ASSERT_OK(rounds.Combine({Site("A", 1, 2, 0.5F)}));
  // v0 = 1; 1 + 0.25 * 4 where d^2 = 4 is above, 1 - 0.25 * 0.25 where it is below.
  EXPECT_EQ(ValuesOfBytes<float>(rounds.state(1)), (std::vector<float>{2, 0.9375F}));
}

}  // namespace
}  // namespace consilium
