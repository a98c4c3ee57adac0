#include "common/federation/strategies/fed_avg.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace consilium {
namespace {

// Chunks are bytes at any address: values are copied out and in, which compiles to plain moves.
template <typename T>
T Load(const std::byte* bytes, std::size_t index) {
  T value;
  std::memcpy(&value, bytes + index * sizeof(T), sizeof(T));
  return value;
}

template <typename T>
void Store(std::byte* bytes, std::size_t index, T value) {
  std::memcpy(bytes + index * sizeof(T), &value, sizeof(T));
}

double WeightFor(EntryKind kind, const Contribution& contribution) {
  return kind == EntryKind::kRunningStatistic ? static_cast<double>(contribution.images_used)
                                              : contribution.weight;
}

/// next = global + sum w (x - global) / sum w.
template <typename T>
Status WeightedMean(const EntrySpec& entry, ByteView global,
                    std::span<const Contribution> contributions, std::span<std::byte> next) {
  const EntryKind kind = KindOf(entry);
  const std::size_t count = global.size() / sizeof(T);
  std::vector<double> moved(count, 0.0);
  double total = 0;
  for (const Contribution& contribution : contributions) {
    const double weight = WeightFor(kind, contribution);
    bool finite = true;
    for (std::size_t i = 0; i < count; ++i) {
      const auto value = static_cast<double>(Load<T>(contribution.values.data(), i));
      finite &= std::isfinite(value);
      moved[i] += weight * (value - static_cast<double>(Load<T>(global.data(), i)));
    }
    if (!finite) return DataLoss("entry '" + entry.name + "' holds a value that is not finite");
    total += weight;
  }
  if (!(total > 0)) {
    std::copy(global.begin(), global.end(), next.begin());
    return OkStatus();
  }
  for (std::size_t i = 0; i < count; ++i) {
    const double value = static_cast<double>(Load<T>(global.data(), i)) + moved[i] / total;
    Store(next.data(), i, static_cast<T>(value));
  }
  return OkStatus();
}

template <typename T>
void Maximum(ByteView global, std::span<const Contribution> contributions,
             std::span<std::byte> next) {
  for (std::size_t i = 0; i < global.size() / sizeof(T); ++i) {
    T largest = contributions.empty() ? Load<T>(global.data(), i)
                                      : Load<T>(contributions.front().values.data(), i);
    for (const Contribution& contribution : contributions) {
      largest = std::max(largest, Load<T>(contribution.values.data(), i));
    }
    Store(next.data(), i, largest);
  }
}

}  // namespace

Status FedAvg::Reduce(const EntrySpec& entry, ByteView global,
                      std::span<const Contribution> contributions,
                      std::span<std::byte> next) const {
  CONSILIUM_CHECK(next.size() == global.size());
  CONSILIUM_CHECK(global.size() % ElementSize(entry.type) == 0);
  for (const Contribution& contribution : contributions) {
    CONSILIUM_CHECK(contribution.values.size() == global.size());
  }
  switch (entry.type) {
    case ElementType::kFloat32:
      return WeightedMean<float>(entry, global, contributions, next);
    case ElementType::kFloat64:
      return WeightedMean<double>(entry, global, contributions, next);
    case ElementType::kInt64:
      Maximum<std::int64_t>(global, contributions, next);
      return OkStatus();
  }
  return Internal("entry '" + entry.name + "' has no known element type");
}

}  // namespace consilium
