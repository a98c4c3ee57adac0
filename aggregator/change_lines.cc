#include "aggregator/change_lines.h"

#include "aggregator/left_out_scores.h"

#include <algorithm>
#include <cstdio>

namespace consilium {
namespace {

std::string Number(double value) {
  char text[32];
  std::snprintf(text, sizeof(text), "%.4g", value);
  return text;
}

std::string Round(RoundNumber round) { return "round " + std::to_string(round); }

std::size_t Selected(const RoundEngine& engine) {
  return static_cast<std::size_t>(
      std::count_if(engine.sites().begin(), engine.sites().end(),
                    [&](const auto& entry) { return engine.IsSelected(entry.first); }));
}

void DescribeSites(const RoundEngine& before, const RoundEngine& after,
                   std::vector<std::string>& lines) {
  for (const auto& [id, site] : after.sites()) {
    const auto was = before.sites().find(id);
    if (was == before.sites().end()) {
      lines.push_back("site " + id.str() + " joined");
    } else if (was->second.live != site.live) {
      lines.push_back("site " + id.str() + (site.live ? " is back" : " lost"));
    }
  }
  for (const auto& [id, away] : after.turned_away()) {
    const auto was = before.turned_away().find(id);
    if (was != before.turned_away().end() && was->second == away) continue;
    std::string line = "site " + id.str() + " ";
    lines.push_back(line.append(ToString(away.standing)).append(": ").append(away.why));
  }
}

/// "left-out site D: brixia loss 0.51, ..."
void DescribeLeftOut(const RoundEngine& before, const RoundEngine& after,
                     std::vector<std::string>& lines) {
  const bool same_version = before.model() == after.model();
  for (const auto& [id, tasks] : after.left_out()) {
    if (same_version && before.left_out().contains(id)) continue;
    std::string line = Round(after.model().version - 1);
    line.append(": left-out site ").append(id.str()).append(": ");
    lines.push_back(line.append(ScoresText(ScoresOf(tasks))));
  }
}

std::string DescribeModel(const RoundEngine& engine) {
  const auto& [version, loss] = engine.history().back();
  std::string line = Round(version - 1) + " aggregated, ";
  if (!loss) return line + "no validation loss";
  line += "validation loss " + Number(*loss);
  if (engine.best_loss()) {
    line +=
        " (best " + Number(*engine.best_loss()) + " at " + Round(engine.best_version() - 1) + ")";
  }
  return line;
}

}  // namespace

std::vector<std::string> DescribeChange(const RoundEngine& before, const RoundEngine& after) {
  std::vector<std::string> lines;
  DescribeSites(before, after, lines);
  if (after.round() == before.round() && after.updates().size() > before.updates().size()) {
    const std::string updates = std::to_string(after.updates().size());
    lines.push_back(after.IsBuffered() ? updates + " in the buffer of " + Round(after.round())
                                       : Round(after.round()) + ": " + updates + " of " +
                                             std::to_string(Selected(after)) + " updates");
  }
  DescribeLeftOut(before, after, lines);
  if (after.history().size() > before.history().size()) lines.push_back(DescribeModel(after));
  const bool starts = after.phase() == RoundPhase::kTraining &&
                      (before.phase() != RoundPhase::kTraining || after.round() > before.round());
  if (starts) {
    lines.push_back(Round(after.round()) + " started with " + std::to_string(Selected(after)) +
                    " sites");
  }
  if (after.phase() == RoundPhase::kFinished && before.phase() != RoundPhase::kFinished) {
    lines.push_back("run finished, best model is that of " + Round(after.best_version() - 1));
  }
  return lines;
}

}  // namespace consilium
