#include "simulations/statistics/wilcoxon.h"

#include "simulations/statistics/descriptive.h"
#include "simulations/statistics/distributions.h"
#include "simulations/statistics/midranks.h"
#include "simulations/statistics/paired_samples.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <numeric>

namespace consilium {
namespace {

constexpr std::size_t kAutoExactPairs = 50;

struct RankedDifferences {
  std::vector<double> ranked;  ///< differences that took part in the ranking
  std::vector<double> ranks;
  std::vector<double> nonzero_ranks;
  double zero_ranks = 0;  ///< their sum
};

RankedDifferences RankDifferences(std::span<const double> differences, ZeroRule rule) {
  RankedDifferences result;
  std::copy_if(differences.begin(), differences.end(), std::back_inserter(result.ranked),
               [&](double d) { return d != 0 || rule != ZeroRule::kDrop; });
  std::vector<double> magnitudes(result.ranked.size());
  std::transform(result.ranked.begin(), result.ranked.end(), magnitudes.begin(),
                 [](double d) { return std::abs(d); });
  result.ranks = Midranks(magnitudes);
  result.nonzero_ranks.reserve(result.ranks.size());
  for (std::size_t i = 0; i < result.ranks.size(); ++i) {
    if (result.ranked[i] != 0) {
      result.nonzero_ranks.push_back(result.ranks[i]);
    } else {
      result.zero_ranks += result.ranks[i];
    }
  }
  return result;
}

/// Sum over groups of equal ranks of t^3 - t.
double TieSum(std::vector<double> ranks) {
  std::sort(ranks.begin(), ranks.end());
  double sum = 0;
  for (std::size_t first = 0; first < ranks.size();) {
    std::size_t end = first;
    while (end < ranks.size() && ranks[end] == ranks[first]) ++end;
    const auto t = static_cast<double>(end - first);
    sum += t * (t * t - 1);
    first = end;
  }
  return sum;
}

struct Tails {
  double at_most = 0, at_least = 0;
};

/// P(W <= w) and P(W >= w), W the sum of those `weights` whose fair coin shows heads.
Tails ExactTails(const std::vector<std::size_t>& weights, std::size_t w) {
  std::vector<double> probability(std::accumulate(weights.begin(), weights.end(), std::size_t{1}));
  probability[0] = 1;
  std::size_t reached = 0;
  for (const std::size_t weight : weights) {
    reached += weight;
    for (std::size_t sum = reached + 1; sum-- > 0;) {
      const double with = sum >= weight ? probability[sum - weight] : 0;
      probability[sum] = 0.5 * (probability[sum] + with);
    }
  }
  const auto begin = probability.begin();
  const auto here = static_cast<std::ptrdiff_t>(w);
  return {std::accumulate(begin, begin + here + 1, 0.0),
          std::accumulate(begin + here, probability.end(), 0.0)};
}

double ExactPValue(const Tails& tails, Alternative alternative) {
  switch (alternative) {
    case Alternative::kTwoSided:
      return std::min(1.0, 2 * std::min(tails.at_most, tails.at_least));
    case Alternative::kGreater:
      return std::min(1.0, tails.at_least);
    case Alternative::kLess:
      break;
  }
  return std::min(1.0, tails.at_most);
}

/// Midranks are halves: doubled they are whole.
Tails ConditionalTails(const RankedDifferences& differences, double w_plus_of_nonzero) {
  std::vector<std::size_t> weights(differences.nonzero_ranks.size());
  std::transform(differences.nonzero_ranks.begin(), differences.nonzero_ranks.end(),
                 weights.begin(),
                 [](double rank) { return static_cast<std::size_t>(std::llround(2 * rank)); });
  return ExactTails(weights, static_cast<std::size_t>(std::llround(2 * w_plus_of_nonzero)));
}

Tails UntiedTails(std::size_t n, double w_plus) {
  std::vector<std::size_t> weights(n);
  std::iota(weights.begin(), weights.end(), std::size_t{1});
  return ExactTails(weights, static_cast<std::size_t>(w_plus));
}

void SetApproximation(WilcoxonResult& result, const RankedDifferences& differences,
                      const WilcoxonOptions& options) {
  const auto n = static_cast<double>(differences.ranked.size());
  double mean = n * (n + 1) / 4;
  double variance = n * (n + 1) * (2 * n + 1);
  if (options.zeros == ZeroRule::kPratt) {
    const auto zeros = static_cast<double>(result.zeros);
    mean -= zeros * (zeros + 1) / 4;
    variance -= zeros * (zeros + 1) * (2 * zeros + 1);
  }
  variance -= 0.5 * TieSum(options.zeros == ZeroRule::kPratt ? differences.nonzero_ranks
                                                             : differences.ranks);
  if (!(variance > 0)) return;
  double distance = result.w_plus - mean;
  if (options.continuity_correction) {
    double correction = 0.5;
    if (options.alternative == Alternative::kLess) correction = -0.5;
    if (options.alternative == Alternative::kTwoSided) {
      correction = distance == 0 ? 0 : std::copysign(0.5, distance);
    }
    distance -= correction;
  }
  result.z = distance / std::sqrt(variance / 24);
  result.p = std::min(1.0, NormalPValue(*result.z, options.alternative));
}

WilcoxonMethod ChosenMethod(const WilcoxonResult& result, WilcoxonMethod asked) {
  switch (asked) {
    case WilcoxonMethod::kAuto:
      return result.n <= kAutoExactPairs && result.zeros == 0 ? WilcoxonMethod::kExact
                                                              : WilcoxonMethod::kApproximate;
    case WilcoxonMethod::kExactUntied:
      return result.zeros == 0 ? asked : WilcoxonMethod::kApproximate;
    case WilcoxonMethod::kExact:
    case WilcoxonMethod::kApproximate:
      break;
  }
  return asked;
}

}  // namespace

Result<WilcoxonResult> WilcoxonSignedRank(std::span<const double> a, std::span<const double> b,
                                          const WilcoxonOptions& options) {
  CONSILIUM_ASSIGN_OR_RETURN(const std::vector<double> differences, PairedDifferences(a, b));
  return WilcoxonSignedRank(differences, options);
}

Result<WilcoxonResult> WilcoxonSignedRank(std::span<const double> differences,
                                          const WilcoxonOptions& options) {
  CONSILIUM_RETURN_IF_ERROR(CheckFinite(differences, "differences"));
  WilcoxonResult result;
  result.n = differences.size();
  result.zeros = static_cast<std::size_t>(std::count(differences.begin(), differences.end(), 0.0));
  result.method = ChosenMethod(result, options.method);
  if (result.method != WilcoxonMethod::kApproximate && result.n > kMaxExactPairs) {
    return InvalidArgument("an exact Wilcoxon test takes at most " +
                           std::to_string(kMaxExactPairs) + " pairs, not " +
                           std::to_string(result.n));
  }
  const RankedDifferences ranked = RankDifferences(differences, options.zeros);
  result.ties = TieSum(ranked.nonzero_ranks) > 0;
  for (std::size_t i = 0; i < ranked.ranked.size(); ++i) {
    if (ranked.ranked[i] > 0) result.w_plus += ranked.ranks[i];
    if (ranked.ranked[i] < 0) result.w_minus += ranked.ranks[i];
  }
  const double w_plus_of_nonzero = result.w_plus;
  if (!ranked.nonzero_ranks.empty()) {
    result.rank_biserial = (result.w_plus - result.w_minus) / (result.w_plus + result.w_minus);
  }
  if (options.zeros == ZeroRule::kSplit) {
    result.w_plus += ranked.zero_ranks / 2;
    result.w_minus += ranked.zero_ranks / 2;
  } else if (ranked.nonzero_ranks.empty()) {
    return result;
  }
  if (ranked.ranked.empty()) return result;
  if (result.method == WilcoxonMethod::kApproximate) {
    SetApproximation(result, ranked, options);
  } else if (result.method == WilcoxonMethod::kExactUntied) {
    result.p = ExactPValue(UntiedTails(result.n, result.w_plus), options.alternative);
  } else {
    result.p = ExactPValue(ConditionalTails(ranked, w_plus_of_nonzero), options.alternative);
  }
  return result;
}

}  // namespace consilium
