/// A RunDesk over a folder of its own, and the sites of small runs. Threads: one.
#pragma once

#include "aggregator/in_process_transport.h"
#include "aggregator/runs/run_desk.h"
#include "common/config/run_config.h"
#include "common/security/sha256.h"
#include "tests/aggregator/fake_run.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_folder.h"

#include <memory>
#include <string>

namespace consilium {

class RunDeskTest : public ::testing::Test {
 protected:
  RunDeskTest() { Reopen(); }

  /// As after a kill: what is not stored is gone. `state`: another folder.
  void Reopen(const std::string& state = "state") {
    desk_.reset();
    RunDesk::Options options;
    options.state_folder = folder_.File(state);
    options.clock = &clock_;
    options.retention = retention_;
    options.max_active_runs = max_active_runs_;
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
    CONSILIUM_ASSIGN_OR_RETURN(const auto coordinator, desk_->Current(SiteId(site), RunId(run)));
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

  /// The site asks for a run and joins what it gets; the run's name. Without a request as a site
  /// that is in one run at a time.
  Result<std::string> Join(const std::string& site, const RunRequest& request = {}) {
    CONSILIUM_ASSIGN_OR_RETURN(const auto coordinator, desk_->Offered(SiteId(site), request));
    CONSILIUM_RETURN_IF_ERROR(coordinator->Join(FakeDeclaration(site)));
    return coordinator->Offer().plan.run.str();
  }

  /// Until no state changes any more.
  void Finish(const std::string& run) {
    for (int turn = 0; turn < 100 && !IsOver(StateOf(run)); ++turn) {
      for (const char* site : {"A", "C"}) ASSERT_OK(Follow(site, run));
      ASSERT_OK((*desk_->Current(SiteId("A"), RunId(run)))->Pump());
      ASSERT_OK(desk_->Tick());
    }
  }

  TempFolder folder_;
  Retention retention_;
  int max_active_runs_ = 1;
  SimulatedClock clock_{{1'000'000}};
  std::unique_ptr<RunDesk> desk_;
};

}  // namespace consilium
