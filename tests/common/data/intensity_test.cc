#include "common/data/intensity.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace consilium {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;

TEST(IntensityTest, PercentilesInterpolateAsNumpy) {
  // numpy.percentile([1, 2, 3, 4, 10], [2, 50, 98]) -> 1.08, 3, 9.52
  const std::vector<float> integers = {10, 3, 1, 4, 2};
  const IntensityRange counted = PercentileRange(integers, 2, 98);
  EXPECT_FLOAT_EQ(counted.low, 1.08F);
  EXPECT_FLOAT_EQ(counted.high, 9.52F);
  EXPECT_FLOAT_EQ(PercentileRange(integers, 0, 50).high, 3);
  EXPECT_FLOAT_EQ(PercentileRange(integers, 0, 100).high, 10);
}

TEST(IntensityTest, FractionsAndWideRangesAreSortedInstead) {
  // numpy.percentile([-0.5, 0.25, 1.5, 100000], [25, 75]) -> 0.0625, 25001.125
  const std::vector<float> values = {100'000, -0.5F, 1.5F, 0.25F};
  const IntensityRange range = PercentileRange(values, 25, 75);
  EXPECT_FLOAT_EQ(range.low, 0.0625F);
  EXPECT_FLOAT_EQ(range.high, 25001.125F);
}

TEST(IntensityTest, CountingAndSortingAgree) {
  std::vector<float> values;
  values.reserve(1000);
  for (int i = 0; i < 1000; ++i) values.push_back(static_cast<float>((i * 7919) % 4096 - 2048));
  std::vector<float> shifted = values;
  for (float& value : shifted) value += 0.5F;
  const IntensityRange counted = DisplayRange(values);
  const IntensityRange sorted = DisplayRange(shifted);
  EXPECT_FLOAT_EQ(counted.low + 0.5F, sorted.low);
  EXPECT_FLOAT_EQ(counted.high + 0.5F, sorted.high);
}

TEST(IntensityTest, ScalesAndClipsToUnit) {
  std::vector<float> values = {0, 10, 15, 20, 30};
  ScaleToUnit(values, {10, 20});
  EXPECT_THAT(values, ElementsAre(0, 0, 0.5F, 1, 1));
}

TEST(IntensityTest, ConstantValuesBecomeZero) {
  std::vector<float> values = {7, 7, 7};
  ScaleToUnit(values, DisplayRange(values));
  EXPECT_THAT(values, Each(0));
  EXPECT_EQ(PercentileRange({}, 2, 98).high, 0);
}

}  // namespace
}  // namespace consilium
