#include "aggregator/runs/run_queue.h"

#include "tests/support/status_matchers.h"

namespace consilium {
namespace {

class RunQueueTest : public ::testing::Test {
 protected:
  Status To(const std::string& run, RunState state) {
    return queue_.Apply(
        {queue_.last_sequence() + 1, {queue_.last_sequence()}, RunId(run), state, "", "carol"});
  }
  RunState StateOf(const std::string& run) const { return (*queue_.Find(RunId(run)))->state; }
  /// Orders and does what the queue decides.
  Status Order(const std::string& run, RunOrder order) {
    CONSILIUM_ASSIGN_OR_RETURN(const RunState state, queue_.Decide(RunId(run), order));
    return To(run, state);
  }

  RunQueue queue_;
};

TEST_F(RunQueueTest, TheOldestQueuedRunComesNextWhenNoneIsActive) {
  ASSERT_OK(To("first", RunState::kQueued));
  ASSERT_OK(To("second", RunState::kQueued));
  EXPECT_EQ(queue_.NextToOpen(), RunId("first"));
  ASSERT_OK(To("first", RunState::kWaiting));
  EXPECT_EQ(queue_.NextToOpen(), std::nullopt);
  ASSERT_OK(To("first", RunState::kRunning));
  EXPECT_THAT(queue_.Active(), ::testing::ElementsAre(RunId("first")));
  ASSERT_OK(To("first", RunState::kFinished));
  EXPECT_EQ(queue_.NextToOpen(), RunId("second"));
}

TEST_F(RunQueueTest, SoManyRunsAreActiveAsMayBe) {
  queue_ = RunQueue(2);
  for (const char* run : {"first", "second", "third"}) ASSERT_OK(To(run, RunState::kQueued));
  ASSERT_OK(To("first", RunState::kWaiting));
  EXPECT_EQ(queue_.NextToOpen(), RunId("second"));
  ASSERT_OK(To("second", RunState::kWaiting));
  EXPECT_EQ(queue_.NextToOpen(), std::nullopt);
  EXPECT_THAT(queue_.Active(), ::testing::ElementsAre(RunId("first"), RunId("second")));
  ASSERT_OK(To("second", RunState::kRunning));
  EXPECT_EQ(queue_.AfterPhase(RunId("first"), RoundPhase::kFinished, true), RunState::kRunning);
  EXPECT_EQ(queue_.AfterPhase(RunId("second"), RoundPhase::kFinished, true), RunState::kFinished);
  ASSERT_OK(To("second", RunState::kFinished));
  EXPECT_EQ(queue_.NextToOpen(), RunId("third"));
}

TEST_F(RunQueueTest, APausedRunLetsAnotherPassAndGoesOnWhereItWas) {
  ASSERT_OK(To("first", RunState::kQueued));
  ASSERT_OK(To("second", RunState::kQueued));
  ASSERT_OK(To("first", RunState::kWaiting));
  ASSERT_OK(To("first", RunState::kRunning));
  ASSERT_OK(Order("first", RunOrder::kPause));
  EXPECT_THAT(queue_.Active(), ::testing::IsEmpty());
  EXPECT_THAT(queue_.PausedActive(), ::testing::ElementsAre(RunId("first")));
  EXPECT_EQ(queue_.AfterPhase(RunId("first"), RoundPhase::kFinished, true), std::nullopt);
  EXPECT_EQ(queue_.NextToOpen(), RunId("second"));
  ASSERT_OK(To("second", RunState::kWaiting));
  ASSERT_OK(To("third", RunState::kQueued));
  ASSERT_OK(Order("first", RunOrder::kResume));
  EXPECT_EQ(StateOf("first"), RunState::kRunning);
  EXPECT_THAT(queue_.PausedActive(), ::testing::IsEmpty());
  // One more than may be: the next has to wait for both.
  EXPECT_THAT(queue_.Active(), ::testing::ElementsAre(RunId("first"), RunId("second")));
  ASSERT_OK(To("first", RunState::kFinished));
  EXPECT_EQ(queue_.NextToOpen(), std::nullopt);
  ASSERT_OK(Order("second", RunOrder::kCancel));
  EXPECT_EQ(queue_.NextToOpen(), RunId("third"));
}

TEST_F(RunQueueTest, ARunPausedInTheQueueLetsOthersPass) {
  ASSERT_OK(To("first", RunState::kQueued));
  ASSERT_OK(To("second", RunState::kQueued));
  ASSERT_OK(Order("first", RunOrder::kPause));
  EXPECT_EQ(queue_.NextToOpen(), RunId("second"));
  ASSERT_OK(Order("first", RunOrder::kResume));
  EXPECT_EQ(queue_.NextToOpen(), RunId("first"));
}

TEST_F(RunQueueTest, NothingFollowsTheEnd) {
  ASSERT_OK(To("r", RunState::kQueued));
  ASSERT_OK(Order("r", RunOrder::kCancel));
  for (const RunOrder order : {RunOrder::kPause, RunOrder::kResume, RunOrder::kCancel}) {
    EXPECT_STATUS(Order("r", order), StatusCode::kFailedPrecondition, "cancelled");
  }
  for (int state = 0; state < static_cast<int>(RunState::kRemoved); ++state) {
    EXPECT_STATUS(To("r", static_cast<RunState>(state)), StatusCode::kFailedPrecondition, "is");
  }
}

TEST_F(RunQueueTest, OnlyWhatIsOverIsRemovedAndOnlyOnce) {
  ASSERT_OK(To("r", RunState::kQueued));
  EXPECT_STATUS(Order("r", RunOrder::kRemove), StatusCode::kFailedPrecondition,
                "is queued, expected one that is over; cancel it first");
  ASSERT_OK(Order("r", RunOrder::kCancel));
  ASSERT_OK(Order("r", RunOrder::kRemove));
  EXPECT_STATUS(Order("r", RunOrder::kRemove), StatusCode::kFailedPrecondition, "removed already");
  for (int state = 0; state <= static_cast<int>(RunState::kRemoved); ++state) {
    EXPECT_STATUS(To("r", static_cast<RunState>(state)), StatusCode::kFailedPrecondition, "is");
  }
  EXPECT_STATUS(queue_.CheckNew(RunId("r")), StatusCode::kAlreadyExists, "run r");
}

TEST_F(RunQueueTest, ARunThatLackedSitesEndsAsIncomplete) {
  ASSERT_OK(To("r", RunState::kQueued));
  ASSERT_OK(To("r", RunState::kWaiting));
  EXPECT_EQ(queue_.AfterPhase(RunId("r"), RoundPhase::kGathering, true), std::nullopt);
  EXPECT_EQ(queue_.AfterPhase(RunId("r"), RoundPhase::kFinished, false), RunState::kRunning);
  ASSERT_OK(To("r", RunState::kRunning));
  EXPECT_EQ(queue_.AfterPhase(RunId("r"), RoundPhase::kEvaluating, false), std::nullopt);
  EXPECT_EQ(queue_.AfterPhase(RunId("r"), RoundPhase::kFinished, false), RunState::kIncomplete);
  EXPECT_EQ(queue_.AfterPhase(RunId("r"), RoundPhase::kFinished, true), RunState::kFinished);
}

TEST_F(RunQueueTest, NamesAreTakenForGoodAndUnknownOnesAreSaid) {
  ASSERT_OK(To("r", RunState::kQueued));
  ASSERT_OK(Order("r", RunOrder::kCancel));
  EXPECT_STATUS(queue_.CheckNew(RunId("r")), StatusCode::kAlreadyExists, "run r");
  EXPECT_OK(queue_.CheckNew(RunId("s")));
  EXPECT_STATUS(Order("s", RunOrder::kPause), StatusCode::kNotFound, "run s");
  EXPECT_STATUS(To("s", RunState::kRunning), StatusCode::kNotFound, "run s");
}

TEST_F(RunQueueTest, AMissingChangeIsDataLoss) {
  ASSERT_OK(To("r", RunState::kQueued));
  EXPECT_STATUS(queue_.Apply({3, {}, RunId("r"), RunState::kWaiting, "", ""}),
                StatusCode::kDataLoss, "change 3");
}

}  // namespace
}  // namespace consilium
