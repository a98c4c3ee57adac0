#include "common/kernels/bfloat16.h"

#include <c10/util/BFloat16.h>
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>

namespace consilium {
namespace {

TEST(BFloat16Test, RoundsAsLibTorchDoes) {
  // Every upper half, with the lower halves around a tie.
  for (std::uint32_t upper = 0; upper <= 0xffff; ++upper) {
    for (const std::uint32_t lower : {0x0U, 0x1U, 0x7fffU, 0x8000U, 0x8001U, 0xffffU}) {
      const auto value = std::bit_cast<float>(upper << 16 | lower);
      if (std::isnan(value)) {
        EXPECT_TRUE(std::isnan(Widened(Rounded(value))));
      } else {
        ASSERT_EQ(Rounded(value).bits, c10::BFloat16(value).x) << value;
      }
    }
  }
}

TEST(BFloat16Test, WideningIsExact) {
  EXPECT_EQ(Widened(Rounded(-1.5F)), -1.5F);
  EXPECT_EQ(Widened(Rounded(std::numeric_limits<float>::infinity())),
            std::numeric_limits<float>::infinity());
  EXPECT_EQ(Widened(Rounded(std::numeric_limits<float>::max())),
            std::numeric_limits<float>::infinity());
}

}  // namespace
}  // namespace consilium
