#include "simulations/report/axis.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

namespace consilium {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

TEST(AxisTest, TicksAreRoundNumbersInsideTheRange) {
  EXPECT_THAT(NiceTicks(0, 1, 6), ElementsAre(0, 0.2, 0.4, 0.6, 0.8, 1));
  EXPECT_THAT(NiceTicks(0.52, 0.71, 5), ElementsAre(0.55, 0.6, 0.65, 0.7));
  EXPECT_THAT(NiceTicks(-3, 12, 4), ElementsAre(0, 5, 10));
}

TEST(AxisTest, TicksAreNeverMoreThanAsked) {
  for (int most = 2; most < 12; ++most) {
    for (const double high : {0.0013, 0.7, 1.0, 9.99, 123.0, 4e9}) {
      EXPECT_LE(NiceTicks(0, high, most).size(), static_cast<std::size_t>(most)) << high;
    }
  }
}

TEST(AxisTest, NoRangeHasNoTicks) {
  EXPECT_THAT(NiceTicks(1, 1, 5), IsEmpty());
  EXPECT_THAT(NiceTicks(2, 1, 5), IsEmpty());
  EXPECT_THAT(NiceTicks(0, std::numeric_limits<double>::infinity(), 5), IsEmpty());
}

TEST(AxisTest, RangeIsWidenedToTicksAndMapsToPixels) {
  const Axis axis = MakeAxis(0.52, 0.71, 100, 300, 6);
  EXPECT_LE(axis.low, 0.52);
  EXPECT_GE(axis.high, 0.71);
  EXPECT_DOUBLE_EQ(axis.Pixel(axis.low), 100);
  EXPECT_DOUBLE_EQ(axis.Pixel(axis.high), 300);
  EXPECT_DOUBLE_EQ(axis.ticks.front(), axis.low);
  EXPECT_DOUBLE_EQ(axis.ticks.back(), axis.high);
}

TEST(AxisTest, TickTextsHaveTheDigitsOfTheirStep) {
  const Axis fine = MakeAxis(0.52, 0.58, 0, 100, 6);
  EXPECT_EQ(fine.TickText(fine.ticks.front()), "0.52");
  const Axis coarse = MakeAxis(0, 1000, 0, 100, 6);
  EXPECT_EQ(coarse.TickText(coarse.ticks.back()), "1000");
}

TEST(AxisTest, EqualBoundsStillMakeAnAxis) {
  const Axis axis = MakeAxis(0.7, 0.7, 0, 100, 6);
  EXPECT_LT(axis.low, 0.7);
  EXPECT_GT(axis.high, 0.7);
  EXPECT_THAT(axis.ticks, Not(SizeIs(0)));
}

}  // namespace
}  // namespace consilium
