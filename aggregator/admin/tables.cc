#include "aggregator/admin/tables.h"

#include <algorithm>
#include <cstdio>
#include <ctime>

namespace consilium {
namespace {

using Row = std::vector<std::string>;

/// The last column is not padded.
std::string Aligned(const std::vector<Row>& rows) {
  std::vector<std::size_t> widths(rows.front().size());
  for (const Row& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string text;
  for (const Row& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      text += row[i];
      if (i + 1 < row.size()) text.append(widths[i] - row[i].size() + 2, ' ');
    }
    text.erase(text.find_last_not_of(' ') + 1);
    text += '\n';
  }
  return text;
}

std::string Loss(const std::optional<double>& loss) {
  if (!loss) return "-";
  char text[32];
  std::snprintf(text, sizeof text, "%.4f", *loss);
  return text;
}

std::string RoundOf(const RunSummary& run) {
  return std::to_string(run.round) + "/" + std::to_string(run.rounds_planned);
}

std::string Took(Millis length) {
  if (length.count() == 0) return "-";
  char text[32];
  std::snprintf(text, sizeof text, "%.1f s", static_cast<double>(length.count()) / 1000);
  return text;
}

std::string ProposalLine(const DeadlineProposal& proposed) {
  return "A deadline of " +
         std::to_string(
             std::chrono::duration_cast<std::chrono::seconds>(proposed.deadline).count()) +
         " s would do: twice the " + Took(proposed.took) + " that " + proposed.slowest.str() +
         " took.\n";
}

/// What keeps a run from going on is worth more than how it came here.
std::string CauseOf(const RunSummary& run) {
  return run.trouble.empty() ? run.last.cause : "cannot go on, trying again: " + run.trouble;
}

}  // namespace

std::string TimeText(Timestamp at) {
  const std::time_t seconds = at.millis / 1000;
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &parts);
  return text;
}

std::string RunsTable(const std::vector<RunSummary>& runs) {
  std::vector<Row> rows = {{"RUN", "STATE", "ROUND", "SITES", "BEST LOSS", "SINCE", "BY", "CAUSE"}};
  for (const RunSummary& run : runs) {
    rows.push_back({run.last.run.str(), std::string(ToString(run.last.state)), RoundOf(run),
                    std::to_string(run.sites), Loss(run.best_loss), TimeText(run.last.at),
                    run.last.actor, CauseOf(run)});
  }
  return Aligned(rows);
}

std::string RunText(const RunDetail& detail) {
  std::string text = RunsTable({detail.summary}) + "\n";
  std::vector<Row> changes = {{"TIME", "STATE", "BY", "CAUSE"}};
  for (const RunChange& change : detail.changes) {
    changes.push_back(
        {TimeText(change.at), std::string(ToString(change.state)), change.actor, change.cause});
  }
  text += Aligned(changes);
  if (!detail.sites.empty()) text.append("\n").append(SitesTable(detail.sites));
  if (detail.proposed) text.append("\n").append(ProposalLine(*detail.proposed));
  return text;
}

std::string SitesTable(const std::vector<SiteStatus>& sites) {
  std::vector<Row> rows = {{"SITE", "RUN", "STATE"}};
  for (const SiteStatus& site : sites)
    rows.push_back({site.site.str(), site.run.str(), site.doing});
  return Aligned(rows);
}

std::string RoundsTable(const std::vector<LedgerRound>& rounds) {
  std::vector<Row> rows = {{"ROUND", "ATTEMPTS", "LOSS", "SITE", "STANDING", "TOOK", "WHY"}};
  for (const LedgerRound& round : rounds) {
    for (const LedgerEntry& entry : round.sites) {
      rows.push_back({std::to_string(round.round), std::to_string(round.attempts),
                      Loss(round.validation_loss), entry.site.str(),
                      std::string(ToString(entry.standing)), Took(entry.took), entry.why});
    }
  }
  return Aligned(rows);
}

std::string EventLine(const AdminEvent& event) {
  std::string line = TimeText(event.at);
  line.append("  ")
      .append(event.run.empty() ? "-" : event.run.str())
      .append("  ")
      .append(event.actor)
      .append("  ");
  return line.append(event.text).append("\n");
}

std::string ChangeLine(const RunChange& change) {
  std::string line = "run " + change.run.str();
  return line.append(": ").append(ToString(change.state)).append("\n");
}

}  // namespace consilium
