#include "aggregator/runs/ledger.h"

#include "common/federation/selection.h"
#include "tests/common/federation/round_engine_fixture.h"

namespace consilium {
namespace {

constexpr Millis kDeadline{1000};

class LedgerTest : public ::testing::Test {
 protected:
  LedgerTest() { Add(RunOpened{Model(0)}); }
  void Add(decltype(Event::what) what, Millis later = Millis{0}) {
    now_ = now_ + later;
    log_.push_back({now_, std::move(what)});
  }
  void Join(const std::string& site) { Add(SiteJoined{Declaration(site)}); }
  void Deliver(const std::string& site, RoundNumber round) {
    Add(UpdateSpooled{SiteId(site), round, "d" + site, 20, 5});
  }
  void Close(RoundNumber round) { Add(ModelStored{round, Model(round + 1)}); }
  std::vector<LedgerRound> Rounds() const {
    const auto rounds = MakeLedger(EngineOptions(2), log_);
    EXPECT_OK(rounds);
    return rounds.ok() ? *rounds : std::vector<LedgerRound>();
  }

  Timestamp now_{1};
  std::vector<Event> log_;
};

LedgerEntry Entry(const std::string& site, SiteStanding standing, const std::string& why = "",
                  Millis took = Millis{0}) {
  return {SiteId(site), standing, why, {}, took};
}

TEST_F(LedgerTest, ThereIsNoRoundBeforeTheSitesAreThere) {
  Join("A");
  EXPECT_THAT(Rounds(), ::testing::IsEmpty());
}

TEST_F(LedgerTest, ASiteIsInOnceItsUpdateCounts) {
  Join("A");
  Join("B");
  Deliver("B", 0);
  ASSERT_EQ(Rounds().size(), 1U);
  EXPECT_FALSE(Rounds()[0].closed);
  EXPECT_THAT(Rounds()[0].sites, ::testing::ElementsAre(Entry("A", SiteStanding::kOpen),
                                                        Entry("B", SiteStanding::kIn)));
}

TEST_F(LedgerTest, ASiteWithoutUpdateAtTheDeadlineIsLate) {
  Join("A");
  Join("B");
  Deliver("A", 0);
  Add(DeadlinePassed{0}, kDeadline);
  ASSERT_EQ(Rounds().size(), 1U);
  EXPECT_TRUE(Rounds()[0].closed);
  EXPECT_EQ(Rounds()[0].attempts, 1);
  EXPECT_THAT(Rounds()[0].sites, ::testing::ElementsAre(Entry("A", SiteStanding::kIn),
                                                        Entry("B", SiteStanding::kLate,
                                                              "no update within 1 s", kDeadline)));
  EXPECT_EQ(WhatIsMissing(Rounds(), 2), "round 0: 1 of 2 sites (B late)");
}

TEST_F(LedgerTest, SaysHowLongEachSiteTook) {
  Join("A");
  Join("B");
  Add(UpdateSpooled{SiteId("B"), 0, "dB", 20, 5}, Millis(300));
  EXPECT_EQ(Rounds()[0].sites[1].took, Millis(300));
  EXPECT_EQ(Rounds()[0].sites[0].took, Millis(0));
  Add(UpdateSpooled{SiteId("A"), 0, "dA", 20, 5}, Millis(400));
  Close(0);
  Add(EvaluationReceived{SiteId("A"), 1, Counts(0.5)}, Millis(50));
  Add(EvaluationReceived{SiteId("B"), 1, Counts(0.5)});
  Add(UpdateSpooled{SiteId("B"), 1, "dB", 20, 5}, Millis(20));
  Add(DeadlinePassed{1}, kDeadline);
  const std::vector<LedgerRound> rounds = Rounds();
  ASSERT_EQ(rounds.size(), 2U);
  EXPECT_EQ(rounds[0].sites[0].took, Millis(700));
  EXPECT_EQ(rounds[1].sites[1].took, Millis(20));
  EXPECT_EQ(rounds[1].sites[0].took, Millis(20) + kDeadline) << "late: at least";
}

TEST_F(LedgerTest, ASilentSiteHasFailedAndIsAbsentFromTheNextRound) {
  Join("A");
  Join("B");
  Add(SiteLost{SiteId("B")});
  Deliver("A", 0);
  Close(0);
  Add(EvaluationReceived{SiteId("A"), 1, Counts(0.5)});
  ASSERT_EQ(Rounds().size(), 2U);
  EXPECT_EQ(Rounds()[0].sites[1], Entry("B", SiteStanding::kFailed, "silent for longer than 30 s"));
  EXPECT_EQ(Rounds()[0].validation_loss, 0.5);
  EXPECT_EQ(Rounds()[1].sites[1], Entry("B", SiteStanding::kAbsent, "was lost before the round"));
}

TEST_F(LedgerTest, ASiteThatComesDuringARoundIsAbsentFromIt) {
  Join("A");
  Join("B");
  Join("C");
  EXPECT_EQ(Rounds()[0].sites[2],
            Entry("C", SiteStanding::kAbsent, "joined after the round had begun"));
}

TEST_F(LedgerTest, ARepeatedRoundIsOneRoundOfSeveralAttempts) {
  Join("A");
  Join("B");
  Add(DeadlinePassed{0}, kDeadline);
  Add(DeadlinePassed{0}, kDeadline);
  ASSERT_EQ(Rounds().size(), 1U);
  EXPECT_EQ(Rounds()[0].attempts, 3);
}

TEST_F(LedgerTest, NothingIsMissingWhereAllExpectedSitesAreIn) {
  Join("A");
  Join("B");
  Join("C");  // more than expected, and absent
  Deliver("A", 0);
  Deliver("B", 0);
  EXPECT_EQ(WhatIsMissing(Rounds(), 2), "");
}

TEST_F(LedgerTest, WhoAbstainsOrIsRefusedStandsInEveryRoundWithTheReason) {
  Join("C");
  Add(SiteTurnedAway{SiteId("A"), SiteStanding::kAbstained, "3 of 9 are usable"});
  Add(SiteTurnedAway{SiteId("B"), SiteStanding::kRefused, "tasks: none"});
  Deliver("C", 0);
  ASSERT_EQ(Rounds().size(), 1U) << "the run began without the site that abstains";
  EXPECT_THAT(Rounds()[0].sites,
              ::testing::ElementsAre(Entry("A", SiteStanding::kAbstained, "3 of 9 are usable"),
                                     Entry("B", SiteStanding::kRefused, "tasks: none"),
                                     Entry("C", SiteStanding::kIn)));
  EXPECT_EQ(WhatIsMissing(Rounds(), 2),
            "round 0: 1 of 2 sites (A abstained: 3 of 9 are usable, B refused: tasks: none)");
}

TEST_F(LedgerTest, ASiteThatIsRefusedAfterItJoinedIsInAsFarAsItDelivered) {
  Join("A");
  Join("B");
  Add(SiteTurnedAway{SiteId("A"), SiteStanding::kRefused, "other data"});
  Add(SiteTurnedAway{SiteId("B"), SiteStanding::kRefused, "other data"});
  Deliver("A", 0);
  EXPECT_THAT(Rounds()[0].sites,
              ::testing::ElementsAre(Entry("A", SiteStanding::kIn),
                                     Entry("B", SiteStanding::kRefused, "other data")));
}

TEST_F(LedgerTest, WhatALeftOutSiteCountedStandsBesideTheRoundAndNeverInItsLoss) {
  RoundEngine::Options options = EngineOptions(1);
  options.rounds.evaluation_sites = {SiteId("E"), SiteId("F")};
  Join("A");
  for (const char* site : {"E", "F"}) {
    Add(SiteJoined{{SiteId(site), 0, {{TaskId("prognosis"), 0, 40}}, "layout"}});
  }
  Deliver("A", 0);
  Close(0);
  Add(EvaluationReceived{SiteId("E"), 1, Counts(0.25, 40)});
  Add(EvaluationReceived{SiteId("A"), 1, Counts(0.5)});
  Add(DeadlinePassed{0}, kDeadline);
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const auto rounds, MakeLedger(options, log_));
  ASSERT_EQ(rounds.size(), 2U);
  EXPECT_EQ(rounds[0].validation_loss, 0.5);
  ASSERT_EQ(rounds[0].sites.size(), 3U);
  const LedgerEntry& left_out = rounds[0].sites[1];
  EXPECT_EQ(left_out.standing, SiteStanding::kEvaluates);
  EXPECT_EQ(left_out.why, "prognosis loss 0.2500 of 40 images");
  ASSERT_EQ(left_out.scores.size(), 1U);
  EXPECT_EQ(left_out.scores[0].loss, 0.25);
  EXPECT_EQ(rounds[0].sites[2], Entry("F", SiteStanding::kEvaluates, "no counts within 1 s"));
  EXPECT_EQ(WhatIsMissing(rounds, 1), "");
  EXPECT_EQ(WhatIsMissing(rounds, 2), "round 0: 1 of 2 sites");
}

TEST_F(LedgerTest, WhoWasNotDrawnIsUnselectedAndNotMissing) {
  RoundEngine::Options options = EngineOptions(2);
  options.rounds.select_fraction = 0.5;
  RoundEngine engine(options);
  Join("A");
  Join("B");
  Join("C");  // after the draw
  for (const Event& event : log_) engine.Step(event);
  const std::string drawn = engine.IsSelected(SiteId("A")) ? "A" : "B";
  Deliver(drawn, 0);
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const auto rounds, MakeLedger(options, log_));
  const LedgerEntry other = rounds[0].sites[drawn == "A" ? 1 : 0];
  EXPECT_EQ(other.standing, SiteStanding::kUnselected);
  EXPECT_EQ(other.why, "not drawn for this round");
  EXPECT_EQ(rounds[0].sites[2].why, "joined after the round had begun");
  EXPECT_EQ(WhatIsMissing(rounds, AgreedSites(options.rounds)), "");
}

TEST_F(LedgerTest, ALogThatTheEngineRefusesIsDataLoss) {
  Deliver("A", 0);
  EXPECT_STATUS(MakeLedger(EngineOptions(2), log_), StatusCode::kDataLoss, "round 0");
}

}  // namespace
}  // namespace consilium
