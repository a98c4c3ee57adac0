/// Each value as one of 255 steps of its channel: value = step * scale, |step| <= 127, where scale is
/// the channel's largest magnitude / 127. A channel is an index of the first dimension: the weights
/// of one output.
///
/// Bytes      float32 scale of each channel, then int8 step of each value.
/// Rounding   to nearest, ties to even: off by half a scale at most (and the rounding of a float).
///            A channel whose scale would be no normal number is sent as zeros.
/// Source     per output channel, symmetric: Krishnamoorthi 2018 (arXiv 1806.08342), section 3.
#pragma once

#include "common/codec/value_coding.h"

namespace consilium {

class Int8Coding final : public ValueCoding {
 public:
  std::uint64_t EncodedSize(const EntryShape& shape) const override;
  bool keeps_residual() const override { return true; }
  Status Encode(const EntryShape& shape, std::span<const float> values, std::span<std::byte> out,
                std::span<float> decoded) const override;
  Status Decode(const EntryShape& shape, const EncodedReader& encoded, std::uint64_t first,
                std::span<float> into) const override;
};

}  // namespace consilium
