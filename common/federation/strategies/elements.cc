#include "common/federation/strategies/elements.h"

namespace consilium {
namespace {

/// Values whose sums stay in the fastest cache while one site after the other is added.
constexpr std::size_t kBlock = 2048;

template <typename T>
bool AddDifference(ByteView global, ByteView values, double weight, std::span<double> moved) {
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
  for (const Contribution& contribution : chunk.contributions) {
    CONSILIUM_CHECK(contribution.values.size() == chunk.global.size());
  }
  const bool finite = WithFloat(chunk.entry.type, [&](auto type) {
    using T = decltype(type);
    bool all = true;
    for (std::size_t first = 0; first < moved.size(); first += kBlock) {
      const std::size_t count = std::min(kBlock, moved.size() - first);
      const auto part = [&](ByteView bytes) {
        return bytes.subspan(first * sizeof(T), count * sizeof(T));
      };
      for (std::size_t s = 0; s < weights.size(); ++s) {
        all &= AddDifference<T>(part(chunk.global), part(chunk.contributions[s].values), weights[s],
                                std::span(moved).subspan(first, count));
      }
    }
    return all;
  });
  return finite ? OkStatus() : NotFinite(chunk.entry);
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
