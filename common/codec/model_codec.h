/// How a model travels to the sites: as it is (fp32), or rounded (bf16).
///
/// bf16         rounds what the update codec bf16 rounds (IsLossy), and writes the same bytes: half
///              of fp32. All other entries are exact. What was rounded once is not changed again.
/// Memory       Encode and DecodeRange go through fixed buffers.
/// Determinism  one thread, fixed order: equal input, equal bits.
/// Errors       Encode: kDataLoss naming the entry that holds a value too large for bf16; those of
///              its arguments. Decoding: bytes that end too early or are too many are kDataLoss.
/// Threads      immutable.
/// Source       docs/decisions/0018-a-rounded-model-travels.md.
#pragma once

#include "common/base/bytes.h"
#include "common/codec/update_codec.h"

#include <functional>
#include <memory>
#include <string_view>

namespace consilium {

class ModelCodec {
 public:
  /// Errors: kInvalidArgument for another name than fp32 and bf16.
  static Result<ModelCodec> Make(std::string_view name, std::shared_ptr<const Layout> layout);

  /// Whether what travels is the model to the bit, and its canonical bytes.
  bool is_exact() const { return exact_; }
  /// Whether values of the entry are changed.
  bool Rounds(const EntrySpec& entry) const { return !exact_ && IsLossy(entry); }
  std::uint64_t encoded_size() const { return encoded_size_; }

  /// Calls `write` with the encoded bytes, piece by piece in order. `model`: canonical bytes.
  Status Encode(const EncodedReader& model, const std::function<Status(ByteView)>& write) const;
  /// Canonical bytes [offset, offset + into.size()) of the model as it travels.
  Status DecodeRange(const EncodedReader& encoded, std::uint64_t offset,
                     std::span<std::byte> into) const;
  /// All of it.
  Result<Bytes> Decode(Bytes encoded) const;

 private:
  ModelCodec(bool exact, std::shared_ptr<const Layout> layout, std::unique_ptr<UpdateCodec> values);

  bool exact_;
  std::shared_ptr<const Layout> layout_;
  std::unique_ptr<UpdateCodec> values_;
  std::uint64_t encoded_size_ = 0;
};

}  // namespace consilium
