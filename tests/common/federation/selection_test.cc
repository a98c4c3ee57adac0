#include "common/federation/selection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace consilium {
namespace {

SiteDeclaration Holder(const std::string& site, const std::vector<std::string>& tasks) {
  SiteDeclaration declaration{SiteId(site), 20, {}, "layout"};
  declaration.tasks.reserve(tasks.size());
  for (const std::string& task : tasks) declaration.tasks.push_back({TaskId(task), 5, 1});
  return declaration;
}

/// Sites S0, S1, ... that hold task "a"; every fourth holds "rare" too.
std::vector<SiteDeclaration> Sites(int count) {
  std::vector<SiteDeclaration> sites;
  sites.reserve(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) {
    std::vector<std::string> tasks{"a"};
    if (i % 4 == 3) tasks.emplace_back("rare");
    sites.push_back(Holder("S" + std::to_string(i), tasks));
  }
  return sites;
}

Draw Half(RoundNumber round = 0, std::uint64_t seed = 7) {
  Draw draw;
  draw.seed = seed;
  draw.round = round;
  draw.fraction = 0.5;
  return draw;
}

int Holders(const std::set<SiteId>& drawn, const std::vector<SiteDeclaration>& sites,
            const std::string& task) {
  return static_cast<int>(std::ranges::count_if(sites, [&](const SiteDeclaration& site) {
    return drawn.contains(site.site) &&
           std::ranges::count(site.tasks, TaskId(task), &TaskHolding::task) > 0;
  }));
}

TEST(SelectionTest, AWholeDrawIsEverybody) {
  EXPECT_EQ(DrawSites(Draw(), Sites(5)).size(), 5U);
  EXPECT_TRUE(DrawSites(Half(), {}).empty());
}

TEST(SelectionTest, TheOrderInWhichSitesCameDoesNotMatter) {
  std::vector<SiteDeclaration> sites = Sites(12);
  const std::set<SiteId> drawn = DrawSites(Half(), sites);
  std::ranges::reverse(sites);
  EXPECT_EQ(DrawSites(Half(), sites), drawn);
}

TEST(SelectionTest, RoundsAndSeedsDrawDifferentlyAndEverySiteHasItsTurn) {
  const std::vector<SiteDeclaration> sites = Sites(12);
  std::set<std::set<SiteId>> draws;
  std::set<SiteId> ever;
  for (RoundNumber round = 0; round < 20; ++round) {
    const std::set<SiteId> drawn = DrawSites(Half(round), sites);
    draws.insert(drawn);
    ever.insert(drawn.begin(), drawn.end());
  }
  EXPECT_GT(draws.size(), 15U);
  EXPECT_EQ(ever.size(), 12U);
  EXPECT_NE(DrawSites(Half(0, 7), sites), DrawSites(Half(0, 8), sites));
}

TEST(SelectionTest, AShareIsRoundedUpAndNeverBelowTheQuorum) {
  std::vector<SiteDeclaration> sites;
  sites.reserve(30);
  for (int i = 0; i < 30; ++i) sites.push_back(Holder("S" + std::to_string(i), {"a"}));
  Draw draw = Half();
  draw.fraction = 0.1;
  EXPECT_EQ(DrawSites(draw, sites).size(), 3U);
  draw.fraction = 0.101;
  EXPECT_EQ(DrawSites(draw, sites).size(), 4U);
  draw.at_least = 9;
  EXPECT_EQ(DrawSites(draw, sites).size(), 9U);
  draw.at_least = 99;
  EXPECT_EQ(DrawSites(draw, sites).size(), 30U);
}

TEST(SelectionTest, EachTaskKeepsAsManyHoldersAsTheStrategyNeeds) {
  const std::vector<SiteDeclaration> sites = Sites(20);  // 5 of "rare"
  for (RoundNumber round = 0; round < 20; ++round) {
    Draw draw = Half(round);
    draw.fraction = 0.2;
    EXPECT_GE(Holders(DrawSites(draw, sites), sites, "rare"), 1);
    draw.needs = {5, 3, "median with byzantine 1"};
    const std::set<SiteId> drawn = DrawSites(draw, sites);
    EXPECT_GE(drawn.size(), 5U);
    EXPECT_GE(Holders(drawn, sites, "rare"), 3);
    EXPECT_TRUE([&] {
      std::vector<SiteDeclaration> chosen = sites;
      std::erase_if(chosen, [&](const auto& one) { return !drawn.contains(one.site); });
      return CheckHolders(draw.needs, chosen).ok();
    }());
  }
}

TEST(SelectionTest, ARepeatedRoundKeepsWhoDeliveredAndAsksOthersFirst) {
  const std::vector<SiteDeclaration> sites = Sites(3);
  Draw draw = Half();
  const std::set<SiteId> before = DrawSites(draw, sites);
  ASSERT_EQ(before.size(), 2U);
  draw.first = {*before.begin()};
  draw.last = {*before.rbegin()};
  const std::set<SiteId> after = DrawSites(draw, sites);
  EXPECT_EQ(after.size(), 2U);
  EXPECT_TRUE(after.contains(*before.begin()));
  EXPECT_FALSE(after.contains(*before.rbegin()));
}

TEST(SelectionTest, WhatWasAgreedIsTheShareOfTheExpectedSites) {
  RoundOptions rounds;
  rounds.expected_sites = 10;
  EXPECT_EQ(AgreedSites(rounds), 10);
  rounds.select_fraction = 0.3;
  EXPECT_EQ(AgreedSites(rounds), 3);
  rounds.quorum = 5;
  EXPECT_EQ(AgreedSites(rounds), 5);
}

}  // namespace
}  // namespace consilium
