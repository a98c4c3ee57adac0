/// The contract before round 0: what a site declares against what the run asks for.

#include "common/federation/participation.h"

#include "tests/support/status_matchers.h"

#include <gtest/gtest.h>

#include <functional>

namespace consilium {
namespace {

class ParticipationTest : public testing::Test {
 protected:
  Status Check(const std::function<void(SiteDeclaration&)>& change) const {
    SiteDeclaration declaration = Good();
    change(declaration);
    return CheckDeclaration({tasks_, rounds_, 224}, declaration);
  }

  static SiteDeclaration Good() {
    SiteDeclaration declaration{SiteId("A"), 20, {}, "layout", 0, 224, 1};
    declaration.tasks.push_back(
        {TaskId("prognosis"), 12, 3, 0, {{"mild", 5}, {"severe", 7}}, 0, 0});
    declaration.tasks.push_back({TaskId("brixia"), 8, 2, 0, {}, 6, 4});
    return declaration;
  }

  std::vector<TaskSpec> tasks_ = {PrognosisTask(), BrixiaTask("zones").value()};
  RoundOptions rounds_;
};

TEST_F(ParticipationTest, ADeclarationThatFitsIsAccepted) {
  EXPECT_OK(Check([](SiteDeclaration&) {}));
}

TEST_F(ParticipationTest, WhatAnOlderSiteDoesNotTellIsNotJudged) {
  EXPECT_OK(Check([](SiteDeclaration& site) {
    site.image_size = site.channels = 0;
    site.tasks[0].classes.clear();
    site.tasks[1].zones = site.tasks[1].levels = 0;
  }));
}

TEST_F(ParticipationTest, EachContradictionNamesSiteAndField) {
  using Change = std::function<void(SiteDeclaration&)>;
  const std::vector<std::pair<std::string, Change>> cases = {
      {"site A: image_size: its images have 256 pixels a side, expected the run's 224",
       [](SiteDeclaration& site) { site.image_size = 256; }},
      {"site A: channels: its images have 3, expected 1",
       [](SiteDeclaration& site) { site.channels = 3; }},
      {"site A: tasks: 'prognosis': classes: number 2 is 'critical', expected the run's 'severe'",
       [](SiteDeclaration& site) { site.tasks[0].classes[1].name = "critical"; }},
      {"site A: tasks: 'prognosis': classes: number 1 is 'severe', expected the run's 'mild'",
       [](SiteDeclaration& site) {
         std::swap(site.tasks[0].classes[0], site.tasks[0].classes[1]);
       }},
      {"site A: tasks: 'prognosis': classes: 3, expected the run's 2",
       [](SiteDeclaration& site) {
         site.tasks[0].classes.push_back({"dead", 0});
       }},
      {"site A: tasks: 'prognosis': classes: 13 training images, expected 12 as in train",
       [](SiteDeclaration& site) { site.tasks[0].classes[0].train = 6; }},
      {"site A: tasks: 'prognosis': classes: expected 0 to 2^40 images of each",
       [](SiteDeclaration& site) { site.tasks[0].classes[0].train = -1; }},
      {"site A: tasks: 'prognosis': zones: 6 of 4 levels, expected the run's 0 of 0",
       [](SiteDeclaration& site) {
         site.tasks[0].zones = 6;
         site.tasks[0].levels = 4;
       }},
      {"site A: tasks: 'brixia': zones: 18 of 4 levels, expected the run's 6 of 4",
       [](SiteDeclaration& site) { site.tasks[1].zones = 18; }},
      {"site A: tasks: 'brixia': zones: 6 of 5 levels, expected the run's 6 of 4",
       [](SiteDeclaration& site) { site.tasks[1].levels = 5; }},
      {"site A: tasks: 'brixia': classes: 1, expected the run's 0",
       [](SiteDeclaration& site) {
         site.tasks[1].classes = {{"low", 8}};
       }},
      {"site A: data: cannot be prepared for this run",
       [](SiteDeclaration& site) { site.obstacle = SiteObstacle::kData; }},
      {"site A: backbone: the site's program cannot make the run's network",
       [](SiteDeclaration& site) { site.obstacle = SiteObstacle::kNetwork; }},
      {"site A: tasks: has training labels of no task of this run; 4 images are set aside",
       [](SiteDeclaration& site) {
         site.tasks.clear();
         site.set_aside = 4;
       }},
  };
  for (const auto& [message, change] : cases) {
    EXPECT_STATUS(Check(change), StatusCode::kInvalidArgument, message);
  }
}

TEST_F(ParticipationTest, ASiteThatComesAgainMayTellMoreThanBefore) {
  SiteDeclaration before = Good();
  before.image_size = before.channels = 0;
  before.tasks[0].classes.clear();
  before.tasks[1].zones = before.tasks[1].levels = 0;
  EXPECT_TRUE(IsSameDeclaration(before, Good()));
  EXPECT_TRUE(IsSameDeclaration(Good(), Good()));
  EXPECT_FALSE(IsSameDeclaration(Good(), before)) << "what was told once is part of the contract";
  SiteDeclaration other = Good();
  other.tasks[1].train = 7;
  EXPECT_FALSE(IsSameDeclaration(before, other));
}

}  // namespace
}  // namespace consilium
