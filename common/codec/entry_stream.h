/// An update before compression: its entries one after another, each at an offset and of a size that
/// follow from the layout alone.
///
/// Memory, errors, threads: as UpdateCodec, whose work this is.
#pragma once

#include "common/codec/update_codec.h"
#include "common/codec/value_coding.h"

#include <vector>

namespace consilium {

class EntryStream {
 public:
  /// Errors: kInvalidArgument: an entry that the codec cannot number.
  static Result<EntryStream> Make(const CodecName& name, std::shared_ptr<const Layout> layout);

  std::uint64_t size() const { return offsets_.back(); }
  /// Bytes of a value in most of the stream.
  std::size_t value_width() const;
  bool needs_base() const;
  const std::shared_ptr<const Layout>& residual_layout() const { return residual_layout_; }

  Result<EncodedUpdate> Encode(const ParameterBlob& state, ByteView base, ByteView residual) const;
  Status DecodeRange(const EncodedReader& stream, const EncodedReader& base, std::uint64_t offset,
                     std::span<std::byte> into) const;

 private:
  EntryStream(const CodecName& name, std::shared_ptr<const Layout> layout,
              std::vector<std::uint64_t> offsets, std::shared_ptr<const Layout> residual_layout);

  bool IsCoded(const EntrySpec& entry) const { return coding_ != nullptr && IsLossy(entry); }
  /// fp32+difference: the difference of bit patterns, which loses nothing.
  bool IsBitDifference(const EntrySpec& entry) const;
  Status EncodeValues(std::size_t entry, ByteView state, ByteView base, ByteView residual,
                      std::span<std::byte> out, std::span<std::byte> residual_out) const;
  Status DecodeEntry(std::size_t entry, const EncodedReader& stream, const EncodedReader& base,
                     std::uint64_t from, std::span<std::byte> into) const;
  /// Values [first, first + values.size()) of an entry that is not copied as it is.
  Status DecodeValues(std::size_t entry, const EncodedReader& stream, const EncodedReader& base,
                      std::uint64_t first, std::span<float> values, std::span<float> before) const;

  CodecName name_;
  std::shared_ptr<const ValueCoding> coding_;  // nullptr under fp32
  std::shared_ptr<const Layout> layout_;
  std::vector<std::uint64_t> offsets_;  // into the stream, one more than entries
  std::shared_ptr<const Layout> residual_layout_;
};

}  // namespace consilium
