/// Chunks are bytes at any address: values are copied out and in, which compiles to plain moves.
/// Threads: pure.
#pragma once

#include "common/federation/strategy.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace consilium {

template <typename T>
T Load(ByteView bytes, std::size_t index) {
  T value;
  std::memcpy(&value, bytes.data() + index * sizeof(T), sizeof(T));
  return value;
}

template <typename T>
void Store(std::span<std::byte> bytes, std::size_t index, T value) {
  std::memcpy(bytes.data() + index * sizeof(T), &value, sizeof(T));
}

/// The nearest finite T: what overflows stays at the end of the range, so that no model holds an
/// infinity that its updates did not.
template <typename T>
void StoreFinite(std::span<std::byte> bytes, std::size_t index, double value) {
  constexpr auto kEnd = static_cast<double>(std::numeric_limits<T>::max());
  Store(bytes, index, static_cast<T>(std::clamp(value, -kEnd, kEnd)));
}

/// visit(T()) for the entry's float type. Requires that it has one.
template <typename Visit>
auto WithFloat(ElementType type, const Visit& visit) {
  CONSILIUM_CHECK(type != ElementType::kInt64);
  if (type == ElementType::kFloat32) return visit(float());
  return visit(double());
}

inline std::size_t CountOf(const RoundChunk& chunk) {
  return chunk.global.size() / ElementSize(chunk.entry.type);
}

/// Trained values: everything else follows buffer_rules.h.
inline bool IsTrained(const EntrySpec& entry) {
  return KindOf(entry) == EntryKind::kParameter && entry.type != ElementType::kInt64;
}

inline Status NotFinite(const EntrySpec& entry) {
  return DataLoss("entry '" + entry.name + "' holds a value that is not finite");
}

/// moved[i] = sum_s weights[s] (x_s[i] - global[i]); one weight per contribution.
/// Errors: kDataLoss, whatever the weight.
Status SumDifferences(const RoundChunk& chunk, std::span<const double> weights,
                      std::vector<double>& moved);

/// next = global + moved / divisor; as `global` where the divisor is not above 0.
void MoveBy(const RoundChunk& chunk, std::span<const double> moved, double divisor,
            std::span<std::byte> next);

/// The weights of the contributions, and their sum in order.
std::vector<double> WeightsOf(const RoundChunk& chunk);
double SumOf(std::span<const double> weights);

}  // namespace consilium
