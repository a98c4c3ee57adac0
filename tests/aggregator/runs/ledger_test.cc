#include "aggregator/runs/ledger.h"

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

LedgerEntry Entry(const std::string& site, SiteStanding standing, const std::string& why = "") {
  return {SiteId(site), standing, why};
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
  EXPECT_THAT(Rounds()[0].sites,
              ::testing::ElementsAre(Entry("A", SiteStanding::kIn),
                                     Entry("B", SiteStanding::kLate, "no update within 1 s")));
  EXPECT_EQ(WhatIsMissing(Rounds(), 2), "round 0: 1 of 2 sites (B late)");
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

TEST_F(LedgerTest, ALogThatTheEngineRefusesIsDataLoss) {
  Deliver("A", 0);
  EXPECT_STATUS(MakeLedger(EngineOptions(2), log_), StatusCode::kDataLoss, "round 0");
}

}  // namespace
}  // namespace consilium
