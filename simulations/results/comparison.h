/// Each method against the baseline, paired over left-out centers or over backbones.
///
/// Of one task, metric and backbone, a pair is a center: both methods' means over the seeds that
/// both have there (`local` is the mean over its sites first). Where several backbones were
/// compared, a second comparison pairs backbones: each one's means over those centers. Pairs of
/// which one side is undefined, or not finite, are left out; a comparison without any pair is not
/// listed.
///
/// Differences are method minus baseline, in units of the metric. "Better" is the one-sided claim
/// that the method beats the baseline: larger, or smaller for errors. Wilcoxon's test is exact up
/// to kMaxExactPairs and drops zeros; differences are rounded to 12 decimals for it, so that equal
/// ones tie. Holm's correction is over the methods of one task, metric and backbone. The F-test
/// ignores the pairing, as in the paper.
/// Threads: pure. Source: docs/math.md, "Statistics".
#pragma once

#include "simulations/results/row.h"
#include "simulations/statistics/f_test.h"
#include "simulations/statistics/paired_t_test.h"
#include "simulations/statistics/wilcoxon.h"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace consilium {

inline constexpr std::string_view kBaseline = "stl";

struct PValues {
  std::optional<double> two_sided, better;
  std::optional<double> holm_two_sided, holm_better;
};

struct Comparison {
  std::string task;
  std::string metric;
  std::string method;
  std::string baseline;
  std::optional<std::string> backbone;  ///< none: over backbones
  PairedTResult t;                      ///< two-sided; 95 % interval
  WilcoxonResult wilcoxon;              ///< two-sided
  FTestResult f;
  PValues t_p, wilcoxon_p;
};

/// By task, metric (in the order of ReportedMetrics()), backbone (the one over all last), method,
/// in order of first appearance.
std::vector<Comparison> CompareWithBaseline(std::span<const Row> rows,
                                            std::string_view baseline = kBaseline);

}  // namespace consilium
