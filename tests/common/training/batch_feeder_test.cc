#include "common/training/batch_feeder.h"

#include "tests/support/status_matchers.h"
#include "tests/support/tiny_data.h"

#include <gtest/gtest.h>
#include <torch/types.h>

namespace consilium {
namespace {

using Batches = std::vector<std::span<const std::int64_t>>;

Batches InTwos(const Indices& images) {
  Batches batches;
  for (std::size_t i = 0; i < images.size(); i += 2) {
    batches.push_back(std::span(images).subspan(i, 2));
  }
  return batches;
}

TEST(BatchFeederTest, BatchesComeInTheirOrderWhateverTheNumberOfThreads) {
  const Dataset data = MakeTinyData(std::vector<Holding>(20, Holding::kBoth));
  const Indices all = AllIndices(data);
  RandomStream random(3);
  const std::vector<Augmentation> augmentations = DrawAugmentations(all.size(), random);
  for (const int workers : {1, 2, 5, 40}) {
    BatchFeeder feeder(data, InTwos(all), augmentations, {workers, torch::kCPU, {}});
    for (std::size_t i = 0; i < all.size(); i += 2) {
      const Batch expected =
          MakeBatch(data, std::span(all).subspan(i, 2), std::span(augmentations).subspan(i, 2), {});
      CONSILIUM_ASSERT_OK_AND_ASSIGN(const Batch batch, feeder.Next());
      EXPECT_TRUE(torch::equal(batch.images, expected.images)) << workers << " threads, " << i;
      EXPECT_TRUE(torch::equal(batch.targets[1].values, expected.targets[1].values));
    }
  }
}

TEST(BatchFeederTest, EndsInTheMiddleOfAnEpoch) {
  const Dataset data = MakeTinyData(std::vector<Holding>(20, Holding::kBoth));
  const Indices all = AllIndices(data);
  BatchFeeder feeder(data, InTwos(all), {}, {3, torch::kCPU, {}});
  ASSERT_OK(feeder.Next());
}

TEST(BatchFeederTest, NoBatchesNeedNoThread) {
  const Dataset data = MakeTinyData({Holding::kBoth});
  const BatchFeeder feeder(data, {}, {}, {2, torch::kCPU, {}});
  EXPECT_EQ(feeder.seconds_waited(), 0);
}

TEST(BatchFeederTest, BatchesHaveTheFormatThatTheNetworkWants) {
  const Dataset data = MakeTinyData(std::vector<Holding>(2, Holding::kBoth));
  const Indices all = AllIndices(data);
  BatchFeeder feeder(data, InTwos(all), {},
                     {1, torch::kCPU, {torch::kBFloat16, torch::MemoryFormat::ChannelsLast, {}}});
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const Batch batch, feeder.Next());
  EXPECT_EQ(batch.images.scalar_type(), torch::kBFloat16);
  EXPECT_TRUE(batch.images.is_contiguous(torch::MemoryFormat::ChannelsLast));
  const Batch exact = MakeBatch(data, all, {}, {});
  EXPECT_TRUE(torch::equal(batch.images, exact.images.to(torch::kBFloat16)));
}

}  // namespace
}  // namespace consilium
