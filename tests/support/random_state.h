/// States of a small network with every kind of entry, their bytes drawn from a seed, and readers
/// over bytes in memory.
#pragma once

#include "common/base/random_stream.h"
#include "common/codec/encoded_reader.h"
#include "common/federation/parameter_blob.h"

#include <algorithm>
#include <string>
#include <vector>

namespace consilium {

/// `encoded` must live as long as the reader.
inline EncodedReader ReaderOf(const Bytes& encoded) {
  return [&encoded](std::uint64_t offset, std::span<std::byte> into) -> Status {
    if (offset > encoded.size() || into.size() > encoded.size() - offset) {
      return DataLoss("ended too early");
    }
    std::copy_n(encoded.begin() + static_cast<std::ptrdiff_t>(offset), into.size(), into.begin());
    return OkStatus();
  };
}

/// Two lossy entries, the first of several segments of the top-k codec, between exact ones.
inline std::shared_ptr<const Layout> MixedLayout() {
  return Layout::Make({{"backbone.bn.num_batches_tracked", ElementType::kInt64, {}},
                       {"backbone.conv.weight", ElementType::kFloat32, {6, 3, 33, 17}},
                       {"backbone.conv.bias", ElementType::kFloat32, {7}},
                       {"backbone.depthwise.weight", ElementType::kFloat32, {6, 1, 3, 3}},
                       {"backbone.bn.running_var", ElementType::kFloat32, {6}},
                       {"backbone.empty.weight", ElementType::kFloat32, {0, 99}},
                       {"heads.prognosis.weight", ElementType::kFloat32, {3, 23}},
                       {"heads.prognosis.offset", ElementType::kFloat64, {2, 16}}})
      .value();
}

/// Values from -size to size.
inline ParameterBlob RandomState(std::shared_ptr<const Layout> layout, std::uint64_t seed,
                                 double size = 1) {
  RandomStream random(StreamSeed(seed, {"state"}));
  ByteWriter out;
  for (std::size_t i = 0; i < layout->entries().size(); ++i) {
    const ElementType type = layout->entries()[i].type;
    for (std::uint64_t n = layout->size(i) / ElementSize(type); n > 0; --n) {
      const double value = size * (2 * random.Uniform() - 1);
      switch (type) {
        case ElementType::kFloat32:
          out.Put(static_cast<float>(value));
          break;
        case ElementType::kFloat64:
          out.Put(value);
          break;
        case ElementType::kInt64:
          out.Put(static_cast<std::int64_t>(random.Below(1000)));
          break;
      }
    }
  }
  return {std::move(layout), out.Take()};
}

/// `state` after a small step that leaves counters alone.
inline ParameterBlob Moved(const ParameterBlob& state, std::uint64_t seed, float step) {
  ParameterBlob moved = state;
  RandomStream random(StreamSeed(seed, {"step"}));
  for (std::size_t i = 0; i < state.layout->entries().size(); ++i) {
    if (state.layout->entries()[i].type != ElementType::kFloat32) continue;
    const std::uint64_t end = state.layout->offset(i) + state.layout->size(i);
    for (std::uint64_t at = state.layout->offset(i); at < end; at += sizeof(float)) {
      float value = 0;
      std::memcpy(&value, moved.bytes.data() + at, sizeof value);
      value += step * static_cast<float>(2 * random.Uniform() - 1);
      std::memcpy(moved.bytes.data() + at, &value, sizeof value);
    }
  }
  return moved;
}

inline std::vector<float> FloatsOf(const ParameterBlob& state, std::string_view name) {
  const auto entry = static_cast<std::size_t>(state.layout->Find(name));
  std::vector<float> values(static_cast<std::size_t>(state.layout->size(entry)) / sizeof(float));
  std::memcpy(values.data(), state.bytes.data() + state.layout->offset(entry),
              values.size() * sizeof(float));
  return values;
}

}  // namespace consilium
