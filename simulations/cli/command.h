/// The subcommands of consilium-sim. Each adds its options to the program and runs once parsed.
#pragma once

#include "common/base/status.h"

#include <CLI/App.hpp>

#include <memory>
#include <string>

namespace consilium {

class Command {
 public:
  virtual ~Command() = default;
  /// Requires that the command line was parsed and named this command.
  virtual Status Run() = 0;
};

/// `version` goes into the study's files. Each must outlive the parsing of `app`.
std::unique_ptr<Command> AddLocoCommand(CLI::App& app, const std::string& version);
std::unique_ptr<Command> AddStudyCommand(CLI::App& app, const std::string& version);
std::unique_ptr<Command> AddPlanCommand(CLI::App& app);
std::unique_ptr<Command> AddRunCommand(CLI::App& app);
std::unique_ptr<Command> AddCollectCommand(CLI::App& app);
std::unique_ptr<Command> AddInitCommand(CLI::App& app);
std::unique_ptr<Command> AddBackbonesCommand(CLI::App& app);
std::unique_ptr<Command> AddBackboneCommand(CLI::App& app);
std::unique_ptr<Command> AddBenchCommand(CLI::App& app);
std::unique_ptr<Command> AddExportCommand(CLI::App& app);
std::unique_ptr<Command> AddReportCommand(CLI::App& app);
std::unique_ptr<Command> AddSyntheticCommand(CLI::App& app);

}  // namespace consilium
