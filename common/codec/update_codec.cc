#include "common/codec/update_codec.h"

#include "common/codec/entry_stream.h"
#include "common/codec/packed_blocks.h"

#include <utility>

namespace consilium {
namespace {

class NamedCodec : public UpdateCodec {
 public:
  NamedCodec(std::string_view name, EntryStream stream) : name_(name), stream_(std::move(stream)) {}

  std::string_view name() const override { return name_; }
  bool needs_base() const override { return stream_.needs_base(); }
  const std::shared_ptr<const Layout>& residual_layout() const override {
    return stream_.residual_layout();
  }
  Result<EncodedUpdate> Encode(const ParameterBlob& state, ByteView base,
                               ByteView residual) const override {
    return stream_.Encode(state, base, residual);
  }
  Status CheckSize(std::uint64_t encoded_size) const override {
    if (encoded_size == stream_.size()) return OkStatus();
    return DataLoss("an update of " + std::to_string(encoded_size) + " bytes, expected " +
                    std::to_string(stream_.size()));
  }
  Status DecodeRange(const EncodedReader& encoded, const EncodedReader& base, std::uint64_t offset,
                     std::span<std::byte> into) const override {
    return stream_.DecodeRange(encoded, base, offset, into);
  }

 protected:
  const EntryStream& stream() const { return stream_; }

 private:
  std::string name_;
  EntryStream stream_;
};

class PackedCodec final : public NamedCodec {
 public:
  using NamedCodec::NamedCodec;

  Result<EncodedUpdate> Encode(const ParameterBlob& state, ByteView base,
                               ByteView residual) const override {
    CONSILIUM_ASSIGN_OR_RETURN(EncodedUpdate update, stream().Encode(state, base, residual));
    update.bytes = PackedBlocks::Pack(update.bytes, stream().value_width());
    return update;
  }
  Status CheckSize(std::uint64_t encoded_size) const override {
    return PackedBlocks::CheckSize(stream().size(), encoded_size);
  }
  Status DecodeRange(const EncodedReader& encoded, const EncodedReader& base, std::uint64_t offset,
                     std::span<std::byte> into) const override {
    PackedBlocks blocks(encoded, stream().size(), stream().value_width());
    const EncodedReader unpacked = [&](std::uint64_t at, std::span<std::byte> part) {
      return blocks.Read(at, part);
    };
    return stream().DecodeRange(unpacked, base, offset, into);
  }
};

}  // namespace

Result<std::unique_ptr<UpdateCodec>> MakeCodec(std::string_view name,
                                               std::shared_ptr<const Layout> layout) {
  CONSILIUM_ASSIGN_OR_RETURN(const CodecName parsed, ParseCodecName(name));
  if (parsed.zstd && !HasZstd()) {
    return InvalidArgument("codec: this build has no zstd (CONSILIUM_WITH_ZSTD)");
  }
  CONSILIUM_ASSIGN_OR_RETURN(EntryStream stream, EntryStream::Make(parsed, std::move(layout)));
  if (!parsed.zstd) {
    return std::unique_ptr<UpdateCodec>(std::make_unique<NamedCodec>(name, std::move(stream)));
  }
  return std::unique_ptr<UpdateCodec>(std::make_unique<PackedCodec>(name, std::move(stream)));
}

}  // namespace consilium
