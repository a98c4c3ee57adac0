#include "common/codec/top_share_coding.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <vector>

namespace consilium {
namespace {

constexpr std::uint64_t kSegment = TopShareCoding::kSegment;
constexpr std::uint64_t kStartSize = sizeof(std::uint32_t);
constexpr std::uint64_t kPlaceSize = sizeof(std::uint16_t);
constexpr std::uint64_t kValueSize = sizeof(float);

std::uint64_t SegmentsOf(const EntryShape& shape) {
  return (shape.values + kSegment - 1) / kSegment;
}
std::uint64_t PlacesAt(const EntryShape& shape) { return (SegmentsOf(shape) + 1) * kStartSize; }

/// Bits of magnitudes are ordered as the magnitudes are.
std::uint32_t Change(float value, float otherwise) {
  return std::bit_cast<std::uint32_t>(std::fabs(value - otherwise));
}

/// The changes that are kept: all above `bar`, and the first `at_bar` of those equal to it.
struct Choice {
  std::uint32_t bar = 0;
  std::uint64_t at_bar = 0;
};

Choice Choose(std::span<const float> values, std::span<const float> otherwise, std::uint64_t kept) {
  std::vector<std::uint32_t> changes(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) changes[i] = Change(values[i], otherwise[i]);
  const auto last = changes.begin() + static_cast<std::ptrdiff_t>(kept - 1);
  std::nth_element(changes.begin(), last, changes.end(), std::greater<>());
  const auto above = std::count_if(changes.begin(), last, [&](auto one) { return one > *last; });
  return {*last, kept - static_cast<std::uint64_t>(above)};
}

template <typename T>
Result<std::vector<T>> ReadMany(const EncodedReader& encoded, std::uint64_t at,
                                std::uint64_t count) {
  std::vector<T> read(static_cast<std::size_t>(count));
  CONSILIUM_RETURN_IF_ERROR(encoded(at, std::as_writable_bytes(std::span(read))));
  return read;
}

/// Starts of segments [first, first + starts.size() - 1).
Status CheckStarts(std::span<const std::uint32_t> starts, const EntryShape& shape,
                   std::uint64_t first, std::uint64_t kept) {
  const std::uint64_t end = first + starts.size() - 1;
  bool sound = (first > 0 || starts.front() == 0) &&
               (end < SegmentsOf(shape) || starts.back() == kept) && starts.back() <= kept;
  for (std::size_t s = 0; s + 1 < starts.size() && sound; ++s) {
    const std::uint64_t room = std::min(kSegment, shape.values - (first + s) * kSegment);
    sound = starts[s] <= starts[s + 1] && starts[s + 1] - starts[s] <= room;
  }
  return sound ? OkStatus() : DataLoss("the starts of its segments are no possible ones");
}

Status CheckPlaces(std::span<const std::uint16_t> places, std::uint64_t room) {
  for (std::size_t i = 0; i < places.size(); ++i) {
    if (places[i] >= room) return DataLoss("a place lies outside its segment");
    if (i > 0 && places[i] <= places[i - 1]) return DataLoss("places do not ascend");
  }
  return OkStatus();
}

}  // namespace

std::uint64_t TopShareCoding::KeptOf(const EntryShape& shape) const {
  return (shape.values * kept_ + 9'999) / 10'000;
}

std::uint64_t TopShareCoding::EncodedSize(const EntryShape& shape) const {
  return PlacesAt(shape) + KeptOf(shape) * (kPlaceSize + kValueSize);
}

Status TopShareCoding::Encode(const EntryShape& shape, std::span<const float> values,
                              std::span<std::byte> out, std::span<float> decoded) const {
  const std::uint64_t kept = KeptOf(shape);
  std::vector<std::uint32_t> starts{0};
  std::vector<std::uint16_t> places;
  std::vector<float> sent;
  starts.reserve(static_cast<std::size_t>(SegmentsOf(shape)) + 1);
  places.reserve(static_cast<std::size_t>(kept));
  sent.reserve(static_cast<std::size_t>(kept));
  Choice choice = Choose(values, decoded, kept);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::uint32_t change = Change(values[i], decoded[i]);
    const bool chosen = change > choice.bar || (change == choice.bar && choice.at_bar > 0);
    if (chosen) {
      if (change == choice.bar) --choice.at_bar;
      places.push_back(static_cast<std::uint16_t>(i % kSegment));
      sent.push_back(values[i]);
      decoded[i] = values[i];
    }
    if ((i + 1) % kSegment == 0 || i + 1 == values.size()) {
      starts.push_back(static_cast<std::uint32_t>(places.size()));
    }
  }
  std::byte* to = out.data();
  const auto put = [&to](const auto& many) {
    const auto bytes = std::as_bytes(std::span(many));
    to = std::copy(bytes.begin(), bytes.end(), to);
  };
  put(starts);
  put(places);
  put(sent);
  return OkStatus();
}

Status TopShareCoding::Decode(const EntryShape& shape, const EncodedReader& encoded,
                              std::uint64_t first, std::span<float> into) const {
  if (into.empty()) return OkStatus();
  const std::uint64_t kept = KeptOf(shape);
  const std::uint64_t segment = first / kSegment;
  const std::uint64_t segments = (first + into.size() - 1) / kSegment - segment + 1;
  CONSILIUM_ASSIGN_OR_RETURN(const std::vector<std::uint32_t> starts,
                             ReadMany<std::uint32_t>(encoded, segment * kStartSize, segments + 1));
  CONSILIUM_RETURN_IF_ERROR(CheckStarts(starts, shape, segment, kept));
  const std::uint64_t begin = starts.front();
  const std::uint64_t count = starts.back() - begin;
  const std::uint64_t places_at = PlacesAt(shape);
  CONSILIUM_ASSIGN_OR_RETURN(
      const std::vector<std::uint16_t> places,
      ReadMany<std::uint16_t>(encoded, places_at + begin * kPlaceSize, count));
  CONSILIUM_ASSIGN_OR_RETURN(
      const std::vector<float> values,
      ReadMany<float>(encoded, places_at + kept * kPlaceSize + begin * kValueSize, count));
  for (std::size_t s = 0; s + 1 < starts.size(); ++s) {
    const std::uint64_t at = (segment + s) * kSegment;
    const std::size_t from = static_cast<std::size_t>(starts[s] - begin);
    const std::size_t to = static_cast<std::size_t>(starts[s + 1] - begin);
    CONSILIUM_RETURN_IF_ERROR(CheckPlaces(std::span(places).subspan(from, to - from),
                                          std::min(kSegment, shape.values - at)));
    for (std::size_t i = from; i < to; ++i) {
      if (!std::isfinite(values[i])) return DataLoss("a value that is kept is not finite");
      const std::uint64_t place = at + places[i];
      if (place >= first && place - first < into.size()) into[place - first] = values[i];
    }
  }
  return OkStatus();
}

}  // namespace consilium
