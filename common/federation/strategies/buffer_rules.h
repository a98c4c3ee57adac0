/// How entries that are not trained combine, under every strategy.
///
///   running mean      m = sum_s w_s m_s / sum_s w_s
///   running variance  sum_s w_s (max(v_s, 0) + (m_s - m)^2) / sum_s w_s: the variance within the
///                     sites and that between them, of the pooled values
///   counters          maximum, as are all integers
/// w_s is the number of images that the site trained on, unless a strategy says otherwise. Nobody
/// counts: no change. Whatever finite values arrive, no variance is negative and no value is not
/// finite. A variance beside which no mean travels is averaged.
/// Threads: pure. Source: Chan, Golub, LeVeque 1983 (pooled variance); docs/math.md.
#pragma once

#include "common/federation/strategy.h"

namespace consilium {

/// Index of the running mean of the normalisation that this running variance belongs to, of equal
/// type and shape; -1 for every other entry and where there is none.
std::ptrdiff_t MeanBeside(const Layout& layout, const EntrySpec& entry);

/// Requires an entry that is not trained and one weight, 0 or more, per contribution.
/// Errors: kDataLoss for a value that is not finite.
Status CombineBuffer(const RoundChunk& chunk, std::span<const double> weights,
                     std::span<std::byte> next);
/// With the images used as weights.
Status CombineBuffer(const RoundChunk& chunk, std::span<std::byte> next);

}  // namespace consilium
