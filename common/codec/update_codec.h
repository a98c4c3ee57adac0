/// What travels as an update: a site's new state as bytes, and back.
///
/// Names        common/federation/codec_name.h; a name is stored with each update and changes
///              whenever the bytes change. The bytes: docs/formats/update.md.
/// Exact        fp32 gives the state to the bit, with or without +difference and +zstd. Under the
///              others every entry is exact but trained float32 entries of two or more dimensions
///              with kMinPerChannel values or more for each index of the first (IsLossy).
/// Residual     int8 and top-P% add to what they send what earlier rounds left out, and return what
///              this one leaves out (error feedback). Whose update did not count keeps the residual
///              of before.
/// Base         the model that the round started from, its canonical bytes; the same at both ends.
/// Memory       encoding holds a few copies of the largest entry; decoding fixed buffers.
/// Determinism  one thread, fixed order: equal input, equal bits.
/// Errors       Encode: kDataLoss naming the entry that holds a value that is not finite, or too
///              large for the codec. DecodeRange: hostile bytes are kDataLoss, never a crash or a
///              large allocation; what is decoded may still hold values that are not finite.
/// Threads      immutable.
/// Source       error feedback: Seide et al. 2014 (1-bit SGD), Karimireddy et al. 2019 (arXiv
///              1901.09847); top-k: Lin et al. 2018 (arXiv 1712.01887).
#pragma once

#include "common/base/result.h"
#include "common/codec/encoded_reader.h"
#include "common/federation/parameter_blob.h"

#include <memory>
#include <span>
#include <string_view>

namespace consilium {

/// Entries with fewer (depthwise kernels, narrow heads) are small and suffer most from rounding.
inline constexpr std::uint64_t kMinPerChannel = 16;

/// Whether bf16, int8 and top-P% change values of the entry.
bool IsLossy(const EntrySpec& entry);

struct EncodedUpdate {
  Bytes bytes;
  Bytes residual;  ///< in residual_layout()
};

class UpdateCodec {
 public:
  virtual ~UpdateCodec() = default;
  virtual std::string_view name() const = 0;
  /// Whether Encode and DecodeRange look at the base.
  virtual bool needs_base() const = 0;
  /// Of what is left out of an update: the lossy entries, or none.
  virtual const std::shared_ptr<const Layout>& residual_layout() const = 0;

  /// `state` in the layout of MakeCodec. `residual`: what earlier updates left out; empty: nothing.
  /// Errors: kInvalidArgument: sizes that do not fit the layout.
  virtual Result<EncodedUpdate> Encode(const ParameterBlob& state, ByteView base,
                                       ByteView residual) const = 0;
  /// Errors: kDataLoss if encoded bytes of this size cannot be an update.
  virtual Status CheckSize(std::uint64_t encoded_size) const = 0;
  /// Decoded bytes [offset, offset + into.size()) of the canonical state, any range of them.
  virtual Status DecodeRange(const EncodedReader& encoded, const EncodedReader& base,
                             std::uint64_t offset, std::span<std::byte> into) const = 0;
};

/// Errors: kInvalidArgument for a name that is none, or that this build does not have.
Result<std::unique_ptr<UpdateCodec>> MakeCodec(std::string_view name,
                                               std::shared_ptr<const Layout> layout);

}  // namespace consilium
