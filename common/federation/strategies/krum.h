/// Krum and multi-Krum: of n sites with up to f that send anything, those closest to the others.
///
///   score_s = the sum of the n - f - 2 smallest ||x_s - x_t||^2 over the other sites t
///   krum         the site with the lowest score (of equals the first by name)
///   multi-krum   the mean of the m sites with the lowest scores; m is krum_sites, or n - f - 2
/// Distances are those of the backbone's trained parameters, over the sites that count there; the
/// same sites give the heads: each head is the plain mean over those of them that hold its task, and
/// stays as it is where none does. Entries that are not trained follow buffer_rules.h over the chosen
/// sites. With fewer than 2f + 3 sites in a round nothing changes (requirements.h asks before).
/// Memory: one number per pair of sites. State: none.
/// Source: Blanchard et al. 2017 (arXiv 1703.02757); the bound of m from El Mhamdi et al. 2018
/// (arXiv 1802.07927). Threads: stateless.
#pragma once

#include "common/federation/strategy.h"

namespace consilium {

class Krum final : public AggregationStrategy {
 public:
  /// `chosen`: how many sites; 0: n - f - 2.
  Krum(std::string_view name, int byzantine, int chosen)
      : name_(name), byzantine_(byzantine), chosen_(chosen) {}
  std::string_view name() const override { return name_; }
  std::unique_ptr<RoundReducer> Begin(std::span<const SiteFacts> sites) const override;

 private:
  std::string_view name_;
  int byzantine_;
  int chosen_;
};

/// Indices of the sites chosen, ascending. `distances`: n rows of n squared distances.
/// Requires n >= 2 byzantine + 3 and 1 <= chosen <= n.
std::vector<std::size_t> KrumChoice(std::span<const double> distances, std::size_t sites,
                                    std::size_t byzantine, std::size_t chosen);

}  // namespace consilium
