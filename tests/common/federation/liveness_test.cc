#include "common/federation/liveness.h"

#include "tests/support/status_matchers.h"

#include <gtest/gtest.h>

namespace consilium {
namespace {

LastHeard Training(Millis step, Millis since_step, Millis ago = Millis{500}) {
  LastHeard heard;
  heard.progress = {RunId("r"), 4, SiteId("A"), 3, 10, SiteActivity::kTraining, step, since_step};
  heard.ago = ago;
  return heard;
}

TEST(LivenessTest, ASiteWithoutAHeartbeatForHalfAMinuteIsDead) {
  EXPECT_EQ(HealthOf(Training(Millis(2'000), Millis(0), Millis(10'000))), SiteHealth::kWell);
  EXPECT_EQ(HealthOf(Training(Millis(60'000), Millis(0), Millis(30'000))), SiteHealth::kWell);
  EXPECT_EQ(HealthOf(Training(Millis(60'000), Millis(0), Millis(30'001))), SiteHealth::kDead);
}

TEST(LivenessTest, ASiteThatWaitsForAnAnswerIsNotDead) {
  LastHeard heard;
  heard.ago = Millis(3'600'000);
  heard.asks = true;
  EXPECT_EQ(HealthOf(heard), SiteHealth::kWell);
}

TEST(LivenessTest, NoStepForTenTimesItsOwnStepTimeIsStalled) {
  EXPECT_EQ(HealthOf(Training(Millis(2'000), Millis(19'500))), SiteHealth::kWell);
  EXPECT_EQ(HealthOf(Training(Millis(2'000), Millis(19'501))), SiteHealth::kStalled);
  EXPECT_EQ(HealthOf(Training(Millis(2'000), Millis(0), Millis(20'001))), SiteHealth::kStalled)
      << "what passed since it was heard counts";
}

TEST(LivenessTest, ASiteTwentyTimesSlowerThanTheRestIsNeitherStalledNorDead) {
  const Millis fast{500};
  EXPECT_EQ(HealthOf(Training(20 * fast, 20 * fast)), SiteHealth::kWell);
}

TEST(LivenessTest, StepsShorterThanAHeartbeatAreGivenSeconds) {
  EXPECT_EQ(HealthOf(Training(Millis(10), Millis(4'400))), SiteHealth::kWell);
  EXPECT_EQ(HealthOf(Training(Millis(10), Millis(4'501))), SiteHealth::kStalled);
}

TEST(LivenessTest, WhoDoesNotTrainOrHasNotMeasuredItsStepsIsNotStalled) {
  for (const auto activity :
       {SiteActivity::kUnknown, SiteActivity::kWaiting, SiteActivity::kFetching,
        SiteActivity::kQueueing, SiteActivity::kEvaluating, SiteActivity::kSending}) {
    LastHeard heard = Training(Millis(10), Millis(600'000));
    heard.progress.activity = activity;
    EXPECT_EQ(HealthOf(heard), SiteHealth::kWell) << ToString(activity);
  }
  EXPECT_EQ(HealthOf(Training(Millis(0), Millis(600'000))), SiteHealth::kWell);
}

TEST(LivenessTest, TheTimeLeftIsThatOfTheStepsLeftAtTheSitesPace) {
  EXPECT_EQ(PulseOf(Training(Millis(2'000), Millis(0))).left, Millis(13'500));
  EXPECT_EQ(PulseOf(Training(Millis(2'000), Millis(0), Millis(20'000))).left, Millis(0));
  EXPECT_EQ(PulseOf(Training(Millis(0), Millis(0))).left, std::nullopt);
  EXPECT_EQ(TimeOfRound(Training(Millis(2'000), Millis(0)).progress), Millis(20'000));
  EXPECT_EQ(TimeOfRound({}), std::nullopt);
}

TEST(LivenessTest, TheTextSaysWhatAPersonNeeds) {
  const auto text = [](const LastHeard& heard) { return PulseText(PulseOf(heard)); };
  EXPECT_EQ(text(Training(Millis(2'000), Millis(0), Millis(0))), "training 3/10, 14 s left");
  EXPECT_EQ(text(Training(Millis(2'000), Millis(80'000), Millis(0))),
            "stalled: no step for 80 s, its steps take 2 s; training 3/10");
  EXPECT_EQ(text(Training(Millis(2'000), Millis(0), Millis(45'000))),
            "dead: nothing heard of it for more than 30 s; training 3/10");
  LastHeard queueing = Training(Millis(2'000), Millis(80'000));
  queueing.progress.activity = SiteActivity::kQueueing;
  EXPECT_EQ(text(queueing), "waiting for its turn to compute");
  EXPECT_EQ(text({}), "training") << "an older site";
}

TEST(LivenessTest, NamesAreReadBack) {
  for (const auto health : {SiteHealth::kWell, SiteHealth::kStalled, SiteHealth::kDead}) {
    EXPECT_EQ(ParseSiteHealth(ToString(health)).value(), health);
  }
  EXPECT_EQ(ParseSiteActivity("queueing").value(), SiteActivity::kQueueing);
  EXPECT_EQ(ParseSiteActivity("").value(), SiteActivity::kUnknown);
  EXPECT_STATUS(ParseSiteHealth("tired"), StatusCode::kInvalidArgument, "tired");
  EXPECT_STATUS(ParseSiteActivity("resting"), StatusCode::kInvalidArgument, "resting");
}

}  // namespace
}  // namespace consilium
