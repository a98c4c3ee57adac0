#include "common/codec/int8_coding.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <vector>

namespace consilium {
namespace {

constexpr float kMostSteps = 127;
/// x + this - this is x to the nearest whole number, ties to even, for |x| below 2^22: unlike
/// nearbyint it needs no instruction that old x86-64 lacks.
constexpr float kToNearest = 12'582'912.0F;  // 1.5 * 2^23

std::uint64_t ChannelsOf(const EntryShape& shape) {
  return shape.per_channel == 0 ? 0 : shape.values / shape.per_channel;
}

float ScaleOf(std::span<const float> channel) {
  float largest = 0;
  for (const float value : channel) {
    const float magnitude = std::fabs(value);
    largest = magnitude > largest ? magnitude : largest;
  }
  const float scale = largest / kMostSteps;
  return scale < std::numeric_limits<float>::min() ? 0 : scale;
}

void EncodeChannel(std::span<const float> channel, float scale, std::byte* steps) {
  if (scale == 0) {
    std::fill_n(steps, channel.size(), std::byte{0});
    return;
  }
  for (std::size_t i = 0; i < channel.size(); ++i) {
    const float nearest = (channel[i] / scale + kToNearest) - kToNearest;
    steps[i] = static_cast<std::byte>(static_cast<std::int8_t>(static_cast<int>(nearest)));
  }
}

void DecodeChannel(const std::byte* steps, float scale, std::span<float> into) {
  for (std::size_t i = 0; i < into.size(); ++i) {
    into[i] = static_cast<float>(static_cast<std::int8_t>(steps[i])) * scale;
  }
}

}  // namespace

std::uint64_t Int8Coding::EncodedSize(const EntryShape& shape) const {
  return ChannelsOf(shape) * sizeof(float) + shape.values;
}

Status Int8Coding::Encode(const EntryShape& shape, std::span<const float> values,
                          std::span<std::byte> out, std::span<float> decoded) const {
  const auto length = static_cast<std::size_t>(shape.per_channel);
  const std::size_t channels = static_cast<std::size_t>(ChannelsOf(shape));
  for (std::size_t c = 0; c < channels; ++c) {
    const float scale = ScaleOf(values.subspan(c * length, length));
    if (!std::isfinite(kMostSteps * scale)) {
      return DataLoss("holds a value that is too large for int8");
    }
    std::memcpy(out.data() + c * sizeof scale, &scale, sizeof scale);
    std::byte* steps = out.data() + channels * sizeof scale + c * length;
    EncodeChannel(values.subspan(c * length, length), scale, steps);
    DecodeChannel(steps, scale, decoded.subspan(c * length, length));
  }
  return OkStatus();
}

Status Int8Coding::Decode(const EntryShape& shape, const EncodedReader& encoded,
                          std::uint64_t first, std::span<float> into) const {
  if (into.empty()) return OkStatus();
  const std::uint64_t length = shape.per_channel;
  const std::uint64_t first_channel = first / length;
  const std::uint64_t channels = (first + into.size() - 1) / length - first_channel + 1;
  std::vector<float> scales(static_cast<std::size_t>(channels));
  CONSILIUM_RETURN_IF_ERROR(
      encoded(first_channel * sizeof(float), std::as_writable_bytes(std::span(scales))));
  const auto steps = std::make_unique_for_overwrite<std::byte[]>(into.size());
  CONSILIUM_RETURN_IF_ERROR(
      encoded(ChannelsOf(shape) * sizeof(float) + first, {steps.get(), into.size()}));
  std::size_t done = 0;
  for (std::size_t c = 0; c < scales.size(); ++c) {
    if (!std::isfinite(scales[c]) || std::signbit(scales[c])) {
      return DataLoss("the scale of channel " + std::to_string(first_channel + c) +
                      " is no finite number from 0 up");
    }
    const std::uint64_t end = (first_channel + c + 1) * length - first;
    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(end, into.size())) - done;
    DecodeChannel(steps.get() + done, scales[c], into.subspan(done, count));
    done += count;
  }
  return OkStatus();
}

}  // namespace consilium
