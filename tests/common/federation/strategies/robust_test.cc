/// What the robust strategies do with groups, ties and garbage; their figures are in golden_test.cc.
#include "common/federation/strategies/coordinate_rank.h"
#include "common/federation/strategies/krum.h"
#include "tests/support/combined_rounds.h"

#include <cmath>

namespace consilium {
namespace {

std::shared_ptr<const Layout> TrunkAndHead() {
  return Layout::Make({{"backbone.weight", ElementType::kFloat32, {2}},
                       {"heads.brixia.weight", ElementType::kFloat32, {1}}})
      .value();
}

/// Near (1, 1), with a head that tells sites apart.
SiteState Honest(int i, bool holds_head = true) {
  const auto shift = 0.01F * static_cast<float>(i);
  SiteState site{"S" + std::to_string(i),
                 0.125,
                 {},
                 10,
                 1,
                 BytesOfValues<float>({1 + shift, 1 - shift, 10 + shift})};
  if (holds_head) site.heads["brixia"] = 0.125;
  return site;
}

SiteState Far(int i, float scale) {
  return {"S" + std::to_string(i),
          0.125,
          {{"brixia", 0.125}},
          10,
          1,
          BytesOfValues<float>({scale, -scale, scale})};
}

std::vector<float> Combined(const std::string& strategy, int byzantine,
                            const std::vector<SiteState>& sites) {
  RunPlan plan = PlanOfStrategy(strategy);
  if (strategy != "norm-bound") plan.strategy_options.byzantine = byzantine;
  CombinedRounds rounds(TrunkAndHead(), plan, BytesOfValues<float>({0, 0, 5}));
  EXPECT_OK(rounds.Combine(sites));
  return ValuesOfBytes<float>(rounds.model());
}

TEST(RobustTest, TwoOfEightFarAwayDoNotMoveTheModelBeyondTheOthers) {
  for (const std::string name :
       {"median", "trimmed-mean", "krum", "multi-krum", "geometric-median"}) {
    for (const float scale : {-1.0F, 1000.0F, -1e6F, 1e30F}) {
      std::vector<SiteState> sites{Far(0, scale), Far(1, scale)};
      for (int i = 2; i < 8; ++i) sites.push_back(Honest(i));
      const std::vector<float> next = Combined(name, 2, sites);
      // Weiszfeld steps end near the point, not at it.
      const float slack = name == "geometric-median" ? 0.05F : 0;
      EXPECT_GE(next[0], 1.02F - slack) << name << ' ' << scale;
      EXPECT_LE(next[0], 1.0701F + slack) << name << ' ' << scale;
      EXPECT_NEAR(next[2], 10.045F, 0.04F + slack) << name << ' ' << scale;
    }
  }
}

TEST(RobustTest, UnderTheNormBoundNoSiteMovesFurtherThanTheMiddleOne) {
  std::vector<SiteState> sites{Far(0, 1e30F), Far(1, 1e30F)};
  for (int i = 2; i < 8; ++i) sites.push_back(Honest(i));
  const std::vector<float> next = Combined("norm-bound", 0, sites);
  EXPECT_NEAR(next[0], 1, 0.05);  // (6 of 1 + 2 of length sqrt(2) along (1, -1)) / 8
  EXPECT_NEAR(next[1], 0.5, 0.05);
}

TEST(RobustTest, AGroupWithFewerHoldersInARoundStaysAsItIs) {
  std::vector<SiteState> sites;
  sites.reserve(5);
  for (int i = 0; i < 5; ++i) sites.push_back(Honest(i, i < 2));
  for (const std::string name : {"median", "trimmed-mean", "geometric-median"}) {
    const std::vector<float> next = Combined(name, 1, sites);
    EXPECT_EQ(next[2], 5) << name;
    EXPECT_NEAR(next[0], 1.02, 0.011) << name;
  }
  sites.resize(4);
  EXPECT_EQ(Combined("krum", 1, sites), (std::vector<float>{0, 0, 5}));
}

TEST(RobustTest, KrumTakesTheHeadsOfTheSitesChosenOnTheBackbone) {
  std::vector<SiteState> sites;
  sites.reserve(5);
  for (int i = 0; i < 5; ++i) sites.push_back(Honest(i));
  // The middle site is closest to the others; its head follows, however far off it is.
  sites[0].state = BytesOfValues<float>({0.98F, 1.02F, 10});
  sites[4].state = BytesOfValues<float>({1.06F, 0.94F, 10});
  sites[2].state = BytesOfValues<float>({1.02F, 0.98F, 77});
  EXPECT_EQ(Combined("krum", 1, sites), (std::vector<float>{1.02F, 0.98F, 77}));
  // Chosen, but without the task: the head stays.
  sites[2].heads.clear();
  EXPECT_EQ(Combined("krum", 1, sites)[2], 5);
}

TEST(RobustTest, OfEquallyGoodSitesKrumTakesTheFirstByName) {
  const std::vector<double> equal(25, 1.0);
  EXPECT_EQ(KrumChoice(equal, 5, 1, 1), (std::vector<std::size_t>{0}));
  EXPECT_EQ(KrumChoice(equal, 5, 1, 2), (std::vector<std::size_t>{0, 1}));
}

TEST(RobustTest, MediansAndTrimmedMeansOfEvenAndOddNumbers) {
  std::vector<double> odd{9, 1, 5};
  std::vector<double> even{9, 1, 5, 3};
  EXPECT_EQ(MedianOf(odd), 5);
  EXPECT_EQ(MedianOf(even), 4);
  EXPECT_EQ(TrimmedMeanOf(even, 1), 4);
  EXPECT_EQ(TrimmedMeanOf(odd, 0), 5);
}

TEST(RobustTest, TheResultDoesNotDependOnWhereChunksAreCut) {
  // Equal values beside each other: a chunk of the large entry repeats the small one.
  for (const StrategyInfo& strategy : Strategies()) {
    constexpr std::int64_t kMany = 300'000;
    const auto run = [&](std::int64_t count) {
      const auto layout =
          Layout::Make({{"backbone.weight", ElementType::kFloat32, {count}}}).value();
      const auto fill = [&](float value) {
        return BytesOfValues(std::vector<float>(static_cast<std::size_t>(count), value));
      };
      CombinedRounds rounds(layout, PlanOfStrategy(std::string(strategy.name)), fill(0.5F));
      std::vector<SiteState> sites;
      sites.reserve(7);
      for (int i = 0; i < 7; ++i) {
        sites.push_back({"S" + std::to_string(i),
                         1.0 / 7,
                         {},
                         10,
                         1,
                         fill(1 + 0.1F * static_cast<float>(i * i))});
      }
      EXPECT_OK(rounds.Combine(sites));
      return ValuesOfBytes<float>(rounds.model());
    };
    const std::vector<float> many = run(kMany);
    EXPECT_EQ(many.front(), many.back()) << strategy.name;
  }
}

}  // namespace
}  // namespace consilium
