#include "common/federation/strategies/elements.h"

namespace consilium {
namespace {

template <typename T>
bool AddDifference(ByteView global, ByteView values, double weight, std::vector<double>& moved) {
  bool finite = true;
  for (std::size_t i = 0; i < moved.size(); ++i) {
    const auto value = static_cast<double>(Load<T>(values, i));
    finite &= std::isfinite(value);
    moved[i] += weight * (value - static_cast<double>(Load<T>(global, i)));
  }
  return finite;
}

}  // namespace

Status SumDifferences(const RoundChunk& chunk, std::span<const double> weights,
                      std::vector<double>& moved) {
  CONSILIUM_CHECK(weights.size() == chunk.contributions.size());
  moved.assign(CountOf(chunk), 0.0);
  for (std::size_t s = 0; s < weights.size(); ++s) {
    const ByteView values = chunk.contributions[s].values;
    CONSILIUM_CHECK(values.size() == chunk.global.size());
    const bool finite = WithFloat(chunk.entry.type, [&](auto type) {
      return AddDifference<decltype(type)>(chunk.global, values, weights[s], moved);
    });
    if (!finite) return NotFinite(chunk.entry);
  }
  return OkStatus();
}

void MoveBy(const RoundChunk& chunk, std::span<const double> moved, double divisor,
            std::span<std::byte> next) {
  if (!(divisor > 0)) {
    std::copy(chunk.global.begin(), chunk.global.end(), next.begin());
    return;
  }
  WithFloat(chunk.entry.type, [&](auto type) {
    using T = decltype(type);
    for (std::size_t i = 0; i < moved.size(); ++i) {
      const auto before = static_cast<double>(Load<T>(chunk.global, i));
      StoreFinite<T>(next, i, before + moved[i] / divisor);
    }
  });
}

std::vector<double> WeightsOf(const RoundChunk& chunk) {
  std::vector<double> weights;
  weights.reserve(chunk.contributions.size());
  for (const Contribution& contribution : chunk.contributions) {
    weights.push_back(contribution.weight);
  }
  return weights;
}

double SumOf(std::span<const double> weights) {
  double total = 0;
  for (const double weight : weights) total += weight;
  return total;
}

}  // namespace consilium
