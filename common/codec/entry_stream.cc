#include "common/codec/entry_stream.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

namespace consilium {
namespace {

constexpr std::uint64_t kValue = sizeof(float);
/// Values decoded at a time: what a call holds does not grow with the range.
constexpr std::uint64_t kPiece = 65'536;

EntryShape ShapeOf(const EntrySpec& entry, std::uint64_t byte_size) {
  const std::uint64_t values = byte_size / kValue;
  const auto channels = entry.shape.empty() ? 0 : static_cast<std::uint64_t>(entry.shape.front());
  return {values, channels == 0 ? 0 : values / channels};
}

template <typename T>
bool AllFinite(ByteView bytes) {
  bool finite = true;
  for (std::size_t i = 0; i < bytes.size(); i += sizeof(T)) {
    T value;
    std::memcpy(&value, bytes.data() + i, sizeof(T));
    finite &= std::isfinite(value);
  }
  return finite;
}

bool AllFinite(ElementType type, ByteView bytes) {
  if (type == ElementType::kFloat32) return AllFinite<float>(bytes);
  return type != ElementType::kFloat64 || AllFinite<double>(bytes);
}

std::vector<float> FloatsIn(ByteView bytes) {
  std::vector<float> values(bytes.size() / kValue);
  if (!bytes.empty()) std::memcpy(values.data(), bytes.data(), bytes.size());
  return values;
}

Status Named(const EntrySpec& entry, const Status& status) {
  if (status.ok()) return status;
  std::string name("entry '");
  name.append(entry.name).append("'");
  return status.WithContext(name);
}

std::uint32_t BitsAt(ByteView bytes, std::size_t i) {
  std::uint32_t bits = 0;
  std::memcpy(&bits, bytes.data() + i, sizeof bits);
  return bits;
}

/// The difference of two bit patterns, small numbers of either sign as small ones (zigzag).
void EncodeBitDifference(ByteView state, ByteView base, std::span<std::byte> out) {
  for (std::size_t i = 0; i < state.size(); i += kValue) {
    const std::uint32_t difference = BitsAt(state, i) - BitsAt(base, i);
    const std::uint32_t folded = (difference << 1) ^ (0U - (difference >> 31));
    std::memcpy(out.data() + i, &folded, sizeof folded);
  }
}

float BitSum(float folded_difference, float before) {
  const auto folded = std::bit_cast<std::uint32_t>(folded_difference);
  const std::uint32_t difference = (folded >> 1) ^ (0U - (folded & 1U));
  return std::bit_cast<float>(std::bit_cast<std::uint32_t>(before) + difference);
}

}  // namespace

bool IsLossy(const EntrySpec& entry) {
  if (entry.type != ElementType::kFloat32 || KindOf(entry) != EntryKind::kParameter) return false;
  if (entry.shape.size() < 2 || entry.shape.front() == 0) return false;
  std::uint64_t per_channel = 1;
  for (std::size_t i = 1; i < entry.shape.size(); ++i) {
    per_channel *= static_cast<std::uint64_t>(entry.shape[i]);
  }
  return per_channel >= kMinPerChannel;
}

EntryStream::EntryStream(const CodecName& name, std::shared_ptr<const Layout> layout,
                         std::vector<std::uint64_t> offsets,
                         std::shared_ptr<const Layout> residual_layout)
    : name_(name),
      coding_(MakeValueCoding(name)),
      layout_(std::move(layout)),
      offsets_(std::move(offsets)),
      residual_layout_(std::move(residual_layout)) {}

Result<EntryStream> EntryStream::Make(const CodecName& name, std::shared_ptr<const Layout> layout) {
  const std::unique_ptr<ValueCoding> coding = MakeValueCoding(name);
  std::vector<std::uint64_t> offsets{0};
  std::vector<EntrySpec> left_out;
  offsets.reserve(layout->entries().size() + 1);
  for (std::size_t i = 0; i < layout->entries().size(); ++i) {
    const EntrySpec& entry = layout->entries()[i];
    const bool coded = coding && IsLossy(entry);
    const EntryShape shape = ShapeOf(entry, layout->size(i));
    if (coded && shape.values > std::numeric_limits<std::uint32_t>::max()) {
      return Named(entry, InvalidArgument("holds more than 2^32 - 1 values"));
    }
    offsets.push_back(offsets.back() + (coded ? coding->EncodedSize(shape) : layout->size(i)));
    if (coded && coding->keeps_residual()) left_out.push_back(entry);
  }
  CONSILIUM_ASSIGN_OR_RETURN(std::shared_ptr<const Layout> residual,
                             Layout::Make(std::move(left_out)));
  return EntryStream(name, std::move(layout), std::move(offsets), std::move(residual));
}

std::size_t EntryStream::value_width() const {
  switch (name_.values) {
    case UpdateValues::kFloat32:
      return 4;
    case UpdateValues::kBFloat16:
      return 2;
    case UpdateValues::kInt8:
    case UpdateValues::kTopShare:
      break;
  }
  return 1;
}

bool EntryStream::needs_base() const {
  return name_.difference || name_.values == UpdateValues::kTopShare;
}

bool EntryStream::IsBitDifference(const EntrySpec& entry) const {
  return coding_ == nullptr && name_.difference && entry.type == ElementType::kFloat32;
}

Result<EncodedUpdate> EntryStream::Encode(const ParameterBlob& state, ByteView base,
                                          ByteView residual) const {
  if (!state.layout || *state.layout != *layout_ || state.bytes.size() != layout_->byte_size()) {
    return InvalidArgument("a state of " + std::to_string(state.bytes.size()) +
                           " bytes does not match the layout of " +
                           std::to_string(layout_->byte_size()));
  }
  if (needs_base() && base.size() != layout_->byte_size()) {
    return InvalidArgument("a base of " + std::to_string(base.size()) + " bytes, expected " +
                           std::to_string(layout_->byte_size()));
  }
  if (!residual.empty() && residual.size() != residual_layout_->byte_size()) {
    return InvalidArgument("a residual of " + std::to_string(residual.size()) +
                           " bytes, expected " + std::to_string(residual_layout_->byte_size()));
  }
  EncodedUpdate update;
  update.bytes.resize(static_cast<std::size_t>(size()));
  update.residual.resize(static_cast<std::size_t>(residual_layout_->byte_size()));
  std::span<std::byte> left_out(update.residual);
  for (std::size_t i = 0; i < layout_->entries().size(); ++i) {
    const EntrySpec& entry = layout_->entries()[i];
    const auto at = static_cast<std::size_t>(layout_->offset(i));
    const auto size = static_cast<std::size_t>(layout_->size(i));
    const ByteView values = ByteView(state.bytes).subspan(at, size);
    const ByteView before = needs_base() ? base.subspan(at, size) : ByteView();
    const auto out = std::span(update.bytes)
                         .subspan(static_cast<std::size_t>(offsets_[i]),
                                  static_cast<std::size_t>(offsets_[i + 1] - offsets_[i]));
    if (!AllFinite(entry.type, values)) {
      return Named(entry, DataLoss("holds a value that is not finite"));
    }
    if (IsCoded(entry)) {
      const std::size_t kept = coding_->keeps_residual() ? size : 0;
      const ByteView carried = residual.empty() ? residual : residual.first(kept);
      CONSILIUM_RETURN_IF_ERROR(
          Named(entry, EncodeValues(i, values, before, carried, out, left_out.first(kept))));
      left_out = left_out.subspan(kept);
      if (!residual.empty()) residual = residual.subspan(kept);
    } else if (IsBitDifference(entry)) {
      EncodeBitDifference(values, before, out);
    } else {
      std::ranges::copy(values, out.begin());
    }
  }
  return update;
}

Status EntryStream::EncodeValues(std::size_t entry, ByteView state, ByteView base,
                                 ByteView residual, std::span<std::byte> out,
                                 std::span<std::byte> residual_out) const {
  std::vector<float> values = FloatsIn(state);
  std::vector<float> before = FloatsIn(base);
  const std::vector<float> carried = FloatsIn(residual);
  if (name_.difference) {
    for (std::size_t i = 0; i < values.size(); ++i) values[i] -= before[i];
    before.clear();
  }
  for (std::size_t i = 0; i < carried.size(); ++i) values[i] += carried[i];
  if (!AllFinite<float>(std::as_bytes(std::span(values)))) {
    return DataLoss("holds a change that is not finite");
  }
  // What counts if a value is not sent: no difference, or the base.
  before.resize(values.size());
  const EntryShape shape = ShapeOf(layout_->entries()[entry], layout_->size(entry));
  CONSILIUM_RETURN_IF_ERROR(coding_->Encode(shape, values, out, before));
  if (residual_out.empty()) return OkStatus();
  for (std::size_t i = 0; i < values.size(); ++i) values[i] -= before[i];
  std::memcpy(residual_out.data(), values.data(), residual_out.size());
  return OkStatus();
}

Status EntryStream::DecodeRange(const EncodedReader& stream, const EncodedReader& base,
                                std::uint64_t offset, std::span<std::byte> into) const {
  const std::uint64_t state_size = layout_->byte_size();
  if (offset > state_size || into.size() > state_size - offset) {
    return DataLoss("bytes " + std::to_string(offset) + " and " + std::to_string(into.size()) +
                    " more lie outside a state of " + std::to_string(state_size));
  }
  for (std::size_t i = 0; i < layout_->entries().size() && !into.empty(); ++i) {
    const std::uint64_t end = layout_->offset(i) + layout_->size(i);
    if (offset >= end) continue;
    const auto part = static_cast<std::size_t>(std::min<std::uint64_t>(into.size(), end - offset));
    CONSILIUM_RETURN_IF_ERROR(
        Named(layout_->entries()[i],
              DecodeEntry(i, stream, base, offset - layout_->offset(i), into.first(part))));
    into = into.subspan(part);
    offset += part;
  }
  return OkStatus();
}

Status EntryStream::DecodeEntry(std::size_t entry, const EncodedReader& stream,
                                const EncodedReader& base, std::uint64_t from,
                                std::span<std::byte> into) const {
  const EntrySpec& spec = layout_->entries()[entry];
  if (!IsCoded(spec) && !IsBitDifference(spec)) return stream(offsets_[entry] + from, into);
  const std::uint64_t end = from + into.size();
  const std::uint64_t last = (end + kValue - 1) / kValue;
  std::vector<float> values;
  std::vector<float> before;
  for (std::uint64_t first = from / kValue; first < last;) {
    // Pieces end where the top-k codec's segments do.
    const std::uint64_t next = std::min((first / kPiece + 1) * kPiece, last);
    values.resize(static_cast<std::size_t>(next - first));
    before.resize(values.size());
    CONSILIUM_RETURN_IF_ERROR(DecodeValues(entry, stream, base, first, values, before));
    const std::uint64_t copied_from = std::max(first * kValue, from);
    const std::uint64_t copied_to = std::min(next * kValue, end);
    std::memcpy(into.data() + (copied_from - from),
                std::as_bytes(std::span(values)).data() + (copied_from - first * kValue),
                static_cast<std::size_t>(copied_to - copied_from));
    first = next;
  }
  return OkStatus();
}

Status EntryStream::DecodeValues(std::size_t entry, const EncodedReader& stream,
                                 const EncodedReader& base, std::uint64_t first,
                                 std::span<float> values, std::span<float> before) const {
  if (needs_base()) {
    CONSILIUM_RETURN_IF_ERROR(
        base(layout_->offset(entry) + first * kValue, std::as_writable_bytes(before)));
  }
  const std::uint64_t at = offsets_[entry];
  if (coding_ == nullptr) {
    CONSILIUM_RETURN_IF_ERROR(stream(at + first * kValue, std::as_writable_bytes(values)));
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = BitSum(values[i], before[i]);
    return OkStatus();
  }
  if (!name_.difference && needs_base()) {
    std::ranges::copy(before, values.begin());
  } else {
    std::ranges::fill(values, 0.0F);
  }
  const EncodedReader of_entry = [&](std::uint64_t offset, std::span<std::byte> into) {
    return stream(at + offset, into);
  };
  const EntryShape shape = ShapeOf(layout_->entries()[entry], layout_->size(entry));
  CONSILIUM_RETURN_IF_ERROR(coding_->Decode(shape, of_entry, first, values));
  if (name_.difference) {
    for (std::size_t i = 0; i < values.size(); ++i) values[i] += before[i];
  }
  return OkStatus();
}

}  // namespace consilium
