#include "aggregator/admin/tables.h"

#include "aggregator/admin/completion.h"
#include "aggregator/admin/json_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace consilium {
namespace {

RunSummary Summary() {
  RunSummary run;
  run.last = {7, {1'767'225'600'000}, RunId("spring"), RunState::kPaused, "night", "carol"};
  run.round = 3;
  run.rounds_planned = 20;
  run.sites = 2;
  run.best_loss = 0.61204;
  return run;
}

TEST(TablesTest, ColumnsAreAligned) {
  EXPECT_EQ(RunsTable({Summary()}),
            "RUN     STATE   ROUND  SITES  BEST LOSS  SINCE                BY     CAUSE\n"
            "spring  paused  3/20   2      0.6120     2026-01-01 00:00:00  carol  night\n");
}

TEST(TablesTest, WhatKeepsARunFromGoingOnIsShownInsteadOfItsPast) {
  RunSummary run = Summary();
  run.trouble = "rounds.sqlite: database or disk is full";
  EXPECT_THAT(RunsTable({run}),
              ::testing::HasSubstr(
                  "carol  cannot go on, trying again: rounds.sqlite: database or disk is full"));
}

TEST(TablesTest, TheLedgerNamesEachSiteOfEachRound) {
  LedgerRound round;
  round.round = 4;
  round.sites = {{SiteId("A"), SiteStanding::kIn, ""},
                 {SiteId("B"), SiteStanding::kLate, "no update within 600 s"}};
  round.sites[0].took = Millis(41'600);
  EXPECT_EQ(RoundsTable({round}),
            "ROUND  ATTEMPTS  LOSS  SITE  STANDING  TOOK    WHY\n"
            "4      1         -     A     in        41.6 s\n"
            "4      1         -     B     late      -       no update within 600 s\n");
}

TEST(TablesTest, JsonIsOneLineWithTheNamesOfTheService) {
  EXPECT_EQ(JsonText(std::vector<RunSummary>{Summary()}),
            R"([{"sequence":7,"at_millis":1767225600000,"run":"spring","state":"paused",)"
            R"("cause":"night","actor":"carol","round":3,"rounds_planned":20,"sites":2,)"
            R"("best_loss":0.61204,"trouble":""}])"
            "\n");
}

TEST(TablesTest, ADeadlineIsProposedBelowTheSitesOfARun) {
  RunDetail detail;
  detail.summary = Summary();
  detail.sites = {{SiteId("A"), RunId("spring"), "training 3/10, 14 s left"}};
  EXPECT_THAT(RunText(detail), ::testing::Not(::testing::HasSubstr("deadline")));
  EXPECT_THAT(JsonText(detail), ::testing::HasSubstr(R"("proposed_deadline":null)"));
  detail.proposed = DeadlineProposal{Millis(84'000), SiteId("A"), Millis(41'600)};
  EXPECT_THAT(RunText(detail),
              ::testing::HasSubstr("A deadline of 84 s would do: twice the 41.6 s that A took.\n"));
  EXPECT_THAT(JsonText(detail),
              ::testing::HasSubstr(R"("proposed_deadline":{"seconds":84.0,"slowest_site":"A",)"
                                   R"("slowest_seconds":41.6})"));
}

TEST(TablesTest, JsonOfASiteSaysWhetherItGoesOn) {
  SiteStatus site{SiteId("A"), RunId("spring"), "stalled"};
  site.pulse = {SiteHealth::kStalled, SiteActivity::kTraining, 3, 10, Millis(2'000),
                Millis(80'000),       Millis(14'000)};
  EXPECT_EQ(JsonText(std::vector<SiteStatus>{site}),
            R"([{"site":"A","run":"spring","doing":"stalled","health":"stalled",)"
            R"("activity":"training","steps_done":3,"steps_planned":10,"seconds_per_step":2.0,)"
            R"("seconds_idle":80.0,"seconds_left":14.0}])"
            "\n");
}

TEST(TablesTest, WhatALeftOutSiteFoundStandsInItsRow) {
  LedgerRound round;
  round.sites = {{SiteId("E"),
                  SiteStanding::kEvaluates,
                  "t loss 0.5000 of 9 images",
                  {{TaskId("t"), 9, 0.5, {{"f1", 0.25}}}}}};
  EXPECT_THAT(RoundsTable({round}),
              ::testing::HasSubstr("E     evaluates  -     t loss 0.5000 of 9 images"));
  EXPECT_THAT(JsonText(std::vector<LedgerRound>{round}),
              ::testing::HasSubstr(
                  R"("scores":[{"task":"t","images":9,"loss":0.5,"metrics":{"f1":0.25}}])"));
}

TEST(TablesTest, CompletionKnowsTheCommands) {
  EXPECT_THAT(BashCompletion(), ::testing::HasSubstr("start list show pause resume cancel remove"));
}

}  // namespace
}  // namespace consilium
