#include "common/codec/bfloat16_coding.h"

#include "common/kernels/bfloat16.h"

#include <cmath>
#include <memory>

namespace consilium {
namespace {

void Widen(const std::byte* encoded, std::span<float> into) {
  for (std::size_t i = 0; i < into.size(); ++i) {
    BFloat16 value;
    std::memcpy(&value.bits, encoded + i * 2, 2);
    into[i] = Widened(value);
  }
}

}  // namespace

std::uint64_t BFloat16Coding::EncodedSize(const EntryShape& shape) const {
  return shape.values * 2;
}

Status BFloat16Coding::Encode(const EntryShape& /*shape*/, std::span<const float> values,
                              std::span<std::byte> out, std::span<float> decoded) const {
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::uint16_t bits = Rounded(values[i]).bits;
    std::memcpy(out.data() + i * 2, &bits, 2);
  }
  Widen(out.data(), decoded);
  bool finite = true;
  for (const float value : decoded) finite &= std::isfinite(value);
  return finite ? OkStatus() : DataLoss("holds a value that is too large for bf16");
}

Status BFloat16Coding::Decode(const EntryShape& /*shape*/, const EncodedReader& encoded,
                              std::uint64_t first, std::span<float> into) const {
  const auto raw = std::make_unique_for_overwrite<std::byte[]>(into.size() * 2);
  CONSILIUM_RETURN_IF_ERROR(encoded(first * 2, {raw.get(), into.size() * 2}));
  Widen(raw.get(), into);
  return OkStatus();
}

}  // namespace consilium
