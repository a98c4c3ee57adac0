#include "aggregator/runs/ledger.h"

#include "aggregator/left_out_scores.h"
#include "aggregator/runs/buffered_ledger.h"

#include <algorithm>
#include <map>
#include <set>

namespace consilium {
namespace {

std::string Seconds(Millis length) { return std::to_string(length.count() / 1000) + " s"; }

/// As the engine sees the sites of its current round; `closing`: its updates are being combined;
/// `there`: live when the round's sites were selected.
std::vector<LedgerEntry> EntriesOf(const RoundEngine& engine, const RoundOptions& options,
                                   const std::set<SiteId>& there, bool closing) {
  std::vector<LedgerEntry> entries;
  for (const auto& [id, site] : engine.sites()) {
    LedgerEntry& entry = entries.emplace_back();
    entry.site = id;
    if (engine.updates().contains(id)) {
      entry.standing = SiteStanding::kIn;
    } else if (const auto away = engine.turned_away().find(id);
               away != engine.turned_away().end()) {
      entry.standing = away->second.standing;
      entry.why = away->second.why;
    } else if (engine.OnlyEvaluates(id)) {
      entry.standing = SiteStanding::kEvaluates;
    } else if (!engine.MayTrain(id)) {
      entry.standing = SiteStanding::kUnselected;
      entry.why = "not in the run's list of sites";
    } else if (!engine.IsSelected(id) && there.contains(id)) {
      entry.standing = SiteStanding::kUnselected;
      entry.why = "not drawn for this round";
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
  for (const auto& [id, away] : engine.turned_away()) {
    if (!engine.sites().contains(id)) entries.push_back({id, away.standing, away.why, {}});
  }
  std::ranges::sort(entries, {}, &LedgerEntry::site);
  return entries;
}

std::set<SiteId> LiveSites(const RoundEngine& engine) {
  std::set<SiteId> live;
  for (const auto& [id, site] : engine.sites()) {
    if (site.live) live.insert(id);
  }
  return live;
}

/// How long the sites of a round took, from when they were asked.
class RoundClock {
 public:
  void Ask(Timestamp at) { asked_ = at; }
  void Deliver(const SiteId& site, Timestamp at) { took_[site] = Since(at); }
  void Write(Timestamp now, LedgerRound& round) const {
    for (LedgerEntry& entry : round.sites) {
      const auto took = took_.find(entry.site);
      if (entry.standing == SiteStanding::kIn && took != took_.end()) entry.took = took->second;
      if (entry.standing == SiteStanding::kLate) entry.took = Since(now);
    }
  }
  void Forget() { took_.clear(); }

 private:
  Millis Since(Timestamp at) const { return Millis(at.millis - asked_.millis); }

  Timestamp asked_;
  std::map<SiteId, Millis> took_;
};

/// What the left-out sites say of the round's model, or why they say nothing.
void NoteLeftOut(const RoundEngine& engine, const RoundOptions& options, bool evaluated,
                 LedgerRound& round) {
  for (const auto& [id, site] : engine.sites()) {
    if (!engine.OnlyEvaluates(id) || engine.turned_away().contains(id)) continue;
    auto entry = std::ranges::find(round.sites, id, &LedgerEntry::site);
    if (entry == round.sites.end()) {  // it came while the round was being evaluated
      const auto at = std::ranges::upper_bound(round.sites, id, {}, &LedgerEntry::site);
      entry = round.sites.insert(at, LedgerEntry{id, SiteStanding::kEvaluates, "", {}});
    }
    const auto counted = engine.left_out().find(id);
    if (counted != engine.left_out().end()) {
      entry->scores = ScoresOf(counted->second);
      entry->why = ScoresText(entry->scores);
    } else if (!evaluated) {
      entry->why = "the round's model was not evaluated";
    } else if (!site.live) {
      entry->why = "silent for longer than " + Seconds(options.site_lease);
    } else {
      entry->why = "no counts within " + Seconds(options.deadline);
    }
  }
}

}  // namespace

Result<std::vector<LedgerRound>> MakeLedger(const RoundEngine::Options& options,
                                            const std::vector<Event>& log) {
  if (options.buffer) return MakeBufferedLedger(options, log);
  RoundEngine engine(options);
  std::vector<LedgerRound> rounds;
  std::set<SiteId> there;
  RoundClock clock;
  for (const Event& event : log) {
    if (const auto* update = std::get_if<UpdateSpooled>(&event.what)) {
      clock.Deliver(update->site, event.at);
    }
    const RoundPhase before = engine.phase();
    const std::size_t concluded = engine.history().size();
    const std::vector<Command> commands = engine.Step(event);
    for (const Command& command : commands) {
      if (const auto* refused = std::get_if<Reject>(&command)) {
        return DataLoss("the event log contradicts itself: " + refused->reason.message());
      }
      if (std::holds_alternative<Aggregate>(command)) {
        LedgerRound& round = rounds.back();
        round.closed = true;
        round.sites = EntriesOf(engine, options.rounds, there, true);
        clock.Write(event.at, round);
      }
    }
    if (engine.history().size() > concluded) {
      NoteLeftOut(engine, options.rounds, before == RoundPhase::kEvaluating, rounds.back());
    }
    const bool selects = std::ranges::any_of(commands, [](const Command& command) {
      return std::holds_alternative<SetDeadline>(command);
    });
    if (engine.phase() == RoundPhase::kTraining) {
      if (selects) {
        there = LiveSites(engine);
        clock.Ask(event.at);
      }
      const bool known = !rounds.empty() && rounds.back().round == engine.round();
      if (!known) {
        rounds.emplace_back().round = engine.round();
        clock.Forget();
      } else if (before == RoundPhase::kTraining &&
                 std::holds_alternative<DeadlinePassed>(event.what)) {
        ++rounds.back().attempts;
      }
      rounds.back().sites = EntriesOf(engine, options.rounds, there, false);
      clock.Write(event.at, rounds.back());
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
      const bool asked_nothing =
          entry.standing == SiteStanding::kEvaluates || entry.standing == SiteStanding::kUnselected;
      if (entry.standing == SiteStanding::kIn || asked_nothing) continue;
      others.append(others.empty() ? " (" : ", ").append(entry.site.str()).append(" ");
      others.append(ToString(entry.standing));
      const bool turned_away =
          entry.standing == SiteStanding::kRefused || entry.standing == SiteStanding::kAbstained;
      if (turned_away) others.append(": ").append(entry.why);
    }
    if (!others.empty()) line.append(others).append(")");
    return line;
  }
  return "";
}

}  // namespace consilium
