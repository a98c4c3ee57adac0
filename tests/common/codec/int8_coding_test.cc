#include "common/codec/int8_coding.h"

#include "common/base/random_stream.h"
#include "tests/support/status_matchers.h"

#include <cmath>
#include <limits>
#include <vector>

namespace consilium {
namespace {

std::vector<float> Sent(const EntryShape& shape, const std::vector<float>& values) {
  Bytes out(Int8Coding().EncodedSize(shape));
  std::vector<float> decoded(values.size());
  EXPECT_OK(Int8Coding().Encode(shape, values, out, decoded));
  return decoded;
}

TEST(Int8CodingTest, IsOffByHalfAStepOfItsChannelAtMost) {
  RandomStream random(StreamSeed(1, {"int8"}));
  constexpr std::size_t kChannels = 40;
  constexpr std::size_t kLength = 250;
  std::vector<float> values;
  for (std::size_t i = 0; i < kChannels * kLength; ++i) {
    const int magnitude = static_cast<int>(i / kLength) - 20;
    values.push_back(std::ldexp(static_cast<float>(2 * random.Uniform() - 1), magnitude));
  }
  const std::vector<float> decoded = Sent({values.size(), kLength}, values);
  for (std::size_t c = 0; c < kChannels; ++c) {
    float largest = 0;
    for (std::size_t i = 0; i < kLength; ++i) {
      largest = std::max(largest, std::abs(values[c * kLength + i]));
    }
    const double step = static_cast<double>(largest / 127);
    for (std::size_t i = c * kLength; i < (c + 1) * kLength; ++i) {
      const double off = std::abs(static_cast<double>(values[i]) - static_cast<double>(decoded[i]));
      // Beside half a step: the roundings of value / scale and of step * scale, 2^-24 of each.
      ASSERT_LE(off, step * (0.5 + 127 * std::ldexp(1.0, -23)));
    }
  }
}

TEST(Int8CodingTest, TiesGoToEvenAndTheEndsAreReached) {
  const std::vector<float> decoded = Sent({6, 6}, {127, -127, 0.5F, 1.5F, -2.5F, 126.5F});
  EXPECT_EQ(decoded, (std::vector<float>{127, -127, 0, 2, -2, 126}));
}

TEST(Int8CodingTest, AChannelOfZerosOrOfNextToNothingIsSentAsZeros) {
  const float tiny = std::numeric_limits<float>::denorm_min() * 200;
  EXPECT_EQ(Sent({4, 2}, {0, -0.0F, tiny, -tiny}), (std::vector<float>{0, 0, 0, 0}));
}

TEST(Int8CodingTest, AValueThatWouldBecomeInfiniteIsRefused) {
  const std::vector<float> values{1, std::numeric_limits<float>::max()};
  Bytes out(Int8Coding().EncodedSize({2, 2}));
  std::vector<float> decoded(2);
  EXPECT_STATUS(Int8Coding().Encode({2, 2}, values, out, decoded), StatusCode::kDataLoss,
                "too large for int8");
}

}  // namespace
}  // namespace consilium
