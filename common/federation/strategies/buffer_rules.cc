#include "common/federation/strategies/buffer_rules.h"

#include "common/federation/strategies/elements.h"

namespace consilium {
namespace {

constexpr std::string_view kVariance = "running_var";
constexpr std::string_view kMean = "running_mean";

bool IsVariance(const EntrySpec& entry) { return entry.name.ends_with(kVariance); }

void Maximum(const RoundChunk& chunk, std::span<std::byte> next) {
  for (std::size_t i = 0; i < CountOf(chunk); ++i) {
    auto largest = Load<std::int64_t>(
        chunk.contributions.empty() ? chunk.global : chunk.contributions.front().values, i);
    for (const Contribution& contribution : chunk.contributions) {
      largest = std::max(largest, Load<std::int64_t>(contribution.values, i));
    }
    Store(next, i, largest);
  }
}

/// Adds sum_s w_s (m_s - m)^2 to `moved`, which holds sum_s w_s (v_s - global).
template <typename T>
Status AddVarianceBetween(const RoundChunk& chunk, std::span<const double> weights, double total,
                          std::vector<double>& moved) {
  bool finite = true;
  for (std::size_t i = 0; i < moved.size(); ++i) {
    double mean = 0;
    for (std::size_t s = 0; s < weights.size(); ++s) {
      mean += weights[s] * static_cast<double>(Load<T>(chunk.contributions[s].means, i));
    }
    mean /= total;
    finite &= std::isfinite(mean);
    for (std::size_t s = 0; s < weights.size(); ++s) {
      const double apart = static_cast<double>(Load<T>(chunk.contributions[s].means, i)) - mean;
      moved[i] += weights[s] * apart * apart;
    }
  }
  return finite ? OkStatus() : NotFinite(chunk.entry);
}

/// Adds what lifts negative variances to 0.
template <typename T>
void LiftNegative(const RoundChunk& chunk, std::span<const double> weights,
                  std::vector<double>& moved) {
  for (std::size_t s = 0; s < weights.size(); ++s) {
    for (std::size_t i = 0; i < moved.size(); ++i) {
      const auto value = static_cast<double>(Load<T>(chunk.contributions[s].values, i));
      if (value < 0) moved[i] -= weights[s] * value;
    }
  }
}

template <typename T>
Status PoolVariance(const RoundChunk& chunk, std::span<const double> weights,
                    std::span<std::byte> next) {
  const double total = SumOf(weights);
  std::vector<double> moved;
  CONSILIUM_RETURN_IF_ERROR(SumDifferences(chunk, weights, moved));
  if (total > 0) {
    LiftNegative<T>(chunk, weights, moved);
    const bool beside =
        std::ranges::all_of(chunk.contributions, [&](const Contribution& contribution) {
          return contribution.means.size() == chunk.global.size();
        });
    if (beside) CONSILIUM_RETURN_IF_ERROR(AddVarianceBetween<T>(chunk, weights, total, moved));
  }
  MoveBy(chunk, moved, total, next);
  // Rounding of a sum that should be 0 may end just below.
  for (std::size_t i = 0; i < moved.size(); ++i) {
    if (Load<T>(next, i) < 0) Store(next, i, T(0));
  }
  return OkStatus();
}

}  // namespace

std::ptrdiff_t MeanBeside(const Layout& layout, const EntrySpec& entry) {
  if (!IsVariance(entry) || entry.type == ElementType::kInt64) return -1;
  const std::size_t stem = entry.name.size() - kVariance.size();
  const std::ptrdiff_t found = layout.Find(entry.name.substr(0, stem).append(kMean));
  if (found < 0) return -1;
  const EntrySpec& mean = layout.entries()[static_cast<std::size_t>(found)];
  return mean.type == entry.type && mean.shape == entry.shape ? found : -1;
}

Status CombineBuffer(const RoundChunk& chunk, std::span<const double> weights,
                     std::span<std::byte> next) {
  CONSILIUM_CHECK(weights.size() == chunk.contributions.size());
  if (chunk.entry.type == ElementType::kInt64) {
    Maximum(chunk, next);
    return OkStatus();
  }
  if (IsVariance(chunk.entry)) {
    return WithFloat(chunk.entry.type,
                     [&](auto type) { return PoolVariance<decltype(type)>(chunk, weights, next); });
  }
  std::vector<double> moved;
  CONSILIUM_RETURN_IF_ERROR(SumDifferences(chunk, weights, moved));
  MoveBy(chunk, moved, SumOf(weights), next);
  return OkStatus();
}

Status CombineBuffer(const RoundChunk& chunk, std::span<std::byte> next) {
  std::vector<double> images;
  images.reserve(chunk.contributions.size());
  for (const Contribution& contribution : chunk.contributions) {
    images.push_back(static_cast<double>(contribution.images_used));
  }
  return CombineBuffer(chunk, images, next);
}

}  // namespace consilium
