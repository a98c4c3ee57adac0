#include "simulations/statistics/pooled_auroc.h"

namespace consilium {
namespace {

constexpr std::int64_t kMaxImages = std::int64_t{1} << 30;  // twice their product fits 63 bits

/// Adds `from` to `into`; `total` counts all images of the class.
Status AddHistogram(std::span<const std::int64_t> from, std::vector<std::int64_t>& into,
                    std::int64_t& total) {
  if (from.size() != into.size() || from.empty()) {
    return InvalidArgument("score histograms of one binary task have the same bins");
  }
  for (std::size_t bin = 0; bin < from.size(); ++bin) {
    if (from[bin] < 0) return InvalidArgument("a score histogram counts fewer than no images");
    if (from[bin] > kMaxImages - total) {
      return InvalidArgument("score histograms hold more than 2^30 images of a class");
    }
    into[bin] += from[bin];
    total += from[bin];
  }
  return OkStatus();
}

}  // namespace

Result<HistogramAuroc> PooledAuroc(std::span<const ClassCounts> sites) {
  if (sites.empty()) return InvalidArgument("no site's score histogram");
  HistogramAuroc result;
  std::vector<std::int64_t> negative(sites.front().negative_scores.size());
  std::vector<std::int64_t> positive(negative.size());
  for (const ClassCounts& site : sites) {
    CONSILIUM_RETURN_IF_ERROR(AddHistogram(site.negative_scores, negative, result.negatives));
    CONSILIUM_RETURN_IF_ERROR(AddHistogram(site.positive_scores, positive, result.positives));
  }
  if (result.negatives == 0 || result.positives == 0) return result;
  std::int64_t twice_won = 0;
  std::int64_t shared = 0;
  std::int64_t below = 0;
  for (std::size_t bin = 0; bin < negative.size(); ++bin) {
    twice_won += positive[bin] * (2 * below + negative[bin]);
    shared += positive[bin] * negative[bin];
    below += negative[bin];
  }
  const auto twice_pairs = static_cast<double>(2 * result.negatives * result.positives);
  result.auroc = static_cast<double>(twice_won) / twice_pairs;
  result.bound = static_cast<double>(shared) / twice_pairs;
  return result;
}

}  // namespace consilium
