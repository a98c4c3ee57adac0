#include "common/data/augment.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace consilium {
namespace {

using Image = std::vector<float>;

Image Noise(std::int64_t size) {
  RandomStream random(5);
  Image image(static_cast<std::size_t>(size * size));
  for (float& value : image) value = static_cast<float>(random.Uniform());
  return image;
}

Image Apply(const Augmentation& augmentation, std::int64_t size, const Image& image) {
  Image result(image.size());
  ApplyAugmentation(augmentation, size, image, result);
  return result;
}

TEST(AugmentTest, NothingDrawnLeavesTheImage) {
  const Image image = Noise(9);
  EXPECT_EQ(Apply({}, 9, image), image);
}

TEST(AugmentTest, FlipMirrorsEachRow) {
  Augmentation flip;
  flip.flip = true;
  EXPECT_EQ(Apply(flip, 3, {1, 2, 3, 4, 5, 6, 7, 8, 9}), (Image{3, 2, 1, 6, 5, 4, 9, 8, 7}));
}

TEST(AugmentTest, ShiftRepeatsTheEdge) {
  Augmentation shift;
  shift.shift_x = 0.25;  // one pixel of four, to the right
  const Image row{1, 2, 3, 4};
  Image image;
  for (int y = 0; y < 4; ++y) image.insert(image.end(), row.begin(), row.end());
  const Image result = Apply(shift, 4, image);
  EXPECT_EQ(Image(result.begin(), result.begin() + 4), (Image{1, 1, 2, 3}));
}

TEST(AugmentTest, QuarterTurnGoesCounterClockwise) {
  Augmentation turn;
  turn.degrees = 90;
  const Image result = Apply(turn, 2, {1, 2, 3, 4});
  const Image expected{2, 4, 1, 3};
  for (std::size_t i = 0; i < 4; ++i) EXPECT_NEAR(result[i], expected[i], 1e-5);
}

TEST(AugmentTest, ZoomAboveOneEnlarges) {
  Augmentation zoom;
  zoom.zoom = 2;
  const Image result = Apply(zoom, 3, {0, 0, 0, 0, 4, 0, 0, 0, 0});
  const Image expected{1, 2, 1, 2, 4, 2, 1, 2, 1};
  for (std::size_t i = 0; i < 9; ++i) EXPECT_NEAR(result[i], expected[i], 1e-5);
}

TEST(AugmentTest, ElasticDeformationMovesSmoothlyAndByFewPixels) {
  constexpr std::int64_t kSize = 128;
  Augmentation elastic;
  elastic.elastic_alpha = 40;
  elastic.elastic_seed = 9;
  Image ramp(kSize * kSize);
  for (std::int64_t i = 0; i < kSize * kSize; ++i) ramp[i] = static_cast<float>(i % kSize);
  const Image result = Apply(elastic, kSize, ramp);
  float largest = 0;
  float roughest = 0;
  for (std::int64_t i = 1; i < kSize * kSize; ++i) {
    largest = std::max(largest, std::abs(result[i] - ramp[i]));
    if (i % kSize != 0) roughest = std::max(roughest, std::abs(result[i] - result[i - 1] - 1));
  }
  EXPECT_GT(largest, 0.1F);
  EXPECT_LT(largest, 4.0F);
  EXPECT_LT(roughest, 1.0F) << "a fold: neighbours changed places";
}

TEST(AugmentTest, DrawsStayInTheirRangesAndEachPartAppearsHalfTheTime) {
  RandomStream random(1);
  int shifted = 0;
  int zoomed = 0;
  int flipped = 0;
  int deformed = 0;
  constexpr int kDraws = 2000;
  for (int i = 0; i < kDraws; ++i) {
    const Augmentation a = DrawAugmentation(random);
    EXPECT_LE(std::max(std::abs(a.shift_x), std::abs(a.shift_y)), 0.1);
    EXPECT_GE(a.zoom, 0.9);
    EXPECT_LE(a.zoom, 1.1);
    EXPECT_EQ(a.degrees, std::round(a.degrees));
    EXPECT_LE(std::abs(a.degrees), 10);
    shifted += a.shift_x != 0 ? 1 : 0;
    zoomed += a.zoom != 1 ? 1 : 0;
    flipped += a.flip ? 1 : 0;
    if (a.elastic_alpha != 0) {
      ++deformed;
      EXPECT_GE(a.elastic_alpha, 20);
      EXPECT_LE(a.elastic_alpha, 40);
    }
  }
  for (const int count : {shifted, zoomed, flipped, deformed}) {
    EXPECT_NEAR(count, kDraws / 2.0, 100);
  }
}

TEST(AugmentTest, EqualStreamsGiveEqualBits) {
  const Image image = Noise(32);
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    RandomStream first(seed);
    RandomStream second(seed);
    EXPECT_EQ(Apply(DrawAugmentation(first), 32, image),
              Apply(DrawAugmentation(second), 32, image));
  }
}

}  // namespace
}  // namespace consilium
