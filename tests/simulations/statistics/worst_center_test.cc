#include "simulations/statistics/worst_center.h"

#include <gtest/gtest.h>

#include <vector>

namespace consilium {
namespace {

TEST(WorstCenterTest, IsTheLowestWhereHigherIsBetter) {
  const std::vector<CenterValue> centers = {{"A", 0.8}, {"B", 0.5}, {"C", std::nullopt}};
  const auto worst = WorstCenter(centers, true);
  ASSERT_TRUE(worst);
  EXPECT_EQ(worst->center, "B");
  EXPECT_EQ(worst->value, 0.5);
  EXPECT_NEAR(worst->behind_mean, 0.15, 1e-12);
}

TEST(WorstCenterTest, IsTheHighestOfAnError) {
  const std::vector<CenterValue> centers = {{"A", 0.8}, {"B", 0.5}};
  EXPECT_EQ(WorstCenter(centers, false)->center, "A");
  EXPECT_NEAR(WorstCenter(centers, false)->behind_mean, 0.15, 1e-12);
}

TEST(WorstCenterTest, OfEqualCentersIsTheFirstByName) {
  const std::vector<CenterValue> centers = {{"C", 0.5}, {"A", 0.5}, {"B", 0.5}};
  EXPECT_EQ(WorstCenter(centers, true)->center, "A");
  EXPECT_EQ(WorstCenter(centers, true)->behind_mean, 0.0);
}

TEST(WorstCenterTest, IsUndefinedWithoutAnyValue) {
  EXPECT_FALSE(WorstCenter({}, true));
  EXPECT_FALSE(WorstCenter(std::vector<CenterValue>{{"A", std::nullopt}}, true));
}

}  // namespace
}  // namespace consilium
