/// The AUROC of several sites' images together, from score histograms that the sites counted, with
/// a bound of how far it can be from the AUROC of the pooled scores.
///
/// With p_b positive and q_b negative images in bin b, summed over the sites, P and Q in all:
///   auroc = (1 / PQ) sum_b p_b (sum_{a < b} q_a + q_b / 2)
///   bound = (1 / 2PQ) sum_b p_b q_b,    |auroc - AUROC of the pooled scores| <= bound
///
/// Why: bins follow the order of scores, so a pair in two bins counts the same 0 or 1 in both. A
/// pair within a bin counts 1/2 here and 0, 1/2 or 1 there: it differs by at most 1/2, and there
/// are sum_b p_b q_b such pairs. The bound is reached if all of them fall the same way, so no
/// smaller one follows from these counts. How images are spread over sites never matters: the
/// histograms add up to that of the pooled images. Sums are whole numbers: only the last division
/// rounds.
///
/// Undefined is empty: without an image of each class. Units: none.
/// Errors: kInvalidArgument: no site; histograms of different or no bins (a task that is not
/// binary); negative counts; more than 2^30 images of a class. Threads: pure.
/// Source: docs/math.md, "AUROC from histograms".
#pragma once

#include "common/base/result.h"
#include "common/metrics/task_counts.h"

#include <cstdint>
#include <optional>
#include <span>

namespace consilium {

struct HistogramAuroc {
  std::int64_t negatives = 0, positives = 0;  ///< images
  std::optional<double> auroc, bound;
};

Result<HistogramAuroc> PooledAuroc(std::span<const ClassCounts> sites);

}  // namespace consilium
