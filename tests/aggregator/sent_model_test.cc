#include "aggregator/sent_model.h"

#include "aggregator/reduction.h"
#include "tests/support/fnv_hasher.h"
#include "tests/support/status_matchers.h"

#include <cstring>

namespace consilium {
namespace {

constexpr std::int64_t kWidth = 20;

std::shared_ptr<const Layout> LayoutOfATrunk() {
  return Layout::Make({{"backbone.conv.weight", ElementType::kFloat32, {3, kWidth}},
                       {"backbone.bn.weight", ElementType::kFloat32, {3}},
                       {"backbone.bn.running_var", ElementType::kFloat32, {3}}})
      .value();
}

/// Off bf16's grid.
Bytes StateNear(float value) {
  Bytes state(LayoutOfATrunk()->byte_size());
  for (std::size_t i = 0; i * sizeof(float) < state.size(); ++i) {
    const float at = value + 1e-4F * static_cast<float>(i % 7);
    std::memcpy(&state[i * sizeof(float)], &at, sizeof(at));
  }
  return state;
}

float ValueAt(const Bytes& state, std::size_t i) {
  float value = 0;
  std::memcpy(&value, &state[i * sizeof(float)], sizeof(value));
  return value;
}

class SentModelTest : public ::testing::Test {
 protected:
  SentModelTest() { Put(ModelBlobName(0), StateNear(1)); }

  void Put(const std::string& name, const Bytes& bytes) {
    ASSERT_OK(blobs_->Append(name, 0, bytes));
    ASSERT_OK(blobs_->Commit(name));
  }
  Bytes Received(RoundNumber version) {
    Bytes bytes(layout_->byte_size());
    EXPECT_OK(sent_.Received(version)(0, bytes));
    return bytes;
  }
  /// One round of one site that adds `change` to every value it received.
  Bytes AfterRound(RoundNumber round, float change, const char* codec_name = "fp32") {
    EXPECT_OK(sent_.Write({"", layout_->byte_size(), round}));
    const Bytes base = Received(round);
    Bytes state = base;
    for (std::size_t i = 0; i * sizeof(float) < state.size(); ++i) {
      const float moved = ValueAt(state, i) + change;
      std::memcpy(&state[i * sizeof(float)], &moved, sizeof(moved));
    }
    const auto codec = MakeCodec(codec_name, layout_).value();
    const SiteId site("A");
    Put(UpdateBlobName(round, site), codec->Encode({layout_, state}, base, {}).value().bytes);
    Aggregate aggregate{round, {"", layout_->byte_size(), round}, {{site, 1}}, {}, {}};
    aggregate.weights[site].backbone = 1;
    const ReductionParts parts{layout_,   codec.get(), strategy_.get(), blobs_.get(),
                               FnvHash(), 1,           &sent_};
    EXPECT_OK(Reduce(parts, aggregate, [] { return false; }));
    return blobs_->ReadAll(ModelBlobName(round + 1)).value();
  }

  std::shared_ptr<const Layout> layout_ = LayoutOfATrunk();
  std::unique_ptr<BlobStore> blobs_ = MakeMemoryBlobStore();
  std::unique_ptr<AggregationStrategy> strategy_ = MakeStrategy(RunPlan()).value();
  SentModels sent_{*blobs_, ModelCodec::Make("bf16", layout_).value(), FnvHash()};
};

TEST_F(SentModelTest, IsNamedByTheBytesThatTravelAndWrittenAgainTheSame) {
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const ModelRef first,
                                 sent_.Write({"kept", layout_->byte_size(), 0}));
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const Bytes bytes, blobs_->ReadAll("sent/v0"));
  EXPECT_EQ(bytes.size(), layout_->byte_size() - 6 * kWidth);
  EXPECT_EQ(first, (ModelRef{Digest(FnvHash(), bytes), bytes.size(), 0}));
  ASSERT_OK(blobs_->Append("sent/v0", 0, AsBytes("left by a crash")));
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const ModelRef again,
                                 sent_.Write({"kept", layout_->byte_size(), 0}));
  EXPECT_EQ(again, first);
}

TEST_F(SentModelTest, AnExactCodecSendsTheModelItself) {
  const SentModels exact(*blobs_, ModelCodec::Make("fp32", layout_).value(), FnvHash());
  const ModelRef kept{"kept", layout_->byte_size(), 0};
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const ModelRef sent, exact.Write(kept));
  EXPECT_EQ(sent, kept);
  EXPECT_EQ(exact.BlobName(0), ModelBlobName(0));
  EXPECT_FALSE(exact.RoundsAny());
}

TEST_F(SentModelTest, ASiteThatChangesNothingLeavesTheModelToTheBit) {
  for (const char* codec : {"fp32", "bf16+difference"}) {
    EXPECT_TRUE(AfterRound(0, 0, codec) == StateNear(1)) << codec;
    EXPECT_FALSE(Received(0) == StateNear(1));
  }
}

TEST_F(SentModelTest, ChangesBelowARoundingStepAddUpOverTheRounds) {
  constexpr int kRounds = 40;
  constexpr float kChange = 1e-4F;  // bf16's step at 1 is 2^-7
  for (const char* codec : {"fp32", "bf16+difference"}) {
    Bytes model;
    for (RoundNumber round = 0; round < kRounds; ++round) {
      model = AfterRound(round, kChange, codec);
    }
    for (std::size_t i = 0; i < model.size() / sizeof(float); ++i) {
      const float expected = ValueAt(StateNear(1), i) + kRounds * kChange;
      EXPECT_NEAR(ValueAt(model, i), expected, 5e-5) << codec << ", value " << i;
    }
  }
}

}  // namespace
}  // namespace consilium
