#include "common/storage/blob_store.h"

#include "tests/support/contracts/blob_store_contract.h"

#include <csignal>
#include <fstream>
#include <sys/resource.h>

namespace consilium {
namespace {

std::string FactoryName(const ::testing::TestParamInfo<BlobStoreFactory>& info) {
  return info.param.name;
}

INSTANTIATE_TEST_SUITE_P(
    AllStores, BlobStoreContract,
    ::testing::Values(BlobStoreFactory{"Memory",
                                       [](const std::string&) { return MakeMemoryBlobStore(); }},
                      BlobStoreFactory{"Disk",
                                       [](const std::string& folder) {
                                         return OpenDiskBlobStore(folder + "/blobs/here").value();
                                       }}),
    FactoryName);

TEST(DiskBlobStoreTest, DraftsAndBlobsOutliveTheStore) {
  const TempFolder folder;
  {
    const auto store = OpenDiskBlobStore(folder.path()).value();
    ASSERT_OK(store->Append("a/b", 0, AsBytes("whole")));
    ASSERT_OK(store->Commit("a/b"));
    ASSERT_OK(store->Append("a/c", 0, AsBytes("half")));
  }
  const auto store = OpenDiskBlobStore(folder.path()).value();
  EXPECT_EQ(AsText(*store->ReadAll("a/b")), "whole");
  EXPECT_EQ(*store->DraftSize("a/c"), 4u);
}

TEST(DiskBlobStoreTest, AFolderThatCannotBeMadeIsTheUsersMistake) {
  const TempFolder folder;
  std::ofstream(folder.File("file")) << "x";
  EXPECT_STATUS(OpenDiskBlobStore(folder.File("file")), StatusCode::kInvalidArgument, "file");
  EXPECT_STATUS(OpenDiskBlobStore(folder.File("file/below")), StatusCode::kInvalidArgument, "file");
}

// A limit on file sizes fails a write in its middle, as a full disk does.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
    handler_ = std::signal(SIGXFSZ, SIG_IGN);
  }
  ~FileSizeLimit() {
    setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }

 private:
  rlimit before_{};
  void (*handler_)(int);
};

TEST(DiskBlobStoreTest, AFullDiskLeavesTheDraftAsItWas) {
  const TempFolder folder;
  const auto store = OpenDiskBlobStore(folder.path()).value();
  ASSERT_OK(store->Append("a", 0, Bytes(900)));
  {
    const FileSizeLimit limit(1000);
    EXPECT_STATUS(store->Append("a", 900, Bytes(500)), StatusCode::kResourceExhausted, "a.draft");
  }
  EXPECT_EQ(*store->DraftSize("a"), 900u);
  EXPECT_OK(store->Append("a", 900, Bytes(500)));
}

}  // namespace
}  // namespace consilium
