#include "aggregator/reduction.h"

#include "aggregator/blob_names.h"
#include "aggregator/chunk_walk.h"
#include "tests/support/fnv_hasher.h"
#include "tests/support/forwarding_blob_store.h"
#include "tests/support/random_state.h"
#include "tests/support/status_matchers.h"

#include <algorithm>
#include <atomic>

namespace consilium {
namespace {

class MeasuringBlobStore final : public ForwardingBlobStore {
 public:
  using ForwardingBlobStore::ForwardingBlobStore;
  Status ReadAt(std::string_view name, std::uint64_t offset,
                std::span<std::byte> into) const override {
    std::size_t before = largest_;
    while (before < into.size() && !largest_.compare_exchange_weak(before, into.size())) {
    }
    return ForwardingBlobStore::ReadAt(name, offset, into);
  }
  std::size_t largest() const { return largest_; }

 private:
  mutable std::atomic<std::size_t> largest_ = 0;  // readers are several threads
};

/// A trunk of `values` floats beside a single counter.
std::shared_ptr<const Layout> TrunkOf(std::int64_t values) {
  return Layout::Make({{"backbone.bn.num_batches_tracked", ElementType::kInt64, {}},
                       {"backbone.weight", ElementType::kFloat32, {values}}})
      .value();
}

Bytes StateOf(std::int64_t counter, std::int64_t values, float value) {
  Bytes state(8 + static_cast<std::size_t>(values) * 4);
  std::memcpy(state.data(), &counter, 8);
  for (std::size_t at = 8; at < state.size(); at += 4) std::memcpy(&state[at], &value, 4);
  return state;
}

/// Model 1 of five sites with random states under strategy `name`.
Bytes CombinedBy(int threads, const char* name, const std::shared_ptr<const Layout>& layout) {
  RunPlan plan;
  plan.strategy = name;
  const auto strategy = MakeStrategy(plan).value();
  const auto codec = MakeCodec("fp32", layout).value();
  const auto blobs = MakeMemoryBlobStore();
  const auto put = [&](const std::string& blob, std::uint64_t seed) {
    EXPECT_OK(blobs->Append(blob, 0, RandomState(layout, seed).bytes));
    EXPECT_OK(blobs->Commit(blob));
  };
  put(ModelBlobName(0), 1);
  Aggregate aggregate{0, {"", 0, 0}, {}, {}, {}};
  for (int i = 0; i < 5; ++i) {
    const SiteId site(std::string(1, static_cast<char>('A' + i)));
    put(UpdateBlobName(0, site), 2 + static_cast<std::uint64_t>(i));
    aggregate.updates.emplace_back(site, 10 + i);
    aggregate.weights[site].backbone = 0.1 * (i + 1);
  }
  const ReductionParts parts{layout, codec.get(), strategy.get(), blobs.get(), FnvHash(), threads};
  EXPECT_OK(Reduce(parts, aggregate, [] { return false; }));
  return blobs->ReadAll(ModelBlobName(1)).value();
}

class ReductionTest : public ::testing::Test {
 protected:
  void Put(const std::string& name, const Bytes& bytes) {
    ASSERT_OK(blobs_->Append(name, 0, bytes));
    ASSERT_OK(blobs_->Commit(name));
  }
  /// Model 0 is all zero; site i of `sites` sends counter i and values i, with equal weights.
  Aggregate Spool(std::int64_t values, int sites) {
    Put(ModelBlobName(0), StateOf(0, values, 0));
    Aggregate aggregate{0, {"", 0, 0}, {}, {}, {}};
    for (int i = 0; i < sites; ++i) {
      const SiteId site("S" + std::to_string(1000 + i));
      Put(UpdateBlobName(0, site), StateOf(i, values, static_cast<float>(i)));
      aggregate.updates.emplace_back(site, 1);
      aggregate.weights[site].backbone = 1.0 / sites;
    }
    return aggregate;
  }
  Result<ModelRef> Run(const Aggregate& aggregate, std::int64_t values) {
    const auto layout = TrunkOf(values);
    const auto codec = MakeCodec("fp32", layout).value();
    return Reduce({layout, codec.get(), strategy_.get(), &measured_, FnvHash()}, aggregate,
                  [this] { return cancelled_; });
  }

  std::unique_ptr<BlobStore> blobs_ = MakeMemoryBlobStore();
  MeasuringBlobStore measured_{*blobs_};
  std::unique_ptr<AggregationStrategy> strategy_ = MakeStrategy(RunPlan()).value();
  bool cancelled_ = false;
};

TEST_F(ReductionTest, AModelOfManyChunksIsTheMeanOfItsUpdates) {
  constexpr std::int64_t kValues = 700'001;  // not a whole number of chunks
  const Aggregate aggregate = Spool(kValues, 3);
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const ModelRef model, Run(aggregate, kValues));
  const Bytes expected = StateOf(2, kValues, 1);
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const Bytes written, blobs_->ReadAll("models/v1"));
  EXPECT_TRUE(written == expected);
  EXPECT_EQ(model, (ModelRef{Digest(FnvHash(), expected), expected.size(), 1}));
  EXPECT_LE(measured_.largest(), kMaxChunk);
}

TEST_F(ReductionTest, ItsBuffersDoNotGrowWithTheNumberOfSites) {
  constexpr std::int64_t kValues = 100'000;
  constexpr int kSites = 300;
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const ModelRef model, Run(Spool(kValues, kSites), kValues));
  EXPECT_LE(measured_.largest() * (kSites + 2), kReductionMemory);
}

TEST_F(ReductionTest, TheBitsDoNotDependOnTheNumberOfThreads) {
  const auto layout = Layout::Make({{"backbone.weight", ElementType::kFloat32, {300'001}},
                                    {"backbone.bn.running_mean", ElementType::kFloat32, {70'001}},
                                    {"backbone.bn.running_var", ElementType::kFloat32, {70'001}}})
                          .value();
  for (const char* name : {"fedavg", "fedadam", "median", "krum", "geometric-median"}) {
    Bytes expected;
    for (const int threads : {1, 2, 5}) {
      const Bytes model = CombinedBy(threads, name, layout);
      if (expected.empty()) expected = model;
      EXPECT_TRUE(model == expected) << name << " with " << threads << " threads";
    }
  }
}

TEST_F(ReductionTest, DoneAgainItWritesTheSameBytes) {
  const Aggregate aggregate = Spool(100, 3);
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const ModelRef first, Run(aggregate, 100));
  ASSERT_OK(blobs_->Append("models/v1", 0, AsBytes("left by a crash")));
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const ModelRef second, Run(aggregate, 100));
  EXPECT_EQ(first, second);
}

TEST_F(ReductionTest, StopsBetweenChunksWhenCancelled) {
  const Aggregate aggregate = Spool(100, 3);
  cancelled_ = true;
  EXPECT_STATUS(Run(aggregate, 100), StatusCode::kCancelled, "interrupted");
  EXPECT_STATUS(blobs_->Size("models/v1"), StatusCode::kNotFound, "models/v1");
}

TEST_F(ReductionTest, AnUpdateThatEndsTooEarlyNamesItsSite) {
  const Aggregate aggregate = Spool(100, 3);
  Put(UpdateBlobName(0, SiteId("S1001")), Bytes(100));
  EXPECT_STATUS(Run(aggregate, 100), StatusCode::kDataLoss, "update of site S1001");
}

TEST(ChunkWalkTest, CoversEveryByteOnceWithoutCrossingAnEntry) {
  const auto layout = Layout::Make({{"backbone.a", ElementType::kFloat32, {7}},
                                    {"backbone.empty", ElementType::kFloat32, {0}},
                                    {"backbone.b", ElementType::kFloat64, {3}}})
                          .value();
  std::vector<std::pair<std::uint64_t, std::size_t>> seen;
  ASSERT_OK(ForEachChunk(*layout, 19, [&](const Chunk& chunk) {
    seen.emplace_back(chunk.offset, chunk.size);
    return OkStatus();
  }));
  EXPECT_EQ(seen, (std::vector<std::pair<std::uint64_t, std::size_t>>{
                      {0, 16}, {16, 12}, {28, 16}, {44, 8}}));
}

}  // namespace
}  // namespace consilium
