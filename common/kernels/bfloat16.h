/// bfloat16 as bits, the upper half of a float32, for loops that compilers vectorise.
///
/// Rounding is to nearest, ties to even, as LibTorch rounds; a NaN stays a NaN. Threads: pure.
#pragma once

#include <bit>
#include <cstdint>

namespace consilium {

struct BFloat16 {
  std::uint16_t bits = 0;
};

[[gnu::always_inline]] inline float Widened(BFloat16 value) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(value.bits) << 16);
}

[[gnu::always_inline]] inline BFloat16 Rounded(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t nearest = bits + 0x7fffU + ((bits >> 16) & 1U);
  const std::uint32_t chosen = value != value ? 0x7fc00000U : nearest;
  return {static_cast<std::uint16_t>(chosen >> 16)};
}

}  // namespace consilium
