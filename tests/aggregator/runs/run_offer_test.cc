#include "aggregator/runs/run_offer.h"

#include "tests/support/status_matchers.h"

namespace consilium {
namespace {

using Runs = std::vector<RunId>;

class RunOfferTest : public ::testing::Test {
 protected:
  void To(const std::string& run, RunState state) {
    ASSERT_OK(queue_.Apply({queue_.last_sequence() + 1, {}, RunId(run), state, "", "carol"}));
  }
  void Open(const std::string& run) {
    To(run, RunState::kQueued);
    To(run, RunState::kWaiting);
  }
  /// Of a site that every run but "closed" admits; what is chosen are its visits from then on.
  std::string Choose(const RunRequest& request) {
    const auto choice = ChooseRun(queue_, visits_, request,
                                  [](const RunId& run) { return run != RunId("closed"); });
    if (!choice) return "";
    visits_ = choice->visits;
    return choice->run.str();
  }
  static RunRequest Naming(const Runs& taking_part, const Runs& done_with = {}) {
    return {true, {}, taking_part, done_with};
  }

  RunQueue queue_{3};
  Runs visits_;
};

TEST_F(RunOfferTest, ASiteGetsOneActiveRunAfterTheOtherAndThenHearsOfNoOther) {
  EXPECT_EQ(Choose(Naming({})), "");
  Open("closed");
  EXPECT_EQ(Choose(Naming({})), "");
  Open("one");
  Open("two");
  To("three", RunState::kQueued);
  EXPECT_EQ(Choose(Naming({})), "one");
  EXPECT_EQ(Choose(Naming({RunId("one")})), "two");
  EXPECT_EQ(Choose(Naming({RunId("one"), RunId("two")})), "one");
  EXPECT_EQ(Choose(Naming({RunId("two")}, {RunId("one")})), "two");
  EXPECT_THAT(visits_, ::testing::UnorderedElementsAre(RunId("one"), RunId("two")));
}

TEST_F(RunOfferTest, ASiteThatNamesNoRunsStaysWithTheOneItHasUntilThatIsOver) {
  Open("one");
  Open("two");
  visits_ = {RunId("two")};
  EXPECT_EQ(Choose({}), "two");
  To("two", RunState::kCancelled);
  EXPECT_EQ(Choose({}), "one");
  EXPECT_EQ(visits_, Runs{RunId("one")});
  To("one", RunState::kCancelled);
  EXPECT_EQ(Choose({}), "one");
  To("one", RunState::kRemoved);
  EXPECT_EQ(Choose({}), "");
}

TEST_F(RunOfferTest, ASiteThatWasAwayHearsHowItsRunsEnded) {
  Open("one");
  Open("two");
  visits_ = {RunId("one"), RunId("two")};
  To("one", RunState::kCancelled);
  EXPECT_EQ(Choose(Naming({})), "two");
  EXPECT_EQ(Choose(Naming({RunId("two")})), "one");
  EXPECT_THAT(visits_, ::testing::UnorderedElementsAre(RunId("one"), RunId("two")));
  EXPECT_EQ(Choose(Naming({RunId("two")}, {RunId("one")})), "two");
  EXPECT_EQ(visits_, Runs{RunId("two")});
}

TEST_F(RunOfferTest, OfAFailedRunNobodyIsTold) {
  Open("one");
  visits_ = {RunId("one")};
  To("one", RunState::kFailed);
  EXPECT_EQ(Choose(Naming({})), "");
  EXPECT_EQ(Choose({}), "");
}

TEST_F(RunOfferTest, APausedRunIsOfferedWhereNoneIsActive) {
  Open("one");
  To("one", RunState::kPaused);
  EXPECT_EQ(Choose(Naming({})), "one");
  Open("two");
  EXPECT_EQ(Choose(Naming({})), "two");
  EXPECT_EQ(Choose(Naming({RunId("two")})), "one");
}

TEST_F(RunOfferTest, ASiteThatWantsARunGetsThatOneOrNone) {
  Open("one");
  Open("two");
  To("three", RunState::kQueued);
  RunRequest request = Naming({});
  for (const char* run : {"three", "closed", "unknown"}) {
    request.wanted = RunId(run);
    EXPECT_EQ(Choose(request), "") << run;
  }
  request.wanted = RunId("two");
  EXPECT_EQ(Choose(request), "two");
  To("two", RunState::kCancelled);
  EXPECT_EQ(Choose(request), "two");
  request.wanted = RunId("one");
  To("one", RunState::kCancelled);
  EXPECT_EQ(Choose(request), "");
}

TEST_F(RunOfferTest, AListOfSitesAdmitsThemAndThoseThatEvaluate) {
  RoundOptions rounds;
  EXPECT_TRUE(Admits(rounds, SiteId("A")));
  rounds.select_sites = {SiteId("A")};
  rounds.evaluation_sites = {SiteId("B")};
  EXPECT_TRUE(Admits(rounds, SiteId("A")));
  EXPECT_TRUE(Admits(rounds, SiteId("B")));
  EXPECT_FALSE(Admits(rounds, SiteId("C")));
}

}  // namespace
}  // namespace consilium
