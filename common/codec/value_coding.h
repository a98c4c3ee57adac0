/// How the values of one lossy entry become fewer bytes: bf16, int8 per channel, top-k.
///
/// An entry's encoded size follows from its shape alone, so every part of it can be found and read
/// by itself. Threads: immutable.
#pragma once

#include "common/base/bytes.h"
#include "common/codec/encoded_reader.h"
#include "common/federation/codec_name.h"

#include <memory>
#include <span>

namespace consilium {

struct EntryShape {
  std::uint64_t values = 0;
  std::uint64_t per_channel = 0;  ///< values for each index of the first dimension
};

class ValueCoding {
 public:
  virtual ~ValueCoding() = default;
  virtual std::uint64_t EncodedSize(const EntryShape& shape) const = 0;
  /// Whether what it leaves out is sent later.
  virtual bool keeps_residual() const = 0;
  /// `out`: EncodedSize bytes. `decoded` holds, for each value, what counts if it is not sent, and
  /// receives what a receiver will see. Values are finite. Errors: kDataLoss: one is too large.
  virtual Status Encode(const EntryShape& shape, std::span<const float> values,
                        std::span<std::byte> out, std::span<float> decoded) const = 0;
  /// Values [first, first + into.size()), `into` as `decoded` above. `encoded` begins at the entry.
  virtual Status Decode(const EntryShape& shape, const EncodedReader& encoded, std::uint64_t first,
                        std::span<float> into) const = 0;
};

/// nullptr for fp32.
std::unique_ptr<ValueCoding> MakeValueCoding(const CodecName& name);

}  // namespace consilium
