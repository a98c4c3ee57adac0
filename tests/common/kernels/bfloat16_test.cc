#include "common/kernels/bfloat16.h"

#include <c10/util/BFloat16.h>
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>

namespace consilium {
namespace {

/// Whether both are NaN, or equal bits.
bool Same(BFloat16 ours, c10::BFloat16 theirs) {
  if (std::isnan(static_cast<float>(theirs))) return std::isnan(Widened(ours));
  return ours.bits == theirs.x;
}

TEST(BFloat16Test, RoundsAsLibTorch) {
  std::int64_t different = 0;
  // An odd stride through all bit patterns: every exponent, both signs, NaN, denormals.
  for (std::uint64_t bits = 0; bits <= 0xffffffffU; bits += 1021) {
    const auto value = std::bit_cast<float>(static_cast<std::uint32_t>(bits));
    if (!Same(Rounded(value), c10::BFloat16(value))) ++different;
  }
  EXPECT_EQ(different, 0);
}

TEST(BFloat16Test, RoundsTiesAndEdgesAsLibTorch) {
  for (std::uint32_t upper = 0; upper <= 0xffffU; ++upper) {
    for (const std::uint32_t lower : {0U, 1U, 0x7fffU, 0x8000U, 0x8001U, 0xffffU}) {
      const auto value = std::bit_cast<float>((upper << 16) | lower);
      ASSERT_TRUE(Same(Rounded(value), c10::BFloat16(value))) << std::hex << upper << lower;
    }
  }
}

TEST(BFloat16Test, WideningChangesNoValue) {
  for (std::uint32_t bits = 0; bits <= 0xffffU; ++bits) {
    const BFloat16 value{static_cast<std::uint16_t>(bits)};
    const float wide = Widened(value);
    ASSERT_TRUE(std::isnan(wide) || Rounded(wide).bits == value.bits) << std::hex << bits;
  }
}

}  // namespace
}  // namespace consilium
