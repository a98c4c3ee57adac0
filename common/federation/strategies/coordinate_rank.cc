#include "common/federation/strategies/coordinate_rank.h"

#include "common/federation/strategies/buffer_rules.h"
#include "common/federation/strategies/elements.h"

#include <numeric>

namespace consilium {
namespace {

using Sites = std::vector<std::size_t>;  // indices into the contributions

template <typename Keep>
Sites SitesWhere(const RoundChunk& chunk, const Keep& keep) {
  Sites sites;
  sites.reserve(chunk.contributions.size());
  for (std::size_t s = 0; s < chunk.contributions.size(); ++s) {
    if (keep(chunk.contributions[s])) sites.push_back(s);
  }
  return sites;
}

Sites HoldersOf(const RoundChunk& chunk) {
  return SitesWhere(chunk, [](const Contribution& one) { return one.weight > 0; });
}

/// put(i, combine(the values of `sites` at i)).
template <typename Combine, typename Put>
Status ForEachColumn(const RoundChunk& chunk, const Sites& sites, const Combine& combine,
                     const Put& put) {
  std::vector<double> column(sites.size());
  return WithFloat(chunk.entry.type, [&](auto type) -> Status {
    using T = decltype(type);
    bool finite = true;
    for (std::size_t i = 0; i < CountOf(chunk); ++i) {
      for (std::size_t s = 0; s < sites.size(); ++s) {
        column[s] = static_cast<double>(Load<T>(chunk.contributions[sites[s]].values, i));
        finite &= std::isfinite(column[s]);
      }
      if (!finite) return NotFinite(chunk.entry);
      put(i, combine(std::span(column)));
    }
    return OkStatus();
  });
}

template <typename Combine>
Status CombineColumns(const RoundChunk& chunk, const Sites& sites, std::span<std::byte> next,
                      const Combine& combine) {
  return WithFloat(chunk.entry.type, [&](auto type) {
    using T = decltype(type);
    return ForEachColumn(chunk, sites, combine,
                         [&](std::size_t i, double value) { StoreFinite<T>(next, i, value); });
  });
}

class Ranking final : public RoundReducer {
 public:
  Ranking(CoordinateRank::Rule rule, int byzantine)
      : rule_(rule), cut_(static_cast<std::size_t>(byzantine)) {}

  Status Reduce(const RoundChunk& chunk, const ChunkResult& result) override {
    if (!IsTrained(chunk.entry)) return CombineBufferByMedian(chunk, result.next);
    const Sites holders = HoldersOf(chunk);
    if (holders.size() < 2 * cut_ + 1) {
      std::ranges::copy(chunk.global, result.next.begin());
      return OkStatus();
    }
    if (rule_ == CoordinateRank::Rule::kMedian) {
      return CombineColumns(chunk, holders, result.next, MedianOf);
    }
    return CombineColumns(chunk, holders, result.next,
                          [this](std::span<double> values) { return TrimmedMeanOf(values, cut_); });
  }

 private:
  CoordinateRank::Rule rule_;
  std::size_t cut_;
};

}  // namespace

double MedianOf(std::span<double> values) {
  const std::size_t half = values.size() / 2;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(half);
  std::nth_element(values.begin(), middle, values.end());
  if (values.size() % 2 == 1) return *middle;
  return (*std::max_element(values.begin(), middle) + *middle) / 2;
}

double TrimmedMeanOf(std::span<double> values, std::size_t cut) {
  std::sort(values.begin(), values.end());
  const std::span<const double> kept = values.subspan(cut, values.size() - 2 * cut);
  return std::accumulate(kept.begin(), kept.end(), 0.0) / static_cast<double>(kept.size());
}

Status MedianOfHolders(const RoundChunk& chunk, std::vector<double>& median) {
  const Sites holders = HoldersOf(chunk);
  CONSILIUM_CHECK(!holders.empty());
  median.resize(CountOf(chunk));
  return ForEachColumn(chunk, holders, MedianOf,
                       [&](std::size_t i, double value) { median[i] = value; });
}

Status CombineBufferByMedian(const RoundChunk& chunk, std::span<std::byte> next) {
  if (chunk.entry.type == ElementType::kInt64) return CombineBuffer(chunk, next);
  const Sites users =
      SitesWhere(chunk, [](const Contribution& one) { return one.images_used > 0; });
  if (users.empty()) {
    std::ranges::copy(chunk.global, next.begin());
    return OkStatus();
  }
  const bool variance = chunk.entry.name.ends_with("running_var");
  return CombineColumns(chunk, users, next, [variance](std::span<double> values) {
    const double median = MedianOf(values);
    return variance ? std::max(median, 0.0) : median;
  });
}

std::unique_ptr<RoundReducer> CoordinateRank::Begin(std::span<const SiteFacts>) const {
  return std::make_unique<Ranking>(rule_, byzantine_);
}

}  // namespace consilium
