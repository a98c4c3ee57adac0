#include "common/codec/top_share_coding.h"

#include "common/base/random_stream.h"
#include "tests/support/status_matchers.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace consilium {
namespace {

std::vector<float> Sent(int kept, const std::vector<float>& values, std::vector<float> otherwise) {
  const TopShareCoding coding(kept);
  const EntryShape shape{values.size(), values.size()};
  Bytes out(coding.EncodedSize(shape));
  EXPECT_OK(coding.Encode(shape, values, out, otherwise));
  return otherwise;
}

TEST(TopShareCodingTest, TheLargestAreSentToTheBitAndTheRestNot) {
  RandomStream random(StreamSeed(1, {"top"}));
  std::vector<float> values;
  values.reserve(10'001);
  for (int i = 0; i < 10'001; ++i) values.push_back(static_cast<float>(random.Uniform() - 0.5));
  const std::vector<float> decoded = Sent(100, values, std::vector<float>(values.size()));
  float least_sent = 1;
  float most_unsent = 0;
  int sent = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (decoded[i] != 0) {
      ASSERT_EQ(decoded[i], values[i]);
      least_sent = std::min(least_sent, std::abs(values[i]));
      ++sent;
    } else {
      most_unsent = std::max(most_unsent, std::abs(values[i]));
    }
  }
  EXPECT_EQ(sent, 101);  // 1 percent, rounded up
  EXPECT_GE(least_sent, most_unsent);
}

TEST(TopShareCodingTest, OfEqualChangesTheFirstCount) {
  EXPECT_EQ(Sent(5'000, {1, -1, 1, -1}, {0, 0, 0, 0}), (std::vector<float>{1, -1, 0, 0}));
}

TEST(TopShareCodingTest, WhatCountsIsTheChangeFromWhatHoldsOtherwise) {
  EXPECT_EQ(Sent(2'500, {9, 5, 7, 7}, {9, 8, 6, 7}), (std::vector<float>{9, 5, 6, 7}));
}

TEST(TopShareCodingTest, AllOrAtLeastOneIsSent) {
  EXPECT_EQ(Sent(10'000, {1, 2, 3}, {0, 0, 0}), (std::vector<float>{1, 2, 3}));
  EXPECT_EQ(Sent(1, {1, 2, 3}, {0, 0, 0}), (std::vector<float>{0, 0, 3}));
  EXPECT_EQ(Sent(1, {0, 0, 0}, {0, 0, 0}), (std::vector<float>{0, 0, 0}));
}

}  // namespace
}  // namespace consilium
