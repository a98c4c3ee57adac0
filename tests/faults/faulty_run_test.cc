#include "tests/faults/faulty_run.h"

#include "tests/support/status_matchers.h"

namespace consilium {
namespace {

constexpr int kSteps = 160;
constexpr int kSchedulesPerTest = 50;
/// Ten tests of fifty.
constexpr int kTests = 10;

/// A state beside the model must survive too.
std::string StrategyOf(std::uint64_t seed) { return seed % 3 == 0 ? "fedadam" : "fedavg"; }

void PlayAndCheck(const FaultSchedule& schedule, const std::string& strategy) {
  const RunPlan plan = FaultyPlan(strategy);
  const Result<FaultyRunResult> result = PlayFaults(plan, schedule);
  ASSERT_TRUE(result.ok()) << result.status() << "\n" << ToString(schedule);
  EXPECT_EQ(CheckFaultyRun(plan, *result), OkStatus()) << ToString(schedule);
}

void PlayAndCheck(const FaultSchedule& schedule) {
  PlayAndCheck(schedule, StrategyOf(schedule.seed));
}

class FaultyRunTest : public ::testing::TestWithParam<int> {};

TEST_P(FaultyRunTest, EveryAcknowledgedUpdateIsUsedOnceAndTheRunEnds) {
  for (int i = 0; i < kSchedulesPerTest; ++i) {
    const auto seed =
        static_cast<std::uint64_t>(GetParam()) * kSchedulesPerTest + static_cast<std::uint64_t>(i);
    PlayAndCheck(DrawFaults(seed, 3, kSteps));
  }
}

TEST(FaultyBufferedRunTest, UpdatesAreUsedOnceInTheOrderOfTheLogAndTheRunEnds) {
  for (std::uint64_t seed = 1'000; seed < 1'100; ++seed) {
    PlayAndCheck(DrawFaults(seed, 3, kSteps), "fedbuff");
  }
}

INSTANTIATE_TEST_SUITE_P(Schedules, FaultyRunTest, ::testing::Range(0, kTests));

/// Schedules that once failed.
TEST(KeptScheduleTest, AClockThatIsSetBackStopsNoDeadline) {
  PlayAndCheck({487,
                {{21, FaultKind::kUpdateTwice, 0, 0},
                 {69, FaultKind::kConnectionCut, 2, 0},
                 {74, FaultKind::kSiteAway, 1, 41},
                 {78, FaultKind::kClockBack, 0, 1171},
                 {147, FaultKind::kClockForward, 0, 1897},
                 {159, FaultKind::kClockBack, 0, 1026}}});
  PlayAndCheck({492,
                {{2, FaultKind::kClockBack, 0, 1059},
                 {10, FaultKind::kChunkCorrupt, 1, 0},
                 {10, FaultKind::kPowerCut, 0, 4},
                 {67, FaultKind::kSiteLeaves, 1, 0},
                 {69, FaultKind::kClockForward, 0, 203}}});
}

TEST(KeptScheduleTest, AChangedChunkThatOutlivesItsSiteIsSentAgain) {
  PlayAndCheck({254,
                {{2, FaultKind::kChunkTwice, 2, 0},
                 {12, FaultKind::kSiteLeaves, 1, 0},
                 {48, FaultKind::kChunkCorrupt, 0, 0},
                 {91, FaultKind::kDelay, 0, 29},
                 {145, FaultKind::kSiteKilled, 0, 0}}});
}

TEST(CalmRunTest, ARunWithoutFaultsUsesEveryUpdateOfEverySite) {
  const RunPlan plan = FaultyPlan("fedavg");
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const FaultyRunResult result, PlayFaults(plan, {1, {}}));
  EXPECT_OK(CheckFaultyRun(plan, result));
  EXPECT_EQ(result.acknowledged.size(), 12U);
}

TEST(CalmRunTest, FaultsThatLoseNoUpdateLeaveTheModelAsItWouldBe) {
  const RunPlan plan = FaultyPlan("fedadam");
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const FaultyRunResult calm, PlayFaults(plan, {1, {}}));
  const std::vector<FaultKind> harmless = {FaultKind::kSiteKilled,       FaultKind::kConnectionCut,
                                           FaultKind::kChunkTwice,       FaultKind::kChunkCorrupt,
                                           FaultKind::kAggregatorKilled, FaultKind::kPowerCut};
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const FaultSchedule schedule = DrawFaults(seed, 3, kSteps, harmless);
    CONSILIUM_ASSERT_OK_AND_ASSIGN(const FaultyRunResult result, PlayFaults(plan, schedule));
    if (result.acknowledged == calm.acknowledged) {
      EXPECT_EQ(result.model, calm.model) << ToString(schedule);
    }
  }
}

TEST(FaultScheduleTest, IsTheSameForTheSameNumberAndReadsAsAList) {
  const std::string text = ToString(DrawFaults(17, 3, kSteps));
  EXPECT_EQ(text, ToString(DrawFaults(17, 3, kSteps)));
  EXPECT_NE(text, ToString(DrawFaults(18, 3, kSteps)));
  EXPECT_EQ(ToString({4,
                      {{2, FaultKind::kSiteAway, 1, 7},
                       {5, FaultKind::kAggregatorKilled, 0, 3},
                       {9, FaultKind::kChunkTwice, 2, 0}}}),
            "schedule 4: step 2 site B away 7 steps; step 5 aggregator killed 3 steps; step 9 site "
            "C sends a chunk twice;");
}

}  // namespace
}  // namespace consilium
