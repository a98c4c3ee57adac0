/// Coordinate-wise median and trimmed mean over the sites that hold a group.
///
///   median        the middle value of the n holders; the mean of the two middle ones where n is even
///   trimmed-mean  the mean without the f lowest and the f highest values
/// Every holder counts alike, however many labels it declares. A group of fewer than 2f + 1 holders
/// in a round stays as it is (that so many hold it is asked when the run is read and when sites
/// join: requirements.h). Running statistics: the median over the sites that used images, negative
/// variances as 0; counters: the maximum.
/// Memory: one value per site. State: none.
/// Source: Yin et al. 2018 (arXiv 1803.01498). Threads: stateless.
#pragma once

#include "common/federation/strategy.h"

namespace consilium {

class CoordinateRank final : public AggregationStrategy {
 public:
  enum class Rule { kMedian, kTrimmedMean };
  CoordinateRank(std::string_view name, Rule rule, int byzantine)
      : name_(name), rule_(rule), byzantine_(byzantine) {}
  std::string_view name() const override { return name_; }
  std::unique_ptr<RoundReducer> Begin(std::span<const SiteFacts> sites) const override;

 private:
  std::string_view name_;
  Rule rule_;
  int byzantine_;
};

/// The middle value, or the mean of the two middle ones; reorders. Requires at least one value.
double MedianOf(std::span<double> values);
/// The mean of what is left between the `cut` lowest and highest; reorders. Requires more than
/// 2 cut values.
double TrimmedMeanOf(std::span<double> values, std::size_t cut);

/// The coordinate-wise median over the sites that count. Requires one. Errors: kDataLoss for a value
/// that is not finite.
Status MedianOfHolders(const RoundChunk& chunk, std::vector<double>& median);

/// Running statistics as their coordinate-wise median, counters as the maximum: for strategies
/// under which no site is trusted. Errors: kDataLoss for a value that is not finite.
Status CombineBufferByMedian(const RoundChunk& chunk, std::span<std::byte> next);

}  // namespace consilium
