#include "common/tensor_file/element_conversion.h"

#include "common/base/check.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

namespace consilium {
namespace {

void CopyAsIs(ByteView from, std::span<std::byte> to) {
  CONSILIUM_CHECK(to.size() == from.size());
  std::ranges::copy(from, to.begin());
}

template <typename From, typename To, To (*kConvert)(From)>
void Widened(ByteView from, std::span<std::byte> to) {
  const std::size_t count = from.size() / sizeof(From);
  CONSILIUM_CHECK(to.size() == count * sizeof(To));
  for (std::size_t i = 0; i < count; ++i) {
    From narrow;
    std::memcpy(&narrow, from.data() + i * sizeof(From), sizeof(From));
    const To wide = kConvert(narrow);
    std::memcpy(to.data() + i * sizeof(To), &wide, sizeof(To));
  }
}

float BrainToFloat(std::uint16_t brain) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(brain) << 16);
}

std::int64_t Widen(std::int32_t value) { return value; }

constexpr std::array<ForeignType, 6> kForeignTypes{{
    {"F32", 4, ElementType::kFloat32, CopyAsIs},
    {"F64", 8, ElementType::kFloat64, CopyAsIs},
    {"I64", 8, ElementType::kInt64, CopyAsIs},
    {"F16", 2, ElementType::kFloat32, Widened<std::uint16_t, float, HalfToFloat>},
    {"BF16", 2, ElementType::kFloat32, Widened<std::uint16_t, float, BrainToFloat>},
    {"I32", 4, ElementType::kInt64, Widened<std::int32_t, std::int64_t, Widen>},
}};

}  // namespace

const ForeignType* FindForeignType(std::string_view name) {
  const auto* found = std::ranges::find(kForeignTypes, name, &ForeignType::name);
  return found == kForeignTypes.end() ? nullptr : found;
}

std::string KnownForeignTypes() {
  std::string names;
  for (const ForeignType& type : kForeignTypes) {
    names += (names.empty() ? "" : ", ") + std::string(type.name);
  }
  return names;
}

std::string_view SafetensorsName(ElementType type) {
  switch (type) {
    case ElementType::kFloat32:
      return "F32";
    case ElementType::kFloat64:
      return "F64";
    case ElementType::kInt64:
      return "I64";
  }
  return "";
}

float HalfToFloat(std::uint16_t half) {
  const std::uint32_t sign = (half & 0x8000U) << 16;
  const std::uint32_t exponent = (half >> 10) & 0x1FU;
  const std::uint32_t fraction = half & 0x3FFU;
  if (exponent == 0) {  // zero and subnormal numbers: fraction * 2^-24
    const float magnitude = static_cast<float>(fraction) * 0x1.0p-24F;
    return std::bit_cast<float>(std::bit_cast<std::uint32_t>(magnitude) | sign);
  }
  const std::uint32_t widened = exponent == 0x1F ? 0xFFU : exponent + (127 - 15);
  return std::bit_cast<float>(sign | (widened << 23) | (fraction << 13));
}

}  // namespace consilium
