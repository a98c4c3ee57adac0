#include "aggregator/round_coordinator.h"
#include "tests/aggregator/fake_run.h"
#include "tests/support/status_matchers.h"

namespace consilium {
namespace {

class RunActivityTest : public ::testing::Test {
 protected:
  RunActivityTest() {
    run_ = RoundCoordinator::Open(FakeOptions(FakePlan(1, 2), *blobs_, *store_, clock_)).value();
    sites_ = JoinAll(*run_, {"A", "C"});
  }

  SimulatedClock clock_{Timestamp{1'000'000}};
  std::unique_ptr<BlobStore> blobs_ = MakeMemoryBlobStore();
  std::unique_ptr<RoundStore> store_ = MakeMemoryRoundStore();
  std::unique_ptr<RoundCoordinator> run_;
  std::vector<FakeSite> sites_;
};

TEST_F(RunActivityTest, APausedRunHandsOutNothingAndPassesNoDeadline) {
  run_->SetActivity(RunActivity::kPaused);
  EXPECT_TRUE(sites_[0].transport().NextInstruction(Millis{0})->paused);
  EXPECT_EQ(sites_[0].Follow().value(), InstructionKind::kWait);
  clock_.Advance(10 * FakePlan().rounds.deadline);
  ASSERT_OK(run_->Pump());
  for (const RunSnapshot::Site& site : run_->Snapshot().sites) EXPECT_NE(site.state, "lost");
  run_->SetActivity(RunActivity::kActive);
  ASSERT_OK(run_->Pump());
  EXPECT_FALSE(sites_[0].transport().NextInstruction(Millis{0})->paused);
  EXPECT_EQ(sites_[0].Follow().value(), InstructionKind::kTrain);
  EXPECT_EQ(sites_[1].Follow().value(), InstructionKind::kTrain);
  ASSERT_OK(RunToTheEnd(*run_, sites_));
}

TEST_F(RunActivityTest, WhatASiteBeganBeforeThePauseIsTaken) {
  const Instruction told = sites_[0].transport().NextInstruction(Millis{0}).value();
  const Bytes model = sites_[0].transport().FetchModel(told.model).value();
  run_->SetActivity(RunActivity::kPaused);
  const FakeUpdate update = TrainFake(SiteId("A"), 0, model);
  ASSERT_OK(sites_[0].transport().SubmitUpdate(update.header, update.encoded));
  run_->SetActivity(RunActivity::kActive);
  EXPECT_EQ(sites_[0].Follow().value(), InstructionKind::kWait);
}

TEST_F(RunActivityTest, SitesOfAnEndedRunAreToldSo) {
  run_->SetActivity(RunActivity::kEnded);
  EXPECT_EQ(sites_[0].Follow().value(), InstructionKind::kFinish);
  EXPECT_STATUS(run_->FinalModel(), StatusCode::kFailedPrecondition, "not finished");
}

}  // namespace
}  // namespace consilium
