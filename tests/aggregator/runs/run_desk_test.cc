#include "tests/aggregator/runs/run_desk_fixture.h"

#include <filesystem>
#include <fstream>

namespace consilium {
namespace {

TEST_F(RunDeskTest, ARunGoesFromTheQueueToItsResult) {
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const RunChange started, Start("one"));
  EXPECT_EQ(started.state, RunState::kQueued);
  EXPECT_EQ(started.actor, "carol");
  EXPECT_STATUS(desk_->Offered(SiteId("A"), {}), StatusCode::kUnavailable, "no run is active");
  ASSERT_OK(desk_->Tick());
  EXPECT_EQ(StateOf("one"), RunState::kWaiting);
  for (const char* site : {"A", "C"}) ASSERT_OK(Join(site));
  ASSERT_OK(desk_->Tick());
  EXPECT_EQ(StateOf("one"), RunState::kRunning);
  Finish("one");
  EXPECT_EQ(StateOf("one"), RunState::kFinished);
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const TensorFile model, desk_->Export(RunId("one"), {}));
  EXPECT_FALSE(model.blob.bytes.empty());
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const RunDetail detail, desk_->Show(RunId("one")));
  ASSERT_EQ(detail.rounds.size(), 1U);
  for (const LedgerEntry& entry : detail.rounds[0].sites) {
    EXPECT_EQ(entry.standing, SiteStanding::kIn);
  }
}

TEST_F(RunDeskTest, QueueAndStatesOutliveTheProcess) {
  ASSERT_OK(Start("one"));
  ASSERT_OK(Start("two"));
  ASSERT_OK(desk_->Tick());
  for (const char* site : {"A", "C"}) ASSERT_OK(Join(site));
  ASSERT_OK(desk_->Tick());
  ASSERT_OK(desk_->Order(RunId("one"), RunOrder::kPause, "maintenance", "carol"));
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const RunDetail before, desk_->Show(RunId("one")));
  Reopen();
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const RunDetail after, desk_->Show(RunId("one")));
  EXPECT_EQ(after.changes, before.changes);
  EXPECT_EQ(after.changes.back().cause, "maintenance");
  EXPECT_EQ(StateOf("one"), RunState::kPaused);
  EXPECT_EQ(StateOf("two"), RunState::kQueued);
  EXPECT_EQ(Follow("A", "one").value(), InstructionKind::kWait);
  ASSERT_OK(desk_->Order(RunId("one"), RunOrder::kResume, "", "carol"));
  Finish("one");
  EXPECT_EQ(StateOf("one"), RunState::kFinished);
}

TEST_F(RunDeskTest, SitesOfACancelledRunAreToldThatItIsOverWhileTheNextIsOn) {
  ASSERT_OK(Start("one"));
  ASSERT_OK(Start("two"));
  ASSERT_OK(desk_->Tick());
  EXPECT_EQ(Join("A").value(), "one");
  ASSERT_OK(desk_->Order(RunId("one"), RunOrder::kCancel, "wrong labels", "carol"));
  ASSERT_OK(desk_->Tick());
  EXPECT_EQ(StateOf("two"), RunState::kWaiting);
  Reopen();
  EXPECT_EQ(Follow("A", "one").value(), InstructionKind::kFinish);
  EXPECT_EQ(Join("A").value(), "two");
  EXPECT_EQ(Follow("A", "two").value(), InstructionKind::kWait);
}

TEST_F(RunDeskTest, TwoActiveRunsGoOnAfterAKillAndGiveTheModelsOfRunsOneAfterTheOther) {
  for (const char* run : {"one", "two"}) {
    ASSERT_OK(Start(run, 3));
    ASSERT_OK(desk_->Tick());
    for (const char* site : {"A", "C"}) ASSERT_EQ(Join(site).value(), run);
    Finish(run);
    ASSERT_EQ(StateOf(run), RunState::kFinished);
  }
  std::map<std::string, Bytes> expected;
  for (const char* run : {"one", "two"}) expected[run] = desk_->Export(RunId(run), {})->blob.bytes;

  max_active_runs_ = 2;
  Reopen("together");
  for (const char* run : {"one", "two", "three"}) ASSERT_OK(Start(run, 3));
  for (int tick = 0; tick < 3; ++tick) ASSERT_OK(desk_->Tick());
  EXPECT_EQ(StateOf("three"), RunState::kQueued);
  for (const char* site : {"A", "C"}) {
    EXPECT_EQ(Join(site, {true, {}, {}, {}}).value(), "one");
    EXPECT_EQ(Join(site, {true, {}, {RunId("one")}, {}}).value(), "two");
  }
  ASSERT_OK(desk_->Tick());
  ASSERT_OK(Follow("A", "one"));  // acknowledged
  ASSERT_OK(Follow("C", "two"));
  Reopen("together");
  EXPECT_EQ(StateOf("one"), RunState::kRunning);
  EXPECT_EQ(StateOf("two"), RunState::kRunning);
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const std::vector<SiteStatus> sites, desk_->Sites());
  EXPECT_EQ(sites.size(), 4U);  // each in both
  for (int turn = 0; turn < 100 && !IsOver(StateOf("one")); ++turn) {
    for (const char* run : {"two", "one"}) {
      for (const char* site : {"A", "C"}) ASSERT_OK(Follow(site, run));
      ASSERT_OK((*desk_->Current(SiteId("A"), RunId(run)))->Pump());
    }
    ASSERT_OK(desk_->Tick());
  }
  Finish("two");
  for (const char* run : {"one", "two"}) {
    EXPECT_EQ(StateOf(run), RunState::kFinished) << run;
    EXPECT_EQ(desk_->Export(RunId(run), {})->blob.bytes, expected[run]) << run;
  }
  EXPECT_EQ(StateOf("three"), RunState::kWaiting);
  EXPECT_EQ(Join("A", {true, {}, {}, {RunId("one"), RunId("two")}}).value(), "three");
  EXPECT_EQ(desk_->Sites()->size(), 3U);  // A is told of no run that is over, C of both
}

TEST_F(RunDeskTest, APausedRunLetsTheNextPassAndGoesOnBesideIt) {
  ASSERT_OK(Start("one"));
  ASSERT_OK(Start("two"));
  ASSERT_OK(desk_->Tick());
  for (const char* site : {"A", "C"}) EXPECT_EQ(Join(site, {true, {}, {}, {}}).value(), "one");
  ASSERT_OK(desk_->Tick());
  ASSERT_OK(desk_->Order(RunId("one"), RunOrder::kPause, "", "carol"));
  ASSERT_OK(desk_->Tick());
  EXPECT_EQ(StateOf("two"), RunState::kWaiting);
  for (const char* site : {"A", "C"}) {
    EXPECT_EQ(Join(site, {true, {}, {RunId("one")}, {}}).value(), "two");
    EXPECT_EQ(Follow(site, "one").value(), InstructionKind::kWait);
  }
  ASSERT_OK(desk_->Order(RunId("one"), RunOrder::kResume, "", "carol"));
  Finish("two");
  Finish("one");
  EXPECT_EQ(StateOf("one"), RunState::kFinished);
  EXPECT_EQ(StateOf("two"), RunState::kFinished);
}

TEST_F(RunDeskTest, ACallAboutARunThatTheSiteWasNotOfferedIsRefused) {
  max_active_runs_ = 2;
  Reopen();
  ASSERT_OK(Start("one"));
  ASSERT_OK(Start("two"));
  ASSERT_OK(desk_->Tick());
  ASSERT_OK(desk_->Tick());
  EXPECT_EQ(Join("A").value(), "one");
  EXPECT_STATUS(desk_->Current(SiteId("A"), RunId("two")), StatusCode::kNotFound,
                "site A: is not in run two");
  EXPECT_STATUS(desk_->Offered(SiteId("A"), {true, RunId("three"), {}, {}}), StatusCode::kNotFound,
                "run three: is not there for site A");
}

TEST_F(RunDeskTest, ARunWithoutOneOfItsSitesEndsAsIncomplete) {
  ASSERT_OK(Start("one"));
  ASSERT_OK(desk_->Tick());
  for (const char* site : {"A", "C"}) ASSERT_OK(Join(site));
  ASSERT_OK(Follow("A", "one"));
  clock_.Advance(FakePlan().rounds.deadline);
  const auto run = *desk_->Current(SiteId("A"), {});
  ASSERT_OK(run->Pump());
  for (int turn = 0; turn < 3; ++turn) {
    ASSERT_OK(Follow("A", "one"));
    clock_.Advance(FakePlan().rounds.deadline);
    ASSERT_OK(run->Pump());
  }
  ASSERT_OK(desk_->Tick());
  EXPECT_EQ(StateOf("one"), RunState::kIncomplete);
  EXPECT_THAT(desk_->Show(RunId("one"))->summary.last.cause, ::testing::HasSubstr("1 of 2 sites"));
}

TEST_F(RunDeskTest, WhatSpeaksAgainstARunIsSaidBeforeItIsQueued) {
  EXPECT_STATUS(desk_->StartRun("run: one\nquorm: 2\n", "run.yaml", "carol"),
                StatusCode::kInvalidArgument, "run.yaml:");
  CONSILIUM_ASSERT_OK_AND_ASSIGN(auto intake,
                                 desk_->StartRun(FormatRunPlan(FakePlan()), "run.yaml", "carol"));
  ASSERT_OK(intake->AppendModel(AsBytes("no model at all")));
  EXPECT_STATUS(intake->Finish(), StatusCode::kInvalidArgument, "first model");
  intake.reset();
  EXPECT_THAT(*desk_->Runs(), ::testing::IsEmpty());
  ASSERT_OK(Start("fake-run"));
  EXPECT_STATUS(Start("fake-run"), StatusCode::kAlreadyExists, "fake-run");
}

TEST_F(RunDeskTest, ARunWhoseFilesAreBrokenFailsAndTheNextBegins) {
  ASSERT_OK(Start("one"));
  ASSERT_OK(Start("two"));
  std::ofstream(folder_.File("state/runs/one/rounds.sqlite")) << std::string(4096, 'x');
  ASSERT_OK(desk_->Tick());
  EXPECT_EQ(StateOf("one"), RunState::kFailed);
  ASSERT_OK(desk_->Tick());
  EXPECT_EQ(StateOf("two"), RunState::kWaiting);
}

TEST_F(RunDeskTest, ARemovedRunLeavesItsHistoryAndItsSitesFree) {
  ASSERT_OK(Start("one"));
  ASSERT_OK(desk_->Tick());
  for (const char* site : {"A", "C"}) ASSERT_OK(Join(site));
  EXPECT_STATUS(desk_->Order(RunId("one"), RunOrder::kRemove, "", "carol"),
                StatusCode::kFailedPrecondition, "cancel it first");
  Finish("one");
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const RunChange change,
                                 desk_->Order(RunId("one"), RunOrder::kRemove, "disk", "carol"));
  EXPECT_EQ(change.state, RunState::kRemoved);
  EXPECT_FALSE(std::filesystem::exists(folder_.File("state/runs/one")));
  for (const bool reopened : {false, true}) {
    if (reopened) Reopen();
    CONSILIUM_ASSERT_OK_AND_ASSIGN(const RunDetail detail, desk_->Show(RunId("one")));
    EXPECT_EQ(detail.changes.back().cause, "disk");
    EXPECT_FALSE(detail.plan.empty());
    EXPECT_EQ(desk_->Runs()->size(), 1U);
    EXPECT_STATUS(desk_->Export(RunId("one"), {}), StatusCode::kNotFound,
                  "run one: was removed by carol (disk)");
    EXPECT_STATUS(desk_->Offered(SiteId("A"), {}), StatusCode::kUnavailable, "no run is active");
    EXPECT_STATUS(desk_->Current(SiteId("A"), {}), StatusCode::kNotFound, "was removed");
    ASSERT_OK(desk_->Tick());
    EXPECT_FALSE(std::filesystem::exists(folder_.File("state/runs/one")));
  }
  EXPECT_STATUS(Start("one"), StatusCode::kAlreadyExists, "one");
  ASSERT_OK(Start("two"));
  ASSERT_OK(desk_->Tick());
  EXPECT_EQ(Join("A").value(), "two");
}

TEST_F(RunDeskTest, WhatAKillLeftOfARemovedRunOrABrokenStartGoesAtTheNextOne) {
  ASSERT_OK(Start("one"));
  ASSERT_OK(Start("two"));
  ASSERT_OK(desk_->Order(RunId("one"), RunOrder::kCancel, "", "carol"));
  ASSERT_OK(desk_->Order(RunId("one"), RunOrder::kRemove, "", "carol"));
  for (const char* left : {"one/blobs/models", "broken/blobs/first"}) {
    std::filesystem::create_directories(folder_.File(std::string("state/runs/") + left));
  }
  std::filesystem::create_directories(folder_.File("state/runs/unknown"));
  std::ofstream(folder_.File("state/runs/unknown/rounds.sqlite")) << "a log that nobody knows";
  Reopen();
  EXPECT_FALSE(std::filesystem::exists(folder_.File("state/runs/one")));
  EXPECT_FALSE(std::filesystem::exists(folder_.File("state/runs/broken")));
  EXPECT_TRUE(std::filesystem::exists(folder_.File("state/runs/two/rounds.sqlite")));
  EXPECT_TRUE(std::filesystem::exists(folder_.File("state/runs/unknown/rounds.sqlite")));
}

TEST_F(RunDeskTest, ModelsOfTheLatestRoundsAreKeptAndARemovedOneIsSaid) {
  retention_.models = 2;
  Reopen();
  ASSERT_OK(Start("one", 4));
  ASSERT_OK(desk_->Tick());
  for (const char* site : {"A", "C"}) ASSERT_OK(Join(site));
  ASSERT_OK(desk_->Tick());
  EXPECT_STATUS(desk_->Export(RunId("one"), 0), StatusCode::kNotFound,
                "run one: the model of round 0: there is none yet");
  Finish("one");
  const Bytes best = desk_->Export(RunId("one"), {})->blob.bytes;
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const TensorFile last, desk_->Export(RunId("one"), 3));
  EXPECT_EQ(last.blob.bytes, best);  // losses fall with the version
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const TensorFile before, desk_->Export(RunId("one"), 2));
  EXPECT_NE(before.blob.bytes, best);
  EXPECT_EQ(before.metadata.at("model_sha256"), Digest(Sha256(), before.blob.bytes));
  EXPECT_STATUS(desk_->Export(RunId("one"), 1), StatusCode::kNotFound,
                "run one: the model of round 1 was removed (the aggregator keeps the best and the "
                "latest 2), kept are those of rounds 2, 3");
}

TEST_F(RunDeskTest, EventsAreReadOnFromAnyPoint) {
  ASSERT_OK(Start("one"));
  ASSERT_OK(desk_->Tick());
  const std::vector<AdminEvent> all = desk_->Events(0, 100, Millis{0});
  ASSERT_GE(all.size(), 2U);
  EXPECT_EQ(all[0].actor, "carol");
  EXPECT_THAT(all[1].text, ::testing::HasSubstr("waiting"));
  const std::vector<AdminEvent> rest = desk_->Events(all[0].sequence, 100, Millis{0});
  ASSERT_EQ(rest.size(), all.size() - 1);
  EXPECT_EQ(rest[0].sequence, all[1].sequence);
}

}  // namespace
}  // namespace consilium
