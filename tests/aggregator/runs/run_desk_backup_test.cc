#include "aggregator/admin/backup_folder.h"
#include "tests/aggregator/runs/run_desk_fixture.h"

#include <filesystem>
#include <fstream>
#include <thread>

namespace consilium {
namespace {

class RunDeskBackupTest : public RunDeskTest {
 protected:
  /// What the Admin service and an operator's console make of a backup.
  Status Write(const BackupSource& source, const std::string& folder) {
    CONSILIUM_ASSIGN_OR_RETURN(
        const auto writer,
        BackupWriter::Make(folder_.File(folder),
                           [](std::uint64_t, std::uint64_t) { return OkStatus(); }));
    CONSILIUM_RETURN_IF_ERROR(writer->Take(source.start()));
    for (std::size_t i = 0; i < source.files().size(); ++i) {
      const BackupSource::File& file = source.files()[i];
      Bytes bytes(file.file.byte_size);
      CONSILIUM_RETURN_IF_ERROR(source.ReadAt(i, 0, bytes));
      const std::string digest = Digest(Sha256(), bytes);
      EXPECT_TRUE(file.digest.empty() || file.digest == digest) << file.file.path;
      CONSILIUM_RETURN_IF_ERROR(writer->Take(file.file));
      CONSILIUM_RETURN_IF_ERROR(writer->Take(ByteView(bytes)));
      CONSILIUM_RETURN_IF_ERROR(writer->Take(BackupFileEnd{digest}));
    }
    return writer->Finish().status();
  }

  Status Restore(const std::string& folder, const std::string& state) {
    return RestoreBackup(folder_.File(folder), folder_.File(state),
                         [](std::uint64_t, std::uint64_t) { return OkStatus(); })
        .status();
  }

  void Begin(const std::string& run, int rounds) {
    ASSERT_OK(Start(run, rounds));
    ASSERT_OK(desk_->Tick());
    for (const char* site : {"A", "C"}) ASSERT_OK(Join(site));
    ASSERT_OK(desk_->Tick());
  }

  /// Both sites do what they are told until `round` is the current one.
  void GoTo(const std::string& run, RoundNumber round) {
    for (int turn = 0; turn < 100 && desk_->Show(RunId(run))->summary.round < round; ++turn) {
      for (const char* site : {"A", "C"}) ASSERT_OK(Follow(site, run));
      ASSERT_OK((*desk_->Current(SiteId("A"), {}))->Pump());
    }
  }

  Bytes ModelOf(const std::string& run) { return desk_->Export(RunId(run), {})->blob.bytes; }
};

TEST_F(RunDeskBackupTest, ARunGoesOnFromABackupThatWasTakenWithinARound) {
  Begin("one", 4);
  GoTo("one", 2);
  ASSERT_OK(Follow("A", "one"));  // its update of round 2 is acknowledged
  {
    CONSILIUM_ASSERT_OK_AND_ASSIGN(const auto source, desk_->Backup("carol"));
    ASSERT_EQ(source->start().runs.size(), 1U);
    EXPECT_EQ(source->start().runs[0], (BackedUpRun{RunId("one"), RunState::kRunning, 2}));
    // Sent only once the run has gone on and tidied up after itself.
    Finish("one");
    ASSERT_OK(Write(*source, "backup"));
  }
  const Bytes expected = ModelOf("one");
  EXPECT_TRUE(std::filesystem::is_empty(folder_.File("state/backups")));

  ASSERT_OK(Restore("backup", "restored"));
  Reopen("restored");
  EXPECT_EQ(StateOf("one"), RunState::kRunning);
  EXPECT_EQ(desk_->Show(RunId("one"))->summary.round, 2);
  // What A sent is there: only C is asked.
  EXPECT_EQ(Follow("A", "one").value(), InstructionKind::kWait);
  Finish("one");
  EXPECT_EQ(StateOf("one"), RunState::kFinished);
  EXPECT_EQ(ModelOf("one"), expected);
}

TEST_F(RunDeskBackupTest, ABackupOfAnyMomentEndsWithTheSameModel) {
  Begin("one", 8);
  std::vector<std::string> backups;
  std::thread sites([this] { Finish("one"); });
  while (backups.size() < 6 && !IsOver(StateOf("one"))) {
    const auto source = desk_->Backup("carol");
    ASSERT_OK(source);
    backups.push_back("backup" + std::to_string(backups.size()));
    ASSERT_OK(Write(**source, backups.back()));
  }
  sites.join();
  const Bytes expected = ModelOf("one");
  ASSERT_FALSE(backups.empty());
  for (const std::string& backup : backups) {
    ASSERT_OK(Restore(backup, backup + ".state"));
    Reopen(backup + ".state");
    Finish("one");
    EXPECT_EQ(StateOf("one"), RunState::kFinished) << backup;
    EXPECT_EQ(ModelOf("one"), expected) << backup;
  }
}

TEST_F(RunDeskBackupTest, SitesAheadOfARestoredRunTakePartInItsRound) {
  Begin("one", 3);
  GoTo("one", 1);
  CONSILIUM_ASSERT_OK_AND_ASSIGN(auto source, desk_->Backup("carol"));
  ASSERT_OK(Write(*source, "backup"));
  source.reset();
  GoTo("one", 2);
  const auto ahead = *desk_->Current(SiteId("A"), {});
  const Bytes model = MakeInProcessTransport(SiteId("A"), *ahead)
                          ->FetchModel(ahead->NextInstruction(SiteId("A"), Millis{0})->model)
                          .value();
  FakeUpdate late = TrainFake(SiteId("A"), 2, model);
  late.header.run = RunId("one");
  late.header.digest = Digest(Sha256(), late.encoded);

  ASSERT_OK(Restore("backup", "restored"));
  Reopen("restored");
  const auto restored = *desk_->Current(SiteId("A"), {});
  EXPECT_STATUS(restored->BeginUpdate(late.header), StatusCode::kFailedPrecondition,
                "the current round is 1");
  EXPECT_EQ(restored->NextInstruction(SiteId("A"), Millis{0})->round, 1);
  Finish("one");
  EXPECT_EQ(StateOf("one"), RunState::kFinished);
}

TEST_F(RunDeskBackupTest, ASiteThatCameAfterTheBackupIsToldToJoin) {
  ASSERT_OK(Start("one", 1));
  ASSERT_OK(desk_->Tick());
  ASSERT_OK(Join("A"));
  CONSILIUM_ASSERT_OK_AND_ASSIGN(auto source, desk_->Backup("carol"));
  ASSERT_OK(Write(*source, "backup"));
  source.reset();
  ASSERT_OK(Join("C"));
  ASSERT_OK(Restore("backup", "restored"));
  Reopen("restored");
  EXPECT_STATUS(desk_->Current(SiteId("C"), {}), StatusCode::kNotFound, "expected GetRun first");
  ASSERT_OK(Join("C"));
  ASSERT_OK(desk_->Tick());
  Finish("one");
  EXPECT_EQ(StateOf("one"), RunState::kFinished);
}

TEST_F(RunDeskBackupTest, RunsThatAreOverOrWaitInTheQueueAreInIt) {
  Begin("one", 1);
  Finish("one");
  const Bytes expected = ModelOf("one");
  ASSERT_OK(Start("two"));
  Reopen();  // nothing is open any more
  CONSILIUM_ASSERT_OK_AND_ASSIGN(auto source, desk_->Backup("carol"));
  ASSERT_OK(Write(*source, "backup"));
  source.reset();
  ASSERT_OK(Restore("backup", "restored"));
  Reopen("restored");
  EXPECT_EQ(ModelOf("one"), expected);
  EXPECT_EQ(StateOf("two"), RunState::kQueued);
  ASSERT_OK(desk_->Tick());
  EXPECT_EQ(StateOf("two"), RunState::kWaiting);
}

TEST_F(RunDeskBackupTest, OfAFailedRunOnlyItsHistoryIsKept) {
  ASSERT_OK(Start("one"));
  std::ofstream(folder_.File("state/runs/one/rounds.sqlite")) << std::string(4096, 'x');
  ASSERT_OK(desk_->Tick());
  ASSERT_EQ(StateOf("one"), RunState::kFailed);
  CONSILIUM_ASSERT_OK_AND_ASSIGN(auto source, desk_->Backup("carol"));
  ASSERT_EQ(source->files().size(), 1U);
  EXPECT_EQ(source->files()[0].file.path, "runs.sqlite");
  ASSERT_OK(Write(*source, "backup"));
  ASSERT_OK(Restore("backup", "restored"));
  Reopen("restored");
  EXPECT_EQ(StateOf("one"), RunState::kFailed);
}

TEST_F(RunDeskBackupTest, ABackupThatCannotBeWholeNamesTheRunAndLeavesNothing) {
  Begin("one", 1);
  Finish("one");
  Reopen();
  std::ofstream(folder_.File("state/runs/one/rounds.sqlite")) << std::string(4096, 'x');
  EXPECT_STATUS(desk_->Backup("carol"), StatusCode::kDataLoss, "run one: ");
  EXPECT_TRUE(std::filesystem::is_empty(folder_.File("state/backups")));
}

TEST_F(RunDeskBackupTest, WhatAKilledBackupLeavesIsRemovedAtTheNextStart) {
  std::filesystem::create_directories(folder_.File("state/backups/1/runs"));
  std::ofstream(folder_.File("state/backups/1/runs.sqlite")) << "half";
  Reopen();
  EXPECT_FALSE(std::filesystem::exists(folder_.File("state/backups")));
}

TEST_F(RunDeskBackupTest, WhoTookABackupIsAnEvent) {
  ASSERT_OK(Start("one"));
  ASSERT_OK(desk_->Backup("carol"));
  const std::vector<AdminEvent> events = desk_->Events(0, 100, Millis{0});
  EXPECT_EQ(events.back().actor, "carol");
  EXPECT_THAT(events.back().text, ::testing::HasSubstr("backup: "));
}

}  // namespace
}  // namespace consilium
