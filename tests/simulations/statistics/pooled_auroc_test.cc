#include "simulations/statistics/pooled_auroc.h"

#include "common/base/random_stream.h"
#include "common/metrics/metrics.h"
#include "simulations/statistics/delong.h"
#include "tests/simulations/statistics/golden.h"
#include "tests/support/status_matchers.h"

#include <array>

namespace consilium {
namespace {

struct Site {
  ClassCounts counts;
  std::vector<double> scores;
  std::vector<int> truth;
};

Site EmptySite() {
  TaskSpec task;
  task.id = TaskId("prognosis");
  task.classes = {"mild", "severe"};
  return {EmptyCounts(task).classifications.front(), {}, {}};
}

void Add(Site& site, int truth, float score) {
  CountClassification(site.counts, truth, std::array{1 - score, score});
  site.scores.push_back(static_cast<double>(score));
  site.truth.push_back(truth);
}

/// Scores within `width` of the middle: the narrower, the more pairs share a bin.
std::vector<Site> RandomSites(std::uint64_t seed, double width) {
  RandomStream random(StreamSeed(seed, {"sites"}));
  std::vector<Site> sites(3, EmptySite());
  for (int i = 0; i < 240; ++i) {
    const int truth = random.Bernoulli(0.3) ? 1 : 0;
    const double score = 0.5 + width * (random.Uniform(-0.5, 0.5) + 0.2 * truth);
    Add(sites[random.Below(sites.size())], truth, static_cast<float>(score));
  }
  return sites;
}

std::vector<ClassCounts> CountsOf(const std::vector<Site>& sites) {
  std::vector<ClassCounts> counts;
  counts.reserve(sites.size());
  for (const Site& site : sites) counts.push_back(site.counts);
  return counts;
}

double AurocOfPooledScores(const std::vector<Site>& sites) {
  std::vector<double> scores;
  std::vector<int> truth;
  for (const Site& site : sites) {
    scores.insert(scores.end(), site.scores.begin(), site.scores.end());
    truth.insert(truth.end(), site.truth.begin(), site.truth.end());
  }
  return *DeLong(scores, truth)->auroc;
}

TEST(PooledAurocTest, LiesWithinItsBoundOfThePooledScores) {
  constexpr double kRounding = 1e-14;
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    double previous = 0;
    for (const double width : {0.8, 0.1, 0.01, 0.001, 0.0001}) {
      const std::vector<Site> sites = RandomSites(seed, width);
      CONSILIUM_ASSERT_OK_AND_ASSIGN(const HistogramAuroc pooled, PooledAuroc(CountsOf(sites)));
      EXPECT_LE(std::abs(*pooled.auroc - AurocOfPooledScores(sites)), *pooled.bound + kRounding)
          << "width " << width;
      EXPECT_GE(*pooled.bound, previous) << "narrower scores share more bins";
      previous = *pooled.bound;
    }
    EXPECT_GT(previous, 0.1);
  }
}

TEST(PooledAurocTest, ReachesItsBoundWhereAllSharedPairsFallTheSameWay) {
  std::vector<Site> sites(2, EmptySite());
  Add(sites[0], 1, 0.50003F);
  Add(sites[1], 0, 0.50001F);  // in the same bin, below
  Add(sites[1], 0, 0.25F);
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const HistogramAuroc pooled, PooledAuroc(CountsOf(sites)));
  EXPECT_EQ(pooled.auroc, 0.75);
  EXPECT_EQ(pooled.bound, 0.25);
  EXPECT_EQ(AurocOfPooledScores(sites), 1.0);
}

TEST(PooledAurocTest, IsExactWhereNoBinHoldsBothClasses) {
  std::vector<Site> sites(2, EmptySite());
  for (const float score : {0.2F, 0.6F, 0.7F}) Add(sites[0], 0, score);
  for (const float score : {0.5F, 0.65F, 0.9F}) Add(sites[1], 1, score);
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const HistogramAuroc pooled, PooledAuroc(CountsOf(sites)));
  EXPECT_EQ(pooled.bound, 0.0);
  EXPECT_DOUBLE_EQ(*pooled.auroc, AurocOfPooledScores(sites));
}

TEST(PooledAurocTest, AgreesWithTheMetricOfMergedCounts) {
  const std::vector<Site> sites = RandomSites(6, 0.01);
  ClassCounts merged = EmptySite().counts;
  for (const Site& site : sites) {
    for (std::size_t bin = 0; bin < merged.negative_scores.size(); ++bin) {
      merged.negative_scores[bin] += site.counts.negative_scores[bin];
      merged.positive_scores[bin] += site.counts.positive_scores[bin];
    }
  }
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const HistogramAuroc pooled, PooledAuroc(CountsOf(sites)));
  EXPECT_DOUBLE_EQ(*pooled.auroc, *Auroc(merged.negative_scores, merged.positive_scores));
  EXPECT_EQ(pooled.negatives + pooled.positives, 240);
}

TEST(PooledAurocTest, OneClassAloneIsUndefined) {
  std::vector<Site> sites(1, EmptySite());
  Add(sites[0], 1, 0.5F);
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const HistogramAuroc pooled, PooledAuroc(CountsOf(sites)));
  EXPECT_EQ(pooled.auroc, std::nullopt);
  EXPECT_EQ(pooled.bound, std::nullopt);
}

TEST(PooledAurocTest, RefusesHistogramsThatDoNotFit) {
  std::vector<ClassCounts> counts = CountsOf(std::vector<Site>(2, EmptySite()));
  EXPECT_STATUS(PooledAuroc({}), StatusCode::kInvalidArgument, "no site");
  counts[1].positive_scores[3] = -1;
  EXPECT_STATUS(PooledAuroc(counts), StatusCode::kInvalidArgument, "fewer than no");
  counts[1].positive_scores[3] = std::int64_t{1} << 62;
  EXPECT_STATUS(PooledAuroc(counts), StatusCode::kInvalidArgument, "2^30");
  counts[1].positive_scores.resize(7);
  EXPECT_STATUS(PooledAuroc(counts), StatusCode::kInvalidArgument, "same bins");
}

}  // namespace
}  // namespace consilium
