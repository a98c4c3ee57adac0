#include "common/codec/model_codec.h"

#include "common/kernels/bfloat16.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <string>
#include <utility>

namespace consilium {
namespace {

/// Of the canonical bytes, read at once.
constexpr std::size_t kModelStep = std::size_t{1} << 18;

/// The float32 values of `bytes` become bfloat16 in place, at its front. False: one is too large.
bool Halve(std::span<std::byte> bytes) {
  bool finite = true;
  for (std::size_t i = 0; i < bytes.size() / sizeof(float); ++i) {
    float value = 0;
    std::memcpy(&value, bytes.data() + i * sizeof(float), sizeof(float));
    const BFloat16 rounded = Rounded(value);
    finite &= std::isfinite(Widened(rounded));
    std::memcpy(bytes.data() + i * sizeof(rounded.bits), &rounded.bits, sizeof(rounded.bits));
  }
  return finite;
}

}  // namespace

ModelCodec::ModelCodec(bool exact, std::shared_ptr<const Layout> layout,
                       std::unique_ptr<UpdateCodec> values)
    : exact_(exact), layout_(std::move(layout)), values_(std::move(values)) {
  for (std::size_t i = 0; i < layout_->entries().size(); ++i) {
    const std::uint64_t size = layout_->size(i);
    encoded_size_ += Rounds(layout_->entries()[i]) ? size / 2 : size;
  }
}

Result<ModelCodec> ModelCodec::Make(std::string_view name, std::shared_ptr<const Layout> layout) {
  if (name != "fp32" && name != "bf16") {
    return InvalidArgument(
        std::string("model_codec: expected fp32 or bf16, found '").append(name).append("'"));
  }
  CONSILIUM_ASSIGN_OR_RETURN(std::unique_ptr<UpdateCodec> values, MakeCodec(name, layout));
  return ModelCodec(name == "fp32", std::move(layout), std::move(values));
}

Status ModelCodec::Encode(const EncodedReader& model,
                          const std::function<Status(ByteView)>& write) const {
  Bytes buffer(kModelStep);
  for (std::size_t i = 0; i < layout_->entries().size(); ++i) {
    const EntrySpec& entry = layout_->entries()[i];
    const std::uint64_t end = layout_->offset(i) + layout_->size(i);
    for (std::uint64_t at = layout_->offset(i); at < end; at += kModelStep) {
      std::span<std::byte> part = std::span(buffer).first(
          static_cast<std::size_t>(std::min<std::uint64_t>(end - at, kModelStep)));
      CONSILIUM_RETURN_IF_ERROR(model(at, part));
      if (Rounds(entry)) {
        if (!Halve(part)) {
          return DataLoss("entry '" + entry.name + "': holds a value that is too large for bf16");
        }
        part = part.first(part.size() / 2);
      }
      CONSILIUM_RETURN_IF_ERROR(write(part));
    }
  }
  return OkStatus();
}

Status ModelCodec::DecodeRange(const EncodedReader& encoded, std::uint64_t offset,
                               std::span<std::byte> into) const {
  return values_->DecodeRange(encoded, EncodedReader(), offset, into);  // which has no base
}

Result<Bytes> ModelCodec::Decode(Bytes encoded) const {
  if (encoded.size() != encoded_size_) {
    return DataLoss("a model of " + std::to_string(encoded.size()) + " bytes, expected " +
                    std::to_string(encoded_size_));
  }
  if (exact_) return encoded;
  const EncodedReader read = [&](std::uint64_t at, std::span<std::byte> part) {
    std::memcpy(part.data(), encoded.data() + at, part.size());  // as the size was checked
    return OkStatus();
  };
  Bytes model(static_cast<std::size_t>(layout_->byte_size()));
  CONSILIUM_RETURN_IF_ERROR(DecodeRange(read, 0, model));
  return model;
}

}  // namespace consilium
