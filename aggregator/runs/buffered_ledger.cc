#include "aggregator/runs/buffered_ledger.h"

#include "aggregator/left_out_scores.h"

#include <algorithm>
#include <map>

namespace consilium {
namespace {

std::string OfVersion(RoundNumber version) { return "version " + std::to_string(version); }

/// "from version 3, 2 versions old".
std::string OriginText(const UpdateOrigin& origin) {
  std::string text = "from " + OfVersion(origin.started_from);
  if (origin.staleness == 0) return text;
  text.append(", ").append(std::to_string(origin.staleness));
  return text.append(origin.staleness == 1 ? " version old" : " versions old");
}

class BufferedLedger {
 public:
  explicit BufferedLedger(const RoundEngine::Options& options) : engine_(options) {}

  Status Read(const Event& event) {
    if (const auto* began = std::get_if<SiteBegan>(&event.what)) {
      began_[{began->version, began->site}] = event.at;
    } else if (const auto* update = std::get_if<UpdateSpooled>(&event.what)) {
      const auto asked = began_.find({update->round, update->site});
      if (asked != began_.end()) {
        took_.try_emplace(asked->first, Millis(event.at.millis - asked->second.millis));
      }
    } else if (const auto* counts = std::get_if<EvaluationReceived>(&event.what)) {
      if (engine_.OnlyEvaluates(counts->site)) {
        scores_[{counts->version, counts->site}] = ScoresOf(counts->tasks);
      }
    }
    for (const Command& command : engine_.Step(event)) {
      if (const auto* refused = std::get_if<Reject>(&command)) {
        return DataLoss("the event log contradicts itself: " + refused->reason.message());
      }
      if (const auto* aggregate = std::get_if<Aggregate>(&command)) Close(*aggregate);
    }
    return OkStatus();
  }

  std::vector<LedgerRound> Rounds() && {
    for (const auto& [version, loss] : engine_.history()) {
      RoundOf(version - 1)->validation_loss = loss;
    }
    for (const auto& [key, scores] : scores_) {
      const auto round = RoundOf(key.first - 1);
      const auto entry = std::ranges::find(round->sites, key.second, &LedgerEntry::site);
      if (entry == round->sites.end()) continue;  // it came when the version was made
      entry->scores = scores;
      entry->why = ScoresText(scores);
    }
    return std::move(rounds_);
  }

 private:
  /// The rounds are closed one after another, from 0.
  std::vector<LedgerRound>::iterator RoundOf(RoundNumber round) { return rounds_.begin() + round; }

  void Close(const Aggregate& aggregate) {
    LedgerRound& round = rounds_.emplace_back();
    round.round = aggregate.round;
    round.closed = true;
    for (const auto& [id, site] : engine_.sites()) round.sites.push_back(EntryOf(id, site.live));
    for (const auto& [id, away] : engine_.turned_away()) {
      if (!engine_.sites().contains(id)) round.sites.push_back({id, away.standing, away.why, {}});
    }
    std::ranges::sort(round.sites, {}, &LedgerEntry::site);
    for (std::size_t i = 0; i < aggregate.updates.size(); ++i) {
      const SiteId& site = aggregate.updates[i].first;
      LedgerEntry& entry = *std::ranges::find(round.sites, site, &LedgerEntry::site);
      const bool again = entry.standing == SiteStanding::kIn;
      entry.why = (again ? entry.why + "; " : "") + OriginText(aggregate.origins[i]);
      entry.standing = SiteStanding::kIn;
      const auto took = took_.find({aggregate.origins[i].started_from, site});
      if (took != took_.end()) entry.took = took->second;
    }
  }

  LedgerEntry EntryOf(const SiteId& site, bool live) const {
    LedgerEntry entry{site, SiteStanding::kAbsent, "", {}};
    const auto away = engine_.turned_away().find(site);
    const std::optional<RoundNumber> under_way = engine_.UnderWay(site);
    if (away != engine_.turned_away().end()) {
      entry.standing = away->second.standing;
      entry.why = away->second.why;
    } else if (engine_.OnlyEvaluates(site)) {
      entry.standing = SiteStanding::kEvaluates;
      entry.why = "the round's model was not evaluated";
    } else if (!engine_.MayTrain(site)) {
      entry.standing = SiteStanding::kUnselected;
      entry.why = "not in the run's list of sites";
    } else if (!live) {
      entry.standing = SiteStanding::kFailed;
      entry.why = "silent for longer than its lease";
    } else if (under_way) {
      entry.standing = SiteStanding::kOpen;
      entry.why = "at work from " + OfVersion(*under_way);
    } else {
      entry.why = "not at work when the version was made";
    }
    return entry;
  }

  RoundEngine engine_;
  std::vector<LedgerRound> rounds_;
  std::map<std::pair<RoundNumber, SiteId>, Timestamp> began_;
  std::map<std::pair<RoundNumber, SiteId>, Millis> took_;
  std::map<std::pair<RoundNumber, SiteId>, std::vector<TaskScore>> scores_;  // by version
};

}  // namespace

Result<std::vector<LedgerRound>> MakeBufferedLedger(const RoundEngine::Options& options,
                                                    const std::vector<Event>& log) {
  BufferedLedger ledger(options);
  for (const Event& event : log) CONSILIUM_RETURN_IF_ERROR(ledger.Read(event));
  return std::move(ledger).Rounds();
}

}  // namespace consilium
