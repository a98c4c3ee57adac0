#include "common/base/interrupt.h"
#include "simulations/cli/command.h"
#include "simulations/cohort/cohort.h"
#include "simulations/export/cohort_export.h"

#include <algorithm>
#include <iostream>
#include <thread>

namespace consilium {
namespace {

class SyntheticCommand : public Command {
 public:
  explicit SyntheticCommand(CLI::App& app) {
    options_.cohort.scale = CohortRequest().scale;
    command_ = app.add_subcommand("synthetic", "Write a synthetic cohort: pictures and a manifest");
    command_->add_option("--out", out_, "Folder for manifest.csv and images/")->type_name("DIR");
    command_->add_option("--scale", options_.cohort.scale, "Size; 1 is the official size")
        ->type_name("FACTOR")
        ->capture_default_str();
    command_->add_option("--seed", options_.cohort.seed, "Seed of the cohort")
        ->type_name("SEED")
        ->capture_default_str();
    command_->add_option("--image-size", options_.cohort.image_size, "Pixels per side")
        ->type_name("PIXELS")
        ->capture_default_str();
  }

  Status Run() override {
    if (!command_->parsed()) return OkStatus();
    if (out_.empty()) return InvalidArgument("out: no folder given, expected --out DIR");
    CONSILIUM_ASSIGN_OR_RETURN(const TaskSpec brixia, BrixiaTask("zones"));
    options_.interrupt = &ProcessInterrupt();
    options_.cohort.threads = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
    CONSILIUM_RETURN_IF_ERROR(WriteSyntheticCohort(out_, options_, {PrognosisTask(), brixia}));
    std::cout << out_ << "/manifest.csv\n";
    return OkStatus();
  }

 private:
  CohortExportOptions options_;
  std::string out_;
  CLI::App* command_;
};

}  // namespace

std::unique_ptr<Command> AddSyntheticCommand(CLI::App& app) {
  return std::make_unique<SyntheticCommand>(app);
}

}  // namespace consilium
