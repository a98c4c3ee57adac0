#include "simulations/cli/command.h"
#include "simulations/results/summary_file.h"
#include "simulations/sweep/collect.h"

#include <iostream>

namespace consilium {
namespace {

class CollectCommand : public Command {
 public:
  explicit CollectCommand(CLI::App& app) {
    command_ = app.add_subcommand("collect", "Gather the finished jobs of a sweep in one report");
    command_->add_option("sweep", folder_, "Folder of the sweep")->type_name("DIR")->required();
  }

  Status Run() override {
    if (!command_->parsed()) return OkStatus();
    const SweepFolder folder(folder_);
    CONSILIUM_ASSIGN_OR_RETURN(const CollectedSweep sweep, CollectSweep(folder));
    CONSILIUM_RETURN_IF_ERROR(folder.Write("summary.json", FormatSummary(sweep.summary)));
    CONSILIUM_RETURN_IF_ERROR(folder.Write("summary.csv", FormatSummaryCsv(sweep.summary.rows)));
    CONSILIUM_RETURN_IF_ERROR(folder.Write("report.md", FormatSweepReport(sweep)));
    for (const auto& [id, why] : sweep.missing)
      std::cerr << "missing: " << id << ": " << why << "\n";
    std::cout << sweep.jobs.size() - sweep.missing.size() << " of " << sweep.jobs.size()
              << " jobs collected\n"
              << "report: " << folder_ << "/report.md\n"
              << "rows:   " << folder_ << "/summary.csv, summary.json\n";
    return OkStatus();
  }

 private:
  std::string folder_;
  CLI::App* command_;
};

}  // namespace

std::unique_ptr<Command> AddCollectCommand(CLI::App& app) {
  return std::make_unique<CollectCommand>(app);
}

}  // namespace consilium
