#include "common/data/batch.h"

#include <gtest/gtest.h>
#include <torch/types.h>

namespace consilium {
namespace {

Dataset TwoImages() {
  Dataset dataset;
  dataset.tasks = {PrognosisTask(), BrixiaTask("zones").value()};
  dataset.samples.resize(2);
  dataset.samples[0].labels = {{1}, {}};
  dataset.samples[1].labels = {{}, {0, 1, 2, 3, 2, 1}};
  dataset.images = torch::linspace(0, 1, 8).expand({2, 8, 8}).contiguous();
  return dataset;
}

TEST(MakeBatchTest, NormalisesWithImageNetStatisticsOnThreeChannels) {
  const Dataset dataset = TwoImages();
  const Indices second{1};
  const Batch batch =
      MakeBatch(dataset, second, {}, {torch::kFloat64, torch::MemoryFormat::Contiguous, {}});
  ASSERT_EQ(batch.images.sizes(), (std::vector<std::int64_t>{1, 3, 8, 8}));
  EXPECT_EQ(batch.images.scalar_type(), torch::kFloat64);
  const double value = dataset.images[1][2][3].item<double>();
  EXPECT_NEAR(batch.images[0][0][2][3].item<double>(), (value - 0.485) / 0.229, 1e-5);
  EXPECT_NEAR(batch.images[0][2][2][3].item<double>(), (value - 0.406) / 0.225, 1e-5);
}

TEST(MakeBatchTest, NormalisesWithTheStatisticsThatTheNetworkExpects) {
  const Dataset dataset = TwoImages();
  const Indices first{0};
  const InputStatistics input{{0.5F, 0.25F, 0.125F}, {0.5F, 1, 2}};
  const Batch batch =
      MakeBatch(dataset, first, {}, {torch::kFloat32, torch::MemoryFormat::Contiguous, input});
  const auto value = dataset.images[0][0][7].item<float>();
  EXPECT_FLOAT_EQ(batch.images[0][0][0][7].item<float>(), (value - 0.5F) / 0.5F);
  EXPECT_FLOAT_EQ(batch.images[0][1][0][7].item<float>(), value - 0.25F);
  EXPECT_FLOAT_EQ(batch.images[0][2][0][7].item<float>(), (value - 0.125F) / 2);
}

TEST(MakeBatchTest, IndicatorFollowsTheLabels) {
  const Indices both{1, 0};
  const Batch batch = MakeBatch(TwoImages(), both, {}, {});
  ASSERT_EQ(batch.targets.size(), 2U);
  EXPECT_TRUE(torch::equal(batch.targets[0].present, torch::tensor({false, true})));
  EXPECT_TRUE(torch::equal(batch.targets[1].present, torch::tensor({true, false})));
  EXPECT_EQ(batch.targets[0].values[1][0].item<int>(), 1);
  EXPECT_TRUE(torch::equal(batch.targets[1].values[0], torch::tensor({0, 1, 2, 3, 2, 1})));
}

TEST(MakeBatchTest, ZoneLabelsFollowAFlip) {
  const Dataset dataset = TwoImages();
  const Indices second{1};
  const torch::Tensor upright = torch::tensor({0, 1, 2, 3, 2, 1});
  const torch::Tensor flipped = torch::tensor({3, 2, 1, 0, 1, 2});
  int flips = 0;
  RandomStream random(1);
  for (int i = 0; i < 20; ++i) {
    const Batch batch = MakeBatch(dataset, second, DrawAugmentations(1, random), {});
    const torch::Tensor zones = batch.targets[1].values[0];
    // The image is brighter on the right; flipped, on the left.
    const torch::Tensor columns = batch.images[0][0].mean(0);
    const bool mirrored = (columns[0] > columns[7]).item<bool>();
    EXPECT_TRUE(torch::equal(zones, mirrored ? flipped : upright));
    flips += mirrored ? 1 : 0;
  }
  EXPECT_GT(flips, 0);
  EXPECT_LT(flips, 20);
}

TEST(MakeBatchTest, LayoutAndTypeChangeNoValue) {
  const Dataset dataset = TwoImages();
  const Indices both{0, 1};
  RandomStream random(4);
  const std::vector<Augmentation> augmentations = DrawAugmentations(2, random);
  const torch::Tensor plain = MakeBatch(dataset, both, augmentations, {}).images;
  EXPECT_TRUE(plain.is_contiguous());
  BatchFormat format;
  format.layout = torch::MemoryFormat::ChannelsLast;
  const torch::Tensor interleaved = MakeBatch(dataset, both, augmentations, format).images;
  EXPECT_TRUE(interleaved.is_contiguous(torch::MemoryFormat::ChannelsLast));
  EXPECT_TRUE(torch::equal(interleaved, plain));
  for (const torch::ScalarType type : {torch::kBFloat16, torch::kFloat16, torch::kFloat64}) {
    format.type = type;
    EXPECT_TRUE(
        torch::equal(MakeBatch(dataset, both, augmentations, format).images, plain.to(type)));
  }
}

TEST(MakeBatchTest, EqualStreamsGiveEqualBits) {
  const Dataset dataset = TwoImages();
  const Indices both{0, 1};
  RandomStream first(4);
  RandomStream second(4);
  EXPECT_TRUE(torch::equal(MakeBatch(dataset, both, DrawAugmentations(2, first), {}).images,
                           MakeBatch(dataset, both, DrawAugmentations(2, second), {}).images));
}

}  // namespace
}  // namespace consilium
