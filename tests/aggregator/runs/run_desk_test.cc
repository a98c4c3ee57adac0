#include "aggregator/runs/run_desk.h"

#include "aggregator/in_process_transport.h"
#include "common/config/run_config.h"
#include "common/security/sha256.h"
#include "tests/aggregator/fake_run.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_folder.h"

#include <fstream>

namespace consilium {
namespace {

class RunDeskTest : public ::testing::Test {
 protected:
  RunDeskTest() { Reopen(); }

  /// As after a kill: what is not stored is gone.
  void Reopen() {
    desk_.reset();
    RunDesk::Options options;
    options.state_folder = folder_.File("state");
    options.clock = &clock_;
    auto desk = RunDesk::Open(std::move(options));
    EXPECT_OK(desk);
    if (desk.ok()) desk_ = std::move(*desk);
  }

  Result<RunChange> Start(const std::string& run, int rounds = 1) {
    RunPlan plan = FakePlan(rounds, 2);
    plan.run = RunId(run);
    CONSILIUM_ASSIGN_OR_RETURN(const auto intake,
                               desk_->StartRun(FormatRunPlan(plan), "run.yaml", "carol"));
    const Bytes model = SerializeSafetensors(FakeInitialModel());
    CONSILIUM_RETURN_IF_ERROR(intake->AppendModel(ByteView(model).first(10)));
    CONSILIUM_RETURN_IF_ERROR(intake->AppendModel(ByteView(model).subspan(10)));
    return intake->Finish();
  }

  RunState StateOf(const std::string& run) { return desk_->Show(RunId(run))->summary.last.state; }

  /// The site does what it is told, once.
  Result<InstructionKind> Follow(const std::string& site, const std::string& run) {
    CONSILIUM_ASSIGN_OR_RETURN(const auto coordinator, desk_->Current(SiteId(site)));
    const auto transport = MakeInProcessTransport(SiteId(site), *coordinator);
    CONSILIUM_ASSIGN_OR_RETURN(const Instruction told, transport->NextInstruction(Millis{0}));
    if (told.kind == InstructionKind::kTrain) {
      CONSILIUM_ASSIGN_OR_RETURN(const Bytes model, transport->FetchModel(told.model));
      FakeUpdate update = TrainFake(SiteId(site), told.round, model);
      update.header.run = RunId(run);
      update.header.digest = Digest(Sha256(), update.encoded);
      CONSILIUM_RETURN_IF_ERROR(transport->SubmitUpdate(update.header, update.encoded));
    } else if (told.kind == InstructionKind::kEvaluate) {
      EvaluationReport report = EvaluateFake(SiteId(site), told.model.version);
      report.run = RunId(run);
      CONSILIUM_RETURN_IF_ERROR(transport->SubmitEvaluation(report));
    }
    return told.kind;
  }

  /// The site asks for a run and joins what it gets; the run's name.
  Result<std::string> Join(const std::string& site) {
    CONSILIUM_ASSIGN_OR_RETURN(const auto coordinator, desk_->Offered(SiteId(site)));
    CONSILIUM_RETURN_IF_ERROR(coordinator->Join(FakeDeclaration(site)));
    return coordinator->Offer().plan.run.str();
  }

  /// Until no state changes any more.
  void Finish(const std::string& run) {
    for (int turn = 0; turn < 100 && !IsOver(StateOf(run)); ++turn) {
      for (const char* site : {"A", "C"}) ASSERT_OK(Follow(site, run));
      ASSERT_OK((*desk_->Current(SiteId("A")))->Pump());
      ASSERT_OK(desk_->Tick());
    }
  }

  TempFolder folder_;
  SimulatedClock clock_{{1'000'000}};
  std::unique_ptr<RunDesk> desk_;
};

TEST_F(RunDeskTest, ARunGoesFromTheQueueToItsResult) {
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const RunChange started, Start("one"));
  EXPECT_EQ(started.state, RunState::kQueued);
  EXPECT_EQ(started.actor, "carol");
  EXPECT_STATUS(desk_->Offered(SiteId("A")), StatusCode::kUnavailable, "no run is active");
  ASSERT_OK(desk_->Tick());
  EXPECT_EQ(StateOf("one"), RunState::kWaiting);
  for (const char* site : {"A", "C"}) ASSERT_OK(Join(site));
  ASSERT_OK(desk_->Tick());
  EXPECT_EQ(StateOf("one"), RunState::kRunning);
  Finish("one");
  EXPECT_EQ(StateOf("one"), RunState::kFinished);
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const TensorFile model, desk_->Export(RunId("one")));
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

TEST_F(RunDeskTest, ARunWithoutOneOfItsSitesEndsAsIncomplete) {
  ASSERT_OK(Start("one"));
  ASSERT_OK(desk_->Tick());
  for (const char* site : {"A", "C"}) ASSERT_OK(Join(site));
  ASSERT_OK(Follow("A", "one"));
  clock_.Advance(FakePlan().rounds.deadline);
  const auto run = *desk_->Current(SiteId("A"));
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
