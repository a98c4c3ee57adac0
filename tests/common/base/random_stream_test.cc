#include "common/base/random_stream.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

namespace consilium {
namespace {

TEST(RandomStreamTest, FirstNumbersAreThoseOfSplitmix64) {
  // Published test vector of splitmix64 with seed 1234567.
  RandomStream stream(1234567);
  EXPECT_EQ(stream.Next(), 6457827717110365317ULL);
  EXPECT_EQ(stream.Next(), 3203168211198807973ULL);
}

TEST(RandomStreamTest, StreamsOfDifferentNamesDiffer) {
  EXPECT_NE(StreamSeed(1, {"a", "b"}), StreamSeed(1, {"b", "a"}));
  EXPECT_NE(StreamSeed(1, {"ab"}), StreamSeed(1, {"a", "b"}));
  EXPECT_NE(StreamSeed(1, {"a"}), StreamSeed(2, {"a"}));
  EXPECT_EQ(StreamSeed(1, {"a"}), StreamSeed(1, {"a"}));
}

TEST(RandomStreamTest, BelowStaysBelowAndReachesEveryValue) {
  RandomStream stream(3);
  std::vector<int> seen(5);
  for (int i = 0; i < 1000; ++i) ++seen.at(stream.Below(5));
  for (const int count : seen) EXPECT_GT(count, 100);
}

TEST(RandomStreamTest, NormalHasMeanZeroAndVarianceOne) {
  RandomStream stream(4);
  double sum = 0;
  double square = 0;
  constexpr int kDraws = 20000;
  for (int i = 0; i < kDraws; ++i) {
    const double x = stream.Normal();
    sum += x;
    square += x * x;
  }
  EXPECT_NEAR(sum / kDraws, 0, 0.03);
  EXPECT_NEAR(square / kDraws, 1, 0.05);
}

TEST(RandomStreamTest, ShuffleKeepsEveryItem) {
  std::vector<int> items(20);
  std::iota(items.begin(), items.end(), 0);
  RandomStream stream(5);
  stream.Shuffle(std::span(items));
  EXPECT_FALSE(std::is_sorted(items.begin(), items.end()));
  std::sort(items.begin(), items.end());
  for (int i = 0; i < 20; ++i) EXPECT_EQ(items[static_cast<std::size_t>(i)], i);
}

}  // namespace
}  // namespace consilium
