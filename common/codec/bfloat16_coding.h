/// Each value as bfloat16, to nearest, ties to even: off by half a unit in its last place at most.
#pragma once

#include "common/codec/value_coding.h"

namespace consilium {

class BFloat16Coding final : public ValueCoding {
 public:
  std::uint64_t EncodedSize(const EntryShape& shape) const override;
  bool keeps_residual() const override { return false; }
  Status Encode(const EntryShape& shape, std::span<const float> values, std::span<std::byte> out,
                std::span<float> decoded) const override;
  Status Decode(const EntryShape& shape, const EncodedReader& encoded, std::uint64_t first,
                std::span<float> into) const override;
};

}  // namespace consilium
