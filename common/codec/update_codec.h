/// What travels as an update: a ParameterBlob as bytes and back.
///
/// name() is stored with each update and changes whenever the bytes change. A codec says how to
/// read a range of the decoded blob from the encoded bytes, so that the reduction needs no whole
/// update in memory.
/// "raw": the canonical bytes themselves (fp32 state), encoded size = layout size.
/// Errors: Decode of hostile bytes is kDataLoss, never a crash or a large allocation.
/// Threads: stateless.
#pragma once

#include "common/base/result.h"
#include "common/federation/parameter_blob.h"

#include <functional>
#include <memory>
#include <string_view>

namespace consilium {

/// Reads encoded bytes [offset, offset + into.size()).
using EncodedReader = std::function<Status(std::uint64_t offset, std::span<std::byte> into)>;

class UpdateCodec {
 public:
  virtual ~UpdateCodec() = default;
  virtual std::string_view name() const = 0;
  virtual Result<Bytes> Encode(const ParameterBlob& blob) const = 0;
  /// Errors: kDataLoss if encoded bytes of this size cannot be an update of this layout.
  virtual Status CheckSize(const Layout& layout, std::uint64_t encoded_size) const = 0;
  /// Decoded bytes [offset, offset + into.size()) of the canonical state.
  virtual Status DecodeRange(const Layout& layout, const EncodedReader& encoded,
                             std::uint64_t offset, std::span<std::byte> into) const = 0;
};

/// Errors: kInvalidArgument naming the known codecs.
Result<std::unique_ptr<UpdateCodec>> MakeCodec(std::string_view name);

}  // namespace consilium
