#include "aggregator/admin/backup_folder.h"

#include "common/security/sha256.h"
#include "tests/support/process.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_folder.h"

#include <filesystem>
#include <fstream>

namespace consilium {
namespace {

namespace fs = std::filesystem;

const TransferObserver kNobody = [](std::uint64_t, std::uint64_t) { return OkStatus(); };

std::string Sum(const std::string& text) { return Digest(Sha256(), AsBytes(text)); }

class BackupFolderTest : public ::testing::Test {
 protected:
  BackupStart StartOf(std::int64_t files, std::uint64_t bytes) const {
    return {kBackupFormat, {1'000}, {{RunId("one"), RunState::kRunning, 3}}, files, bytes};
  }

  Status Take(BackupWriter& writer, const std::string& path, const std::string& text) const {
    CONSILIUM_RETURN_IF_ERROR(writer.Take(BackupFile{path, text.size()}));
    CONSILIUM_RETURN_IF_ERROR(writer.Take(AsBytes(text)));
    return writer.Take(BackupFileEnd{Sum(text)});
  }

  Result<BackupManifest> WriteTwoFiles(const TransferObserver& observer = kNobody) {
    CONSILIUM_ASSIGN_OR_RETURN(const auto writer,
                               BackupWriter::Make(folder_.File("backup"), observer));
    CONSILIUM_RETURN_IF_ERROR(writer->Take(StartOf(2, 11)));
    CONSILIUM_RETURN_IF_ERROR(Take(*writer, "runs.sqlite", "queue"));
    CONSILIUM_RETURN_IF_ERROR(Take(*writer, "runs/one/blobs/models/v3", "model."));
    return writer->Finish();
  }

  Status Restore(const std::string& state) {
    return RestoreBackup(folder_.File("backup"), folder_.File(state), kNobody).status();
  }
  /// Names in the test's folder.
  std::vector<std::string> Names() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder_.path())) {
      names.push_back(entry.path().filename().string());
    }
    return names;
  }

  TempFolder folder_;
};

TEST_F(BackupFolderTest, WhatCameIsPutBack) {
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const BackupManifest written, WriteTwoFiles());
  CONSILIUM_ASSERT_OK_AND_ASSIGN(
      const BackupManifest read,
      RestoreBackup(folder_.File("backup/"), folder_.File("state"), kNobody));
  EXPECT_EQ(read, written);
  EXPECT_EQ(read.start.runs[0].round, 3);
  EXPECT_EQ(FileText(folder_.File("state/runs.sqlite")), "queue");
  EXPECT_EQ(FileText(folder_.File("state/runs/one/blobs/models/v3")), "model.");
  EXPECT_THAT(Names(), ::testing::UnorderedElementsAre("backup", "state"));
}

TEST_F(BackupFolderTest, ABackupIsWholeOrAbsent) {
  {
    CONSILIUM_ASSERT_OK_AND_ASSIGN(const auto writer,
                                   BackupWriter::Make(folder_.File("backup"), kNobody));
    ASSERT_OK(writer->Take(StartOf(2, 11)));
    ASSERT_OK(Take(*writer, "runs.sqlite", "queue"));
    EXPECT_STATUS(writer->Finish(), StatusCode::kDataLoss, "ended before it was whole");
    EXPECT_FALSE(fs::exists(folder_.File("backup")));
  }
  EXPECT_THAT(Names(), ::testing::IsEmpty());
  int calls = 0;
  EXPECT_STATUS(WriteTwoFiles([&](std::uint64_t, std::uint64_t) {
                  return ++calls < 3 ? OkStatus() : Cancelled("interrupted");
                }),
                StatusCode::kCancelled, "interrupted");
  EXPECT_THAT(Names(), ::testing::IsEmpty());
}

TEST_F(BackupFolderTest, DamageOnTheWayIsNoticed) {
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const auto writer,
                                 BackupWriter::Make(folder_.File("backup"), kNobody));
  EXPECT_STATUS(writer->Take(BackupFile{"a", 1}), StatusCode::kDataLoss, "start first");
  ASSERT_OK(writer->Take(StartOf(1, 5)));
  EXPECT_STATUS(writer->Take(AsBytes("x")), StatusCode::kDataLoss, "more bytes");
  ASSERT_OK(writer->Take(BackupFile{"runs.sqlite", 5}));
  ASSERT_OK(writer->Take(AsBytes("quXue")));
  EXPECT_STATUS(writer->Take(BackupFileEnd{Sum("queue")}), StatusCode::kDataLoss,
                "runs.sqlite: was damaged on its way");
}

TEST_F(BackupFolderTest, NoFileLeavesTheFolder) {
  for (const char* path : {"../evil", "/etc/evil", "a/../../evil", "", "a//b", "a\nb"}) {
    CONSILIUM_ASSERT_OK_AND_ASSIGN(const auto writer,
                                   BackupWriter::Make(folder_.File("backup"), kNobody));
    ASSERT_OK(writer->Take(StartOf(1, 5)));
    EXPECT_STATUS(writer->Take(BackupFile{path, 5}), StatusCode::kDataLoss, "path");
  }
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const auto writer,
                                 BackupWriter::Make(folder_.File("backup"), kNobody));
  ASSERT_OK(writer->Take(StartOf(2, 10)));
  ASSERT_OK(Take(*writer, "a", "queue"));
  EXPECT_STATUS(writer->Take(BackupFile{"a", 5}), StatusCode::kDataLoss, "came twice");
}

TEST_F(BackupFolderTest, NothingIsOverwritten) {
  ASSERT_OK(WriteTwoFiles());
  EXPECT_STATUS(WriteTwoFiles(), StatusCode::kAlreadyExists, "expected the name of a new folder");
  fs::create_directory(folder_.File("empty"));
  ASSERT_OK(Restore("empty"));
  EXPECT_STATUS(Restore("empty"), StatusCode::kAlreadyExists, "empty: is not empty");
  std::ofstream(folder_.File("file")) << "text";
  EXPECT_STATUS(Restore("file"), StatusCode::kAlreadyExists, "file: is not empty");
}

TEST_F(BackupFolderTest, ADamagedFileIsNamedAndNothingIsRestored) {
  const std::string model = folder_.File("backup/state/runs/one/blobs/models/v3");
  for (const char* damage : {"modal.", "mode", "model..", ""}) {
    fs::remove_all(folder_.File("backup"));
    ASSERT_OK(WriteTwoFiles());
    std::ofstream(model) << damage;
    EXPECT_STATUS(Restore("state"), StatusCode::kDataLoss, "models/v3: is damaged");
    EXPECT_THAT(Names(), ::testing::ElementsAre("backup"));
  }
  fs::remove(model);
  EXPECT_STATUS(Restore("state"), StatusCode::kDataLoss, "models/v3");
}

TEST_F(BackupFolderTest, AFolderThatIsNoBackupIsNamed) {
  EXPECT_STATUS(Restore("state"), StatusCode::kInvalidArgument, "backup: is no backup");
  ASSERT_OK(WriteTwoFiles());
  std::ofstream(folder_.File("backup/backup.json")) << "{\"format\": 2}";
  EXPECT_STATUS(Restore("state"), StatusCode::kFailedPrecondition, "another version");
}

TEST_F(BackupFolderTest, AnInterruptedRestoreLeavesNothing) {
  ASSERT_OK(WriteTwoFiles());
  EXPECT_STATUS(RestoreBackup(folder_.File("backup"), folder_.File("state"),
                              [](std::uint64_t, std::uint64_t) { return Cancelled("enough"); }),
                StatusCode::kCancelled, "enough");
  EXPECT_THAT(Names(), ::testing::ElementsAre("backup"));
}

TEST(BackupManifestTest, IsReadAsItWasWritten) {
  BackupManifest manifest;
  manifest.start = {kBackupFormat,
                    {1'700'000'000'000},
                    {{RunId("a"), RunState::kPaused, 0}, {RunId("b"), RunState::kQueued, {}}},
                    2,
                    5};
  manifest.files = {{{"runs.sqlite", 5}, Sum("queue")}, {{"runs/a/empty", 0}, Sum("")}};
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const BackupManifest read,
                                 ParseManifest(FormatManifest(manifest)));
  EXPECT_EQ(read, manifest);
}

TEST(BackupManifestTest, WhatIsWrongIsNamed) {
  BackupManifest manifest;
  manifest.start.files = 1;
  manifest.start.byte_size = 5;
  manifest.files = {{{"a", 5}, Sum("queue")}};
  const std::string good = FormatManifest(manifest);
  const auto with = [&](const std::string& from, const std::string& to) {
    std::string text = good;
    text.replace(text.find(from), from.size(), to);
    return ParseManifest(text);
  };
  EXPECT_STATUS(with("\"a\"", "\"../a\""), StatusCode::kDataLoss, "path");
  EXPECT_STATUS(with("\"byte_size\": 5", "\"byte_size\": 6"), StatusCode::kDataLoss, "byte_size");
  EXPECT_STATUS(with("\"byte_size\": 5", "\"byte_size\": -5"), StatusCode::kDataLoss, "byte_size");
  EXPECT_STATUS(with("\"sha256\": \"", "\"sha256\": \"X"), StatusCode::kDataLoss, "sha256");
  EXPECT_STATUS(with("\"files\"", "\"fils\""), StatusCode::kDataLoss, "files: expected a list");
  EXPECT_STATUS(with("\"at_millis\"", "\"at\""), StatusCode::kDataLoss, "at_millis");
  EXPECT_STATUS(ParseManifest("[]"), StatusCode::kDataLoss, "no JSON object");
  EXPECT_STATUS(ParseManifest("{\"format\""), StatusCode::kDataLoss, "no JSON object");
}

}  // namespace
}  // namespace consilium
