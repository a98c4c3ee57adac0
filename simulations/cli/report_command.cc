#include "simulations/cli/command.h"
#include "simulations/report/write_report.h"

#include <iostream>
#include <vector>

namespace consilium {
namespace {

class ReportCommand : public Command {
 public:
  explicit ReportCommand(CLI::App& app) {
    command_ = app.add_subcommand("report", "Write the report of a study, or compare several");
    command_->add_option("folders", folders_, "Folders of studies, as loco --out wrote them")
        ->type_name("DIR")
        ->required();
    command_->add_option("--out", out_, "The page; of one study DIR/report.html if not given")
        ->type_name("FILE.html");
  }

  Status Run() override {
    if (!command_->parsed()) return OkStatus();
    CONSILIUM_RETURN_IF_ERROR(WriteReport(folders_, out_));
    std::cout << "report: " << (out_.empty() ? folders_.front() + "/report.html" : out_) << "\n";
    return OkStatus();
  }

 private:
  std::vector<std::string> folders_;
  std::string out_;
  CLI::App* command_;
};

}  // namespace

std::unique_ptr<Command> AddReportCommand(CLI::App& app) {
  return std::make_unique<ReportCommand>(app);
}

}  // namespace consilium
