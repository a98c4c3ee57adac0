#include "site_client/grpc/model_draft.h"

#include "tests/support/forwarding_blob_store.h"
#include "tests/support/status_matchers.h"

#include <gmock/gmock.h>

namespace consilium {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::uint64_t kModelSize = 3 << 20;

ModelRef Named(const std::string& digest, RoundNumber version = 4) {
  return {digest, kModelSize, version};
}

class FullBlobStore final : public ForwardingBlobStore {
 public:
  using ForwardingBlobStore::ForwardingBlobStore;
  Status Append(std::string_view name, std::uint64_t offset, ByteView bytes) override {
    if (offset + bytes.size() <= 5'000) return ForwardingBlobStore::Append(name, offset, bytes);
    return ResourceExhausted("/state: no space left");
  }
};

class ModelDraftTest : public ::testing::Test {
 protected:
  /// As one process after the other.
  ModelDraft Open(const ModelRef& model) {
    return {&full_, model, [this](const std::string& line) { lines_.push_back(line); }};
  }

  std::unique_ptr<BlobStore> blobs_ = MakeMemoryBlobStore();
  FullBlobStore full_{*blobs_};
  std::vector<std::string> lines_;
};

TEST_F(ModelDraftTest, GoesOnWithWhatWasThere) {
  ModelDraft before = Open(Named("aa"));
  EXPECT_TRUE(before.Resume().empty());
  before.Append(Bytes(1'000, std::byte{1}));
  before.Append(Bytes(1'000, std::byte{2}));
  ModelDraft after = Open(Named("aa"));
  const Bytes begun = after.Resume();
  ASSERT_EQ(begun.size(), 2'000U);
  EXPECT_EQ(begun.back(), std::byte{2});
  after.Append(Bytes(500));
  EXPECT_EQ(Open(Named("aa")).Resume().size(), 2'500U);
}

TEST_F(ModelDraftTest, AnotherModelsDraftIsDeletedButNotThatOfTheFirstModel) {
  for (const RoundNumber version : {kInitialModel, 4}) {
    ModelDraft draft = Open(Named("aa", version));
    draft.Resume();
    draft.Append(Bytes(1'000));
  }
  EXPECT_TRUE(Open(Named("bb")).Resume().empty());
  EXPECT_TRUE(Open(Named("aa")).Resume().empty());
  EXPECT_EQ(Open(Named("aa", kInitialModel)).Resume().size(), 1'000U);
}

TEST_F(ModelDraftTest, NothingIsLeftOfWhatWasDiscarded) {
  ModelDraft draft = Open(Named("aa"));
  draft.Resume();
  draft.Append(Bytes(1'000));
  draft.Discard();
  EXPECT_EQ(*blobs_->DraftSize("round"), 0U);
  EXPECT_TRUE(draft.Resume().empty());
}

TEST_F(ModelDraftTest, AFullDiskIsToldOnceAndGetsItsRoomBack) {
  ModelDraft draft = Open(Named("aa"));
  draft.Resume();
  for (int i = 0; i < 8; ++i) draft.Append(Bytes(1'000));
  EXPECT_THAT(lines_, ElementsAre(HasSubstr("/state: no space left; the download goes on")));
  EXPECT_EQ(*blobs_->DraftSize("round"), 0U);
}

TEST_F(ModelDraftTest, ModelsWithoutDigestAndSmallOnesAreNotKept) {
  for (const ModelRef& model : {Named(""), ModelRef{"aa", 1'000, 4}}) {
    ModelDraft draft = Open(model);
    draft.Resume();
    draft.Append(Bytes(100));
    EXPECT_TRUE(Open(model).Resume().empty());
  }
}

}  // namespace
}  // namespace consilium
