#include "aggregator/runs/deadline_proposal.h"

#include <algorithm>
#include <ranges>

namespace consilium {
namespace {

constexpr int kRoundsLookedAt = 5;
constexpr int kMargin = 2;

Millis InWholeSeconds(Millis length) {
  return std::chrono::ceil<std::chrono::seconds>(std::max(length, Millis{1}));
}

}  // namespace

std::optional<DeadlineProposal> ProposeDeadline(const std::vector<LedgerRound>& rounds,
                                                const std::map<SiteId, Millis>& expected) {
  DeadlineProposal proposal;
  const auto consider = [&](const SiteId& site, Millis took) {
    if (took <= proposal.took) return;
    proposal.slowest = site;
    proposal.took = took;
  };
  int looked_at = 0;
  for (const LedgerRound& round : std::views::reverse(rounds)) {
    if (!round.closed) continue;
    if (++looked_at > kRoundsLookedAt) break;
    for (const LedgerEntry& entry : round.sites) consider(entry.site, entry.took);
  }
  for (const auto& [site, takes] : expected) consider(site, takes);
  if (proposal.took.count() == 0) return std::nullopt;
  proposal.deadline = InWholeSeconds(kMargin * proposal.took);
  return proposal;
}

}  // namespace consilium
