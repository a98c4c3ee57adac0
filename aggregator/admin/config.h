/// The command line of consilium-admin.
#pragma once

#include "common/base/result.h"

#include <cstdint>
#include <optional>
#include <string>

namespace consilium {

enum class AdminCommand : std::uint8_t {
  kRunsStart,
  kRunsList,
  kRunsShow,
  kRunsPause,
  kRunsResume,
  kRunsCancel,
  kRunsRemove,
  kSitesList,
  kSitesShow,
  kRoundsShow,
  kModelExport,
  kEventsFollow,
  kBackup,
  kRestore,
  kCompletion
};

struct AdminConfig {
  AdminCommand command = AdminCommand::kRunsList;
  std::string aggregator;
  std::string ca_file;
  std::string certificate_file;
  std::string key_file;
  bool json = false;
  std::string run_file;    ///< runs start
  std::string model_file;  ///< runs start
  std::string name;        ///< of a run, or of a site
  std::string cause;
  std::optional<int> round;  ///< model export; none: the result
  std::string out_file;      ///< model export; backup: a folder
  bool only_past = false;    ///< events follow
  std::string backup;        ///< restore: a folder
  std::string state_folder;  ///< restore
};

/// Empty: --help or --version was asked for and has been printed.
/// Errors: kInvalidArgument, one line.
Result<std::optional<AdminConfig>> ParseAdminCommand(int argc, const char* const* argv);

}  // namespace consilium
