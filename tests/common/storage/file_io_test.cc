#include "common/storage/file_io.h"

#include "common/storage/posix_file.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_folder.h"

#include <filesystem>

namespace consilium {
namespace {

TEST(FileIoTest, ReadsBackWhatWasWrittenAndReplacesIt) {
  const TempFolder folder;
  const std::string path = folder.File("model");
  ASSERT_OK(WriteFileAtomically(path, AsBytes("first and longer")));
  ASSERT_OK(WriteFileAtomically(path, AsBytes("second")));
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const Bytes bytes, ReadFile(path, 6));
  EXPECT_EQ(AsText(bytes), "second");
}

TEST(FileIoTest, LeavesNothingBeside) {
  const TempFolder folder;
  ASSERT_OK(WriteFileAtomically(folder.File("a"), AsBytes("x")));
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 1);
}

TEST(FileIoTest, AFileThatIsNotWholeYetHasNoNameToBeLeftBehind) {
  const TempFolder folder;
  {
    CONSILIUM_ASSERT_OK_AND_ASSIGN(PosixFile half, PosixFile::OpenNameless(folder.File("a")));
    ASSERT_OK(half.WriteAt(0, AsBytes("half")));
    EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
  }
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
  CONSILIUM_ASSERT_OK_AND_ASSIGN(PosixFile whole, PosixFile::OpenNameless(folder.File("a")));
  ASSERT_OK(whole.WriteAt(0, AsBytes("whole")));
  ASSERT_OK(whole.GiveName());
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const Bytes bytes, ReadFile(folder.File("a"), 5));
  EXPECT_EQ(AsText(bytes), "whole");
}

TEST(FileIoTest, AMissingFileIsNotFoundByName) {
  const TempFolder folder;
  EXPECT_STATUS(ReadFile(folder.File("absent"), 10), StatusCode::kNotFound, "absent");
}

TEST(FileIoTest, AFileOverItsBoundIsRefused) {
  const TempFolder folder;
  ASSERT_OK(WriteFileAtomically(folder.File("a"), AsBytes("seven b")));
  EXPECT_STATUS(ReadFile(folder.File("a"), 6), StatusCode::kInvalidArgument, "7 bytes");
}

TEST(FileIoTest, AFolderIsNoFile) {
  const TempFolder folder;
  EXPECT_STATUS(ReadFile(folder.path(), 10), StatusCode::kInvalidArgument, folder.path());
  EXPECT_FALSE(WriteFileAtomically(folder.path(), AsBytes("x")).ok());
}

TEST(FileIoTest, AnOutputInAFolderThatIsNotThereNamesTheFile) {
  const TempFolder folder;
  const std::string path = folder.File("absent/a");
  EXPECT_STATUS(WriteFileAtomically(path, AsBytes("x")), StatusCode::kInvalidArgument,
                path + ": cannot be written: No such file");
}

}  // namespace
}  // namespace consilium
