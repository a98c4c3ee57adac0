#include "common/codec/bfloat16_coding.h"

#include "common/base/random_stream.h"
#include "tests/support/status_matchers.h"

#include <cmath>
#include <limits>
#include <vector>

namespace consilium {
namespace {

std::vector<float> Sent(const std::vector<float>& values) {
  const EntryShape shape{values.size(), values.size()};
  Bytes out(BFloat16Coding().EncodedSize(shape));
  std::vector<float> decoded(values.size());
  EXPECT_OK(BFloat16Coding().Encode(shape, values, out, decoded));
  return decoded;
}

TEST(BFloat16CodingTest, IsOffByHalfAUnitInTheLastPlaceAtMost) {
  RandomStream random(StreamSeed(1, {"bf16"}));
  std::vector<float> values;
  values.reserve(10'000);
  for (int i = 0; i < 10'000; ++i) {
    values.push_back(std::ldexp(static_cast<float>(2 * random.Uniform() - 1),
                                static_cast<int>(random.Below(60)) - 30));
  }
  const std::vector<float> decoded = Sent(values);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const float unit = std::ldexp(1.0F, std::ilogb(values[i]) - 7);  // 8 significant bits
    ASSERT_LE(std::abs(decoded[i] - values[i]), unit / 2) << values[i];
  }
}

TEST(BFloat16CodingTest, TiesGoToEven) {
  EXPECT_EQ(Sent({1 + 1.0F / 256, 1 + 3.0F / 256, -1 - 1.0F / 256}),
            (std::vector<float>{1, 1 + 1.0F / 64, -1}));
}

TEST(BFloat16CodingTest, AValueThatWouldBecomeInfiniteIsRefused) {
  const std::vector<float> values{std::numeric_limits<float>::max()};
  Bytes out(2);
  std::vector<float> decoded(1);
  EXPECT_STATUS(BFloat16Coding().Encode({1, 1}, values, out, decoded), StatusCode::kDataLoss,
                "too large for bf16");
}

}  // namespace
}  // namespace consilium
