#include "common/base/clock.h"
#include "common/base/interrupt.h"
#include "simulations/cli/command.h"
#include "simulations/cli/sweep_jobs.h"
#include "simulations/processes/child_process.h"
#include "simulations/sweep/run_sweep.h"

#include <iostream>

namespace consilium {
namespace {

class RunCommand : public Command {
 public:
  explicit RunCommand(CLI::App& app) {
    command_ = app.add_subcommand("run", "Run the jobs of a sweep that are not finished");
    command_->add_option("sweep", file_, "YAML: options of loco, each with a value or a list")
        ->type_name("SWEEP.yaml")
        ->required();
    command_->add_option("--out", out_, "Folder of the sweep, new or to go on with")
        ->type_name("DIR")
        ->required();
    command_->add_option("--jobs", processes_, "Jobs at a time; 0: as many as the cores allow")
        ->type_name("N")
        ->capture_default_str();
    command_->add_option("--shard", shard_, "Run one part of the jobs only: 2/4")
        ->type_name("I/N")
        ->capture_default_str();
  }

  Status Run() override {
    if (!command_->parsed()) return OkStatus();
    if (processes_ < 0 || processes_ > 1024) {
      return InvalidArgument("jobs: outside its range, expected 0 to 1024");
    }
    CONSILIUM_ASSIGN_OR_RETURN(const Shard shard, ParseShard(shard_));
    CONSILIUM_ASSIGN_OR_RETURN(const std::vector<SweepJob> jobs, ReadSweepJobs(file_));
    const SweepFolder folder(out_);
    CONSILIUM_RETURN_IF_ERROR(folder.Open(jobs));
    SweepRun run;
    run.jobs = JobsOfShard(jobs, shard);
    run.program = OwnProgramFolder() + "/consilium-sim";
    run.processes = processes_;
    if (processes_ == 0) {
      CONSILIUM_ASSIGN_OR_RETURN(const SweepMachine machine, MachineOf(jobs));
      run.processes = DefaultProcesses(machine);
    }
    run.interrupt = &ProcessInterrupt();
    run.out = &std::cerr;
    CONSILIUM_ASSIGN_OR_RETURN(const SweepOutcome outcome, RunSweep(folder, run));
    return Report(outcome);
  }

 private:
  Status Report(const SweepOutcome& outcome) const {
    if (outcome.failures.empty()) {
      std::cout << "all jobs are done; consilium-sim collect " << out_ << "\n";
      return OkStatus();
    }
    std::string text = std::to_string(outcome.failures.size());
    text += " jobs failed; the same command tries them again";
    for (const std::string& failure : outcome.failures) text.append("\n").append(failure);
    return Internal(text);
  }

  std::string file_;
  std::string out_;
  std::string shard_ = "1/1";
  int processes_ = 0;
  CLI::App* command_;
};

}  // namespace

std::unique_ptr<Command> AddRunCommand(CLI::App& app) { return std::make_unique<RunCommand>(app); }

}  // namespace consilium
