#include "aggregator/runs/deadline_proposal.h"

#include <gtest/gtest.h>

namespace consilium {
namespace {

LedgerRound Closed(Millis of_a, Millis of_b, SiteStanding of_b_is = SiteStanding::kIn) {
  LedgerRound round;
  round.closed = true;
  round.sites = {{SiteId("A"), SiteStanding::kIn, "", {}, of_a},
                 {SiteId("B"), of_b_is, "", {}, of_b}};
  return round;
}

TEST(DeadlineProposalTest, NothingIsProposedBeforeAnythingWasMeasured) {
  EXPECT_EQ(ProposeDeadline({}, {}), std::nullopt);
  LedgerRound open = Closed(Millis(900), Millis(900));
  open.closed = false;
  EXPECT_EQ(ProposeDeadline({open}, {}), std::nullopt);
}

TEST(DeadlineProposalTest, IsTwiceWhatTheSlowestSiteTookInWholeSeconds) {
  const DeadlineProposal expected{Millis(84'000), SiteId("B"), Millis(41'600)};
  EXPECT_EQ(
      ProposeDeadline(
          {Closed(Millis(10'000), Millis(41'600)), Closed(Millis(12'000), Millis(40'000))}, {}),
      expected);
}

TEST(DeadlineProposalTest, ALateSiteTookAtLeastTheDeadline) {
  const auto proposed =
      ProposeDeadline({Closed(Millis(10'000), Millis(60'000), SiteStanding::kLate)}, {});
  ASSERT_TRUE(proposed);
  EXPECT_EQ(proposed->deadline, Millis(120'000));
}

TEST(DeadlineProposalTest, RoundsOfLongAgoAreForgotten) {
  std::vector<LedgerRound> rounds = {Closed(Millis(500'000), Millis(1))};
  for (int i = 0; i < 5; ++i) rounds.push_back(Closed(Millis(1'000), Millis(2'000)));
  EXPECT_EQ(ProposeDeadline(rounds, {})->deadline, Millis(4'000));
}

TEST(DeadlineProposalTest, TheStepsOfTheRoundUnderWayCountAtTheSitesOwnPace) {
  const auto proposed =
      ProposeDeadline({}, {{SiteId("A"), Millis(3'000)}, {SiteId("C"), Millis(90'000)}});
  ASSERT_TRUE(proposed);
  EXPECT_EQ(proposed->slowest, SiteId("C"));
  EXPECT_EQ(proposed->deadline, Millis(180'000));
}

}  // namespace
}  // namespace consilium
