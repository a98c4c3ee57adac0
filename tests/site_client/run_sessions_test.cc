#include "site_client/run_sessions.h"

#include "site_client/run_places.h"
#include "tests/support/status_matchers.h"

#include <latch>

namespace consilium {
namespace {

RunOffer OfferOf(const std::string& run) {
  RunOffer offer;
  offer.plan.run = RunId(run);
  return offer;
}

TEST(RunPlacesTest, ASiteHasRoomForSoManyRunsAndTakesNoneTwice) {
  RunPlaces places(2);
  EXPECT_TRUE(places.Take(RunId("one")));
  EXPECT_FALSE(places.Take(RunId("one")));
  EXPECT_TRUE(places.HasRoom({}));
  EXPECT_TRUE(places.Take(RunId("two")));
  EXPECT_FALSE(places.HasRoom({}));
  EXPECT_TRUE(places.HasRoom({RunId("two"), RunId("elsewhere")}));
  places.End(RunId("one"));
  EXPECT_TRUE(places.HasRoom({}));
  EXPECT_FALSE(places.Take(RunId("one")));
  EXPECT_THAT(places.taken(), ::testing::ElementsAre(RunId("two")));
  EXPECT_THAT(places.ended(), ::testing::ElementsAre(RunId("one")));
}

TEST(RunPlacesTest, ARunThatIsGoneForNowMayBeTakenAgain) {
  RunPlaces places(1);
  EXPECT_TRUE(places.Take(RunId("one")));
  places.Forget(RunId("one"));
  EXPECT_TRUE(places.Take(RunId("one")));
  EXPECT_THAT(places.ended(), ::testing::IsEmpty());
}

TEST(RunPlacesTest, OfTheRunsThatEndedTheLatestHundredAreRemembered) {
  RunPlaces places(1);
  for (int i = 0; i < 101; ++i) {
    EXPECT_TRUE(places.Take(RunId(std::to_string(i))));
    places.End(RunId(std::to_string(i)));
  }
  EXPECT_EQ(places.ended().size(), 100U);
  EXPECT_EQ(places.ended().front(), RunId("1"));
}

TEST(RunPlacesTest, WhatARunHasAgainstTheSiteKeepsItFromNoOtherRun) {
  EXPECT_TRUE(ConcernsTheRunAlone(InvalidArgument("abstains")));
  EXPECT_TRUE(ConcernsTheRunAlone(AlreadyExists("declared otherwise before")));
  EXPECT_FALSE(ConcernsTheRunAlone(PermissionDenied("not its CA")));
  EXPECT_FALSE(ConcernsTheRunAlone(Cancelled("interrupted")));
  EXPECT_FALSE(ConcernsTheRunAlone(Internal("disk")));
}

TEST(RunSessionsTest, SessionsGoOnSideBySideAndEndEachByItself) {
  std::latch both(2);
  RunSessions sessions([&](const RunOffer& offer, const Interrupt&, const auto&) -> Status {
    both.arrive_and_wait();  // neither goes on without the other
    return offer.plan.run == RunId("one") ? OkStatus() : InvalidArgument("abstains");
  });
  sessions.Start(OfferOf("one"));
  EXPECT_FALSE(sessions.Next(Millis(0)));
  sessions.Start(OfferOf("two"));
  std::map<RunId, Status> ended;
  for (int i = 0; i < 2; ++i) {
    const auto one = sessions.Next(Millis(60'000));
    ASSERT_TRUE(one);
    ended[one->run] = one->status;
  }
  EXPECT_OK(ended[RunId("one")]);
  EXPECT_STATUS(ended[RunId("two")], StatusCode::kInvalidArgument, "abstains");
}

TEST(RunSessionsTest, APausedRunIsKnownUntilItGoesOnOrEnds) {
  std::latch paused(2);
  std::latch seen(3);
  RunSessions sessions([&](const RunOffer& offer, const Interrupt&, const auto& set_paused) {
    set_paused(true);
    if (offer.plan.run == RunId("one")) set_paused(false);
    paused.arrive_and_wait();
    seen.arrive_and_wait();
    return OkStatus();
  });
  sessions.Start(OfferOf("one"));
  sessions.Start(OfferOf("two"));
  paused.wait();
  EXPECT_THAT(sessions.Paused(), ::testing::ElementsAre(RunId("two")));
  seen.arrive_and_wait();
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(sessions.Next(Millis(60'000)));
  EXPECT_THAT(sessions.Paused(), ::testing::IsEmpty());
}

TEST(RunSessionsTest, TheEndInterruptsThemAndWaits) {
  std::atomic<int> ended = 0;
  {
    std::latch begun(1);
    RunSessions sessions([&](const RunOffer&, const Interrupt& interrupt, const auto&) -> Status {
      begun.count_down();
      while (!interrupt.Requested()) std::this_thread::yield();
      ++ended;
      return Cancelled("interrupted");
    });
    sessions.Start(OfferOf("one"));
    begun.wait();
  }
  EXPECT_EQ(ended, 1);
}

}  // namespace
}  // namespace consilium
