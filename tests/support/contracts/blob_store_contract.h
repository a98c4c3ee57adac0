/// What every BlobStore must do. Use:
///
///   INSTANTIATE_TEST_SUITE_P(Memory, BlobStoreContract, ::testing::Values(factory));
#pragma once

#include "common/storage/blob_store.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_folder.h"

#include <functional>

namespace consilium {

struct BlobStoreFactory {
  std::string name;
  /// May keep its bytes in the folder.
  std::function<std::unique_ptr<BlobStore>(const std::string& folder)> make;
};

class BlobStoreContract : public ::testing::TestWithParam<BlobStoreFactory> {
 protected:
  void Put(std::string_view name, std::string_view text) {
    ASSERT_OK(store_->Append(name, 0, AsBytes(text)));
    ASSERT_OK(store_->Commit(name));
  }
  std::string Text(std::string_view name) { return std::string(AsText(*store_->ReadAll(name))); }

  TempFolder folder_;
  std::unique_ptr<BlobStore> store_ = GetParam().make(folder_.path());
};

TEST_P(BlobStoreContract, ABlobAppearsOnlyWhenItIsCommitted) {
  ASSERT_OK(store_->Append("updates/0/A", 0, AsBytes("abc")));
  ASSERT_OK(store_->Append("updates/0/A", 3, AsBytes("de")));
  EXPECT_EQ(*store_->DraftSize("updates/0/A"), 5u);
  EXPECT_STATUS(store_->Size("updates/0/A"), StatusCode::kNotFound, "updates/0/A");
  EXPECT_THAT(*store_->List(""), ::testing::IsEmpty());
  ASSERT_OK(store_->Commit("updates/0/A"));
  EXPECT_EQ(*store_->DraftSize("updates/0/A"), 0u);
  EXPECT_EQ(*store_->Size("updates/0/A"), 5u);
  EXPECT_EQ(Text("updates/0/A"), "abcde");
}

TEST_P(BlobStoreContract, AppendsOnlyAtTheEndOfTheDraft) {
  ASSERT_OK(store_->Append("a", 0, AsBytes("abc")));
  EXPECT_STATUS(store_->Append("a", 0, AsBytes("x")), StatusCode::kFailedPrecondition, "ends at 3");
  EXPECT_STATUS(store_->Append("a", 4, AsBytes("x")), StatusCode::kFailedPrecondition, "ends at 3");
  EXPECT_STATUS(store_->Append("new", 1, AsBytes("x")), StatusCode::kFailedPrecondition, "ends at");
  EXPECT_EQ(*store_->DraftSize("a"), 3u);
}

TEST_P(BlobStoreContract, CommitReplacesWhatWasThere) {
  Put("models/v1", "old and longer");
  Put("models/v1", "new");
  EXPECT_EQ(Text("models/v1"), "new");
}

TEST_P(BlobStoreContract, ADraftDoesNotTouchTheBlobOfItsName) {
  Put("a", "old");
  ASSERT_OK(store_->Append("a", 0, AsBytes("draft")));
  EXPECT_EQ(Text("a"), "old");
  ASSERT_OK(store_->Discard("a"));
  EXPECT_EQ(*store_->DraftSize("a"), 0u);
  EXPECT_EQ(Text("a"), "old");
}

TEST_P(BlobStoreContract, CommitWithoutADraftIsNotFound) {
  EXPECT_STATUS(store_->Commit("a"), StatusCode::kNotFound, "a");
  Put("a", "x");
  EXPECT_STATUS(store_->Commit("a"), StatusCode::kNotFound, "a");
}

TEST_P(BlobStoreContract, AnEmptyBlobIsABlob) {
  Put("empty", "");
  EXPECT_EQ(*store_->Size("empty"), 0u);
  EXPECT_EQ(Text("empty"), "");
}

TEST_P(BlobStoreContract, ReadsRangesAndRefusesThoseBeyondTheEnd) {
  Put("a", "abcdef");
  ASSERT_OK(store_->Append("b", 0, AsBytes("abcdef")));
  Bytes into(3);
  ASSERT_OK(store_->ReadAt("a", 2, into));
  EXPECT_EQ(AsText(into), "cde");
  ASSERT_OK(store_->ReadDraftAt("b", 3, into));
  EXPECT_EQ(AsText(into), "def");
  EXPECT_STATUS(store_->ReadAt("a", 4, into), StatusCode::kDataLoss, "too early");
  EXPECT_STATUS(store_->ReadAt("a", 9, into), StatusCode::kDataLoss, "too early");
  EXPECT_STATUS(store_->ReadDraftAt("b", 4, into), StatusCode::kDataLoss, "too early");
  EXPECT_STATUS(store_->ReadDraftAt("a", 0, into), StatusCode::kNotFound, "a");
  EXPECT_STATUS(store_->ReadAt("b", 0, into), StatusCode::kNotFound, "b");
}

TEST_P(BlobStoreContract, RemoveAndDiscardAreFineWhereNothingIs) {
  EXPECT_OK(store_->Remove("a/b"));
  EXPECT_OK(store_->Discard("a/b"));
  Put("a/b", "x");
  ASSERT_OK(store_->Remove("a/b"));
  EXPECT_STATUS(store_->Size("a/b"), StatusCode::kNotFound, "a/b");
}

TEST_P(BlobStoreContract, ListsCommittedNamesInOrder) {
  Put("updates/1/B", "x");
  Put("updates/1/A", "x");
  Put("updates/10/A", "x");
  Put("models/v1", "x");
  ASSERT_OK(store_->Append("updates/1/C", 0, AsBytes("draft")));
  EXPECT_THAT(*store_->List("updates/1/"), ::testing::ElementsAre("updates/1/A", "updates/1/B"));
  EXPECT_THAT(*store_->List("updates/1"),
              ::testing::ElementsAre("updates/1/A", "updates/1/B", "updates/10/A"));
  EXPECT_EQ(store_->List("")->size(), 4u);
}

TEST_P(BlobStoreContract, RefusesNamesThatCouldLeaveTheStore) {
  for (const std::string name : {"", "/", "/etc/passwd", "..", "a/../b", "./a", "a//b", "a/", "a b",
                                 "a\\b", "x.draft", "a.draft/b"}) {
    EXPECT_STATUS(store_->Append(name, 0, AsBytes("x")), StatusCode::kInvalidArgument, name);
    EXPECT_STATUS(store_->Size(name), StatusCode::kInvalidArgument, name);
    EXPECT_STATUS(store_->Remove(name), StatusCode::kInvalidArgument, name);
    EXPECT_STATUS(store_->Commit(name), StatusCode::kInvalidArgument, name);
    EXPECT_STATUS(store_->Discard(name), StatusCode::kInvalidArgument, name);
  }
  EXPECT_STATUS(store_->Size(std::string(200, 'a')), StatusCode::kInvalidArgument, "aaa");
}

}  // namespace consilium
