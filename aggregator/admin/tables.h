/// Answers of the aggregator as tables for people: columns aligned, times in UTC. Each ends with a
/// line break. Threads: pure.
#pragma once

#include "common/federation/run_status.h"

#include <string>
#include <vector>

namespace consilium {

std::string RunsTable(const std::vector<RunSummary>& runs);
/// State, who brought it there when, and the sites.
std::string RunText(const RunDetail& detail);
std::string SitesTable(const std::vector<SiteStatus>& sites);
/// One line per round and site: in, late, failed, absent, and why.
std::string RoundsTable(const std::vector<LedgerRound>& rounds);
std::string EventLine(const AdminEvent& event);
std::string ChangeLine(const RunChange& change);

/// "2026-01-31 12:00:00".
std::string TimeText(Timestamp at);

}  // namespace consilium
