#include "common/federation/strategies/buffer_rules.h"

#include "common/base/random_stream.h"
#include "tests/support/combined_rounds.h"

#include <cmath>
#include <limits>

namespace consilium {
namespace {

/// A normalisation with one channel.
std::shared_ptr<const Layout> Normalisation() {
  return Layout::Make({{"backbone.bn.running_mean", ElementType::kFloat32, {1}},
                       {"backbone.bn.running_var", ElementType::kFloat32, {1}},
                       {"backbone.bn.num_batches_tracked", ElementType::kInt64, {}}})
      .value();
}

Bytes StateOf(float mean, float variance, std::int64_t counter) {
  ByteWriter writer;
  writer.Put(mean);
  writer.Put(variance);
  writer.Put(counter);
  return writer.Take();
}

SiteState Site(const std::string& name, std::int64_t images, float mean, float variance,
               std::int64_t counter) {
  return {name, 0.5, {}, images, 1, StateOf(mean, variance, counter)};
}

Bytes After(const std::string& strategy, const std::vector<SiteState>& sites) {
  CombinedRounds rounds(Normalisation(), PlanOfStrategy(strategy), StateOf(1, 2, 5));
  EXPECT_OK(rounds.Combine(sites));
  return rounds.model();
}

TEST(BufferRulesTest, VarianceIsPooledWithinAndBetweenTheSites) {
  // mean (30 * 4 + 10 * 8) / 40 = 5; variance (30 * (1 + 1) + 10 * (3 + 9)) / 40 = 4.5
  EXPECT_EQ(
      After("fedavg", {Site("A", 30, 4, 1, 7), Site("B", 10, 8, 3, 9), Site("C", 0, 100, 100, 8)}),
      StateOf(5, 4.5, 9));
}

TEST(BufferRulesTest, EqualStatisticsStayAsTheyAre) {
  EXPECT_EQ(After("fedavg", {Site("A", 30, 4, 1, 7), Site("B", 10, 4, 1, 7)}), StateOf(4, 1, 7));
}

TEST(BufferRulesTest, NobodyUsedAnImageAndNothingChanges) {
  EXPECT_EQ(After("fedavg", {Site("A", 0, 4, 1, 5)}), StateOf(1, 2, 5));
  EXPECT_EQ(After("median", {Site("A", 0, 4, 1, 5)}), StateOf(1, 2, 5));
}

TEST(BufferRulesTest, AVarianceWithoutMeansBesideItIsAveraged) {
  const EntrySpec alone{"backbone.bn.running_var", ElementType::kFloat32, {1}};
  CombinedRounds rounds(Layout::Make({alone}).value(), PlanOfStrategy("fedavg"),
                        BytesOfValues<float>({1}));
  ASSERT_OK(rounds.Combine({{"A", 1, {}, 1, 1, BytesOfValues<float>({2})},
                            {"B", 1, {}, 3, 1, BytesOfValues<float>({6})}}));
  EXPECT_EQ(ValuesOfBytes<float>(rounds.model()), std::vector<float>{5});
}

TEST(BufferRulesTest, NoStrategyMakesAVarianceNegativeOrAValueInfinite) {
  constexpr float kHuge = std::numeric_limits<float>::max();
  RandomStream random(StreamSeed(1, {"buffers"}));
  for (const StrategyInfo& strategy : Strategies()) {
    for (int round = 0; round < 20; ++round) {
      std::vector<SiteState> sites;
      for (int s = 0; s < 8; ++s) {
        const float scale = s == 0 ? kHuge : 10;
        sites.push_back(Site("S" + std::to_string(s), static_cast<std::int64_t>(random.Below(9)),
                             static_cast<float>(random.Uniform(-1, 1)) * scale,
                             static_cast<float>(random.Uniform(-1, 1)) * scale, s));
      }
      const Bytes next = After(std::string(strategy.name), sites);
      const auto values = ValuesOfBytes<float>(next);
      EXPECT_TRUE(std::isfinite(values[0])) << strategy.name;
      EXPECT_TRUE(std::isfinite(values[1]) && values[1] >= 0) << strategy.name << ' ' << values[1];
    }
  }
}

}  // namespace
}  // namespace consilium
