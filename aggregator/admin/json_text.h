/// The same answers as JSON for scripts, one object per line; keys are those of admin.proto.
/// Threads: pure.
#pragma once

#include "common/federation/run_status.h"

#include <string>
#include <vector>

namespace consilium {

std::string JsonText(const RunChange& change);
std::string JsonText(const std::vector<RunSummary>& runs);
std::string JsonText(const RunDetail& detail);
std::string JsonText(const std::vector<SiteStatus>& sites);
std::string JsonText(const std::vector<LedgerRound>& rounds);
std::string JsonText(const AdminEvent& event);

}  // namespace consilium
