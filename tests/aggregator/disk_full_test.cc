#include "tests/aggregator/fake_run.h"
#include "tests/faults/faulty_stores.h"
#include "tests/support/status_matchers.h"

namespace consilium {
namespace {

using ::testing::HasSubstr;

class DiskFullTest : public ::testing::Test {
 protected:
  DiskFullTest() { Open(); }

  void Open() {
    run_.reset();
    RoundCoordinator::Options options =
        FakeOptions(FakePlan(1, 2), troubled_blobs_, troubled_store_, clock_);
    options.observer = [this](const std::string& line, const RunSnapshot&) {
      lines_.push_back(line);
    };
    run_ = RoundCoordinator::Open(std::move(options)).value();
    sites_ = JoinAll(*run_, {"A", "C"});
  }

  Bytes ModelOfAnUndisturbedRun() {
    const auto blobs = MakeMemoryBlobStore();
    const auto store = MakeMemoryRoundStore();
    const auto run =
        RoundCoordinator::Open(FakeOptions(FakePlan(1, 2), *blobs, *store, clock_)).value();
    std::vector<FakeSite> sites = JoinAll(*run, {"A", "C"});
    EXPECT_OK(RunToTheEnd(*run, sites));
    return run->FinalModel().value().blob.bytes;
  }

  std::int64_t Told(const std::string& part) const {
    return std::ranges::count_if(
        lines_, [&](const std::string& line) { return line.find(part) != std::string::npos; });
  }
  std::size_t Events() const { return store_->Load()->size(); }

  SimulatedClock clock_{Timestamp{1'000'000}};
  DiskTrouble disk_;
  std::unique_ptr<BlobStore> blobs_ = MakeMemoryBlobStore();
  std::unique_ptr<RoundStore> store_ = MakeMemoryRoundStore();
  TroubledBlobStore troubled_blobs_{*blobs_, disk_};
  TroubledRoundStore troubled_store_{*store_, disk_};
  std::vector<std::string> lines_;
  std::unique_ptr<RoundCoordinator> run_;
  std::vector<FakeSite> sites_;
};

TEST_F(DiskFullTest, NoUpdateIsAcknowledgedAndTheOperatorIsToldOnce) {
  const std::size_t before = Events();
  disk_.Fill();
  for (int attempt = 0; attempt < 3; ++attempt) {
    for (FakeSite& site : sites_) {
      EXPECT_STATUS(site.Follow(), StatusCode::kResourceExhausted, "the disk is full");
    }
  }
  EXPECT_EQ(Events(), before);
  EXPECT_EQ(run_->Snapshot().trouble, "updates/0/C: the disk is full");
  EXPECT_EQ(Told("round 0 cannot go on, trying again: updates/0/A: the disk is full"), 1);
  EXPECT_EQ(Told("cannot go on"), 1);
  EXPECT_EQ(Told("goes on"), 0);
}

TEST_F(DiskFullTest, WithRoomAgainTheRunGoesOnByItselfToTheSameModel) {
  disk_.Fill();
  for (FakeSite& site : sites_) EXPECT_FALSE(site.Follow().ok());
  disk_.MakeRoom();
  ASSERT_OK(sites_[0].Follow());
  EXPECT_EQ(run_->Snapshot().trouble, "");
  EXPECT_EQ(Told("round 0 goes on"), 1);
  ASSERT_OK(RunToTheEnd(*run_, sites_));
  EXPECT_EQ(run_->FinalModel()->blob.bytes, ModelOfAnUndisturbedRun());
}

TEST_F(DiskFullTest, AModelThatFindsNoRoomIsMadeAgainFromTheSameUpdates) {
  for (FakeSite& site : sites_) ASSERT_OK(site.Follow());
  disk_.Fill();
  for (int attempt = 0; attempt < 3; ++attempt) {
    EXPECT_STATUS(run_->Pump(), StatusCode::kResourceExhausted, "the disk is full");
  }
  EXPECT_EQ(run_->Snapshot().phase, RoundPhase::kAggregating);
  EXPECT_EQ(Told("cannot go on"), 1);
  disk_.MakeRoom();
  ASSERT_OK(run_->Pump());
  EXPECT_EQ(Told("goes on"), 1);
  EXPECT_EQ(run_->Snapshot().trouble, "");
  ASSERT_OK(RunToTheEnd(*run_, sites_));
  EXPECT_EQ(run_->FinalModel()->blob.bytes, ModelOfAnUndisturbedRun());
}

TEST_F(DiskFullTest, AnEvaluationThatFindsNoRoomIsNotCounted) {
  for (FakeSite& site : sites_) ASSERT_OK(site.Follow());
  ASSERT_OK(run_->Pump());
  ASSERT_EQ(run_->Snapshot().phase, RoundPhase::kEvaluating);
  disk_.Fill();
  EXPECT_STATUS(sites_[0].Follow(), StatusCode::kResourceExhausted, "the disk is full");
  EXPECT_THAT(run_->Snapshot().trouble, HasSubstr("the disk is full"));
  // Killed while the disk is full and started again with room: nothing was lost.
  disk_.MakeRoom();
  Open();
  EXPECT_EQ(run_->Snapshot().trouble, "");
  ASSERT_OK(RunToTheEnd(*run_, sites_));
  EXPECT_EQ(run_->FinalModel()->blob.bytes, ModelOfAnUndisturbedRun());
}

}  // namespace
}  // namespace consilium
