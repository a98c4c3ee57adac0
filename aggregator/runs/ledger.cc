#include "aggregator/runs/ledger.h"

#include <algorithm>

namespace consilium {
namespace {

std::string Seconds(Millis length) { return std::to_string(length.count() / 1000) + " s"; }

/// As the engine sees the sites of its current round; `closing`: its updates are being combined.
std::vector<LedgerEntry> EntriesOf(const RoundEngine& engine, const RoundOptions& options,
                                   bool closing) {
  std::vector<LedgerEntry> entries;
  for (const auto& [id, site] : engine.sites()) {
    LedgerEntry& entry = entries.emplace_back();
    entry.site = id;
    if (engine.updates().contains(id)) {
      entry.standing = SiteStanding::kIn;
    } else if (!engine.IsSelected(id)) {
      entry.standing = SiteStanding::kAbsent;
      entry.why = site.live ? "joined after the round had begun" : "was lost before the round";
    } else if (!site.live) {
      entry.standing = SiteStanding::kFailed;
      entry.why = "silent for longer than " + Seconds(options.site_lease);
    } else if (closing) {
      entry.standing = SiteStanding::kLate;
      entry.why = "no update within " + Seconds(options.deadline);
    }
  }
  return entries;
}

}  // namespace

Result<std::vector<LedgerRound>> MakeLedger(const RoundEngine::Options& options,
                                            const std::vector<Event>& log) {
  RoundEngine engine(options);
  std::vector<LedgerRound> rounds;
  for (const Event& event : log) {
    const RoundPhase before = engine.phase();
    const std::vector<Command> commands = engine.Step(event);
    for (const Command& command : commands) {
      if (const auto* refused = std::get_if<Reject>(&command)) {
        return DataLoss("the event log contradicts itself: " + refused->reason.message());
      }
      if (std::holds_alternative<Aggregate>(command)) {
        LedgerRound& round = rounds.back();
        round.closed = true;
        round.sites = EntriesOf(engine, options.rounds, true);
      }
    }
    if (engine.phase() == RoundPhase::kTraining) {
      const bool known = !rounds.empty() && rounds.back().round == engine.round();
      if (!known) {
        rounds.emplace_back().round = engine.round();
      } else if (before == RoundPhase::kTraining &&
                 std::holds_alternative<DeadlinePassed>(event.what)) {
        ++rounds.back().attempts;
      }
      rounds.back().sites = EntriesOf(engine, options.rounds, false);
    }
  }
  for (const auto& [version, loss] : engine.history()) {
    for (LedgerRound& round : rounds) {
      if (round.round == version - 1) round.validation_loss = loss;
    }
  }
  return rounds;
}

std::string WhatIsMissing(const std::vector<LedgerRound>& rounds, int expected) {
  for (const LedgerRound& round : rounds) {
    if (!round.closed) continue;
    const auto in = std::ranges::count(round.sites, SiteStanding::kIn, &LedgerEntry::standing);
    if (in >= expected) continue;
    std::string line = "round " + std::to_string(round.round) + ": " + std::to_string(in) + " of " +
                       std::to_string(expected) + " sites";
    std::string others;
    for (const LedgerEntry& entry : round.sites) {
      if (entry.standing == SiteStanding::kIn) continue;
      others.append(others.empty() ? " (" : ", ").append(entry.site.str()).append(" ");
      others.append(ToString(entry.standing));
    }
    if (!others.empty()) line.append(others).append(")");
    return line;
  }
  return "";
}

}  // namespace consilium
