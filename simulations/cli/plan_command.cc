#include "common/nn/state.h"
#include "simulations/cli/calibration.h"
#include "simulations/cli/command.h"
#include "simulations/cli/loco_job.h"
#include "simulations/cli/sweep_jobs.h"
#include "simulations/processes/child_process.h"
#include "simulations/study/study.h"
#include "simulations/sweep/plan.h"
#include "simulations/sweep/slurm_script.h"
#include "simulations/sweep/sweep_folder.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <optional>
#include <set>

namespace consilium {
namespace {

namespace fs = std::filesystem;

constexpr double kMib = 1 << 20;
/// Of a forward pass without gradients in one with them and the step.
constexpr double kEvaluationShare = 1.0 / 3;
/// A line of a file of predictions.
constexpr double kPredictionBytes = 120;
constexpr double kRecordsMib = 0.25;
/// Weights, gradients and Adam's two moments of each site that lives in one process.
constexpr double kCopiesOfASite = 4;
/// Pixels are of no interest here: the smallest that can be generated quickly.
constexpr int kLabelsImageSize = 32;

/// Reads cohorts up to their labels, each once.
class Labels {
 public:
  Result<const Dataset*> Of(const LocoOptions& options) {
    CohortRequest request = options.cohort;
    std::string key = request.manifest;
    key.append(" ").append(request.tensor_cache).append(" ").append(options.model.brixia);
    key.append(" ").append(std::to_string(request.scale)).append(" ");
    key.append(std::to_string(request.seed));
    if (!request.tensor_cache.empty()) {
      key.append(" ").append(std::to_string(request.image_size));
    }
    if (const auto found = known_.find(key); found != known_.end()) return &found->second;
    if (request.synthetic) request.image_size = kLabelsImageSize;
    std::optional<Dataset> labels;
    request.check = [&](const Dataset& dataset) {
      labels = dataset;
      labels->images.reset();
      return Cancelled("the labels are enough");
    };
    const Status opened = OpenCohort(request).status();
    if (!labels) return opened;
    return &known_.emplace(key, *std::move(labels)).first->second;
  }

 private:
  std::map<std::string, Dataset> known_;
};

/// Centers that could be sites.
std::size_t CountCenters(const Dataset& labels) {
  std::set<std::string> centers;
  for (const Sample& sample : labels.samples) centers.insert(sample.center);
  return centers.size();
}

class PlanCommand : public Command {
 public:
  explicit PlanCommand(CLI::App& app) {
    command_ = app.add_subcommand("plan", "What a sweep would take: jobs, hours, memory, disk");
    command_->add_option("sweep", file_, "YAML: options of loco, each with a value or a list")
        ->type_name("SWEEP.yaml")
        ->required();
    command_->add_option("--out", out_, "Folder of the sweep; jobs finished there count as done")
        ->type_name("DIR");
    command_->add_option("--jobs", processes_, "Jobs at a time; 0: as many as the cores allow")
        ->type_name("N")
        ->capture_default_str();
    command_->add_option("--shards", shards_, "Parts that run beside each other")
        ->type_name("N")
        ->capture_default_str();
    command_
        ->add_option("--calibration-steps", steps_,
                     "Training steps timed per kind of job; 0: no hours and no memory")
        ->type_name("N")
        ->capture_default_str();
    command_
        ->add_option("--slurm", slurm_,
                     "Write an array script of --shards tasks for sbatch; needs --out")
        ->type_name("FILE");
    command_->add_flag("--json", json_, "Print JSON instead of a table");
  }

  Status Run() override {
    if (!command_->parsed()) return OkStatus();
    CONSILIUM_RETURN_IF_ERROR(Validate());
    CONSILIUM_ASSIGN_OR_RETURN(const std::vector<SweepJob> jobs, ReadSweepJobs(file_));
    CONSILIUM_ASSIGN_OR_RETURN(const SweepMachine machine, MachineOf(jobs));
    if (processes_ == 0) processes_ = DefaultProcesses(machine);
    SweepEstimate estimate;
    estimate.processes = processes_;
    estimate.shards = static_cast<std::size_t>(shards_);
    Calibrator calibrator(Program(), steps_);
    estimate.jobs.reserve(jobs.size());
    for (const SweepJob& job : jobs) {
      CONSILIUM_ASSIGN_OR_RETURN(JobEstimate one, Estimate(job, calibrator));
      estimate.jobs.push_back(std::move(one));
    }
    std::cout << (json_ ? FormatPlanJson(estimate) : DrawPlan(estimate));
    return slurm_.empty() ? OkStatus() : WriteScript(estimate, machine);
  }

 private:
  Status Validate() const {
    if (processes_ < 0 || processes_ > 1024) {
      return InvalidArgument("jobs: outside its range, expected 0 to 1024");
    }
    if (shards_ < 1 || shards_ > 100'000) {
      return InvalidArgument("shards: outside its range, expected 1 to 100000");
    }
    if (steps_ < 0 || steps_ > 1000) {
      return InvalidArgument("calibration-steps: outside its range, expected 0 to 1000");
    }
    if (!slurm_.empty() && out_.empty()) {
      return InvalidArgument("slurm: contradicts a missing --out, expected --out DIR beside it");
    }
    return OkStatus();
  }

  static std::string Program() { return OwnProgramFolder() + "/consilium-sim"; }

  Result<JobEstimate> Estimate(const SweepJob& job, Calibrator& calibrator) {
    CONSILIUM_ASSIGN_OR_RETURN(const LocoOptions options, LocoOptionsOf(job.settings));
    const StudyOptions& study = options.study;
    CONSILIUM_ASSIGN_OR_RETURN(const Dataset* labels, labels_.Of(options));
    CONSILIUM_ASSIGN_OR_RETURN(const std::vector<Job> trainings, PlannedJobs(study, *labels));
    CONSILIUM_ASSIGN_OR_RETURN(const double model_mib, ModelMib(study.plan));
    JobEstimate estimate;
    estimate.id = job.id;
    estimate.done = !out_.empty() && SweepFolder(out_).IsDone(job.id);
    estimate.trainings = trainings.size();
    for (const Job& training : trainings) estimate.images += training.work;
    const auto images = static_cast<double>(labels->samples.size());
    // A model of `local` is scored on every center, the others on the one that they left out.
    const bool local = study.methods.front() == Method::kLocal;
    const double scored = images * (local ? static_cast<double>(trainings.size()) : 1);
    estimate.disk = kRecordsMib + scored * kPredictionBytes / kMib;
    if (options.keep_models) estimate.disk += model_mib * static_cast<double>(trainings.size());
    if (steps_ == 0) return estimate;
    CONSILIUM_ASSIGN_OR_RETURN(const Calibration measured, calibrator.Of(options));
    const double fraction = study.plan.validation_fraction;
    const double validation = 1 + kEvaluationShare * fraction / (1 - fraction);
    constexpr double kSecondsPerHour = 3600;
    estimate.hours = estimate.images * validation / measured.images_per_second / kSecondsPerHour;
    const double pixels = images * study.plan.image_size * study.plan.image_size;
    estimate.memory = measured.memory_mib + pixels * sizeof(float) / kMib;
    if (study.methods.front() == Method::kMdmtFederated) {
      *estimate.memory += kCopiesOfASite * model_mib * static_cast<double>(CountCenters(*labels));
    }
    return estimate;
  }

  Result<double> ModelMib(const RunPlan& plan) {
    const auto found = model_mib_.find(plan.backbone);
    if (found != model_mib_.end()) return found->second;
    CONSILIUM_ASSIGN_OR_RETURN(MultiTaskNet net, MakeNet(plan));
    return model_mib_[plan.backbone] = static_cast<double>(ReadState(*net).bytes.size()) / kMib;
  }

  Status WriteScript(const SweepEstimate& estimate, const SweepMachine& machine) const {
    const SweepTotals totals = TotalsOf(estimate);
    std::error_code error;
    SlurmScript script;
    script.program = Program();
    script.sweep_file = fs::absolute(file_, error).string();
    script.out = fs::absolute(out_, error).string();
    script.folder = fs::current_path(error).string();
    script.shards = estimate.shards;
    script.processes = estimate.processes;
    script.threads = machine.threads;
    script.gpu = machine.gpu;
    script.hours = totals.elapsed;
    script.memory_mib = totals.memory;
    std::ofstream file(slurm_);
    file << FormatSlurmScript(script) << std::flush;
    if (!file) return InvalidArgument(slurm_ + ": slurm: cannot be written");
    std::cerr << "sbatch " << slurm_ << ", and when all tasks have ended: consilium-sim collect "
              << out_ << "\n";
    return OkStatus();
  }

  std::string file_;
  std::string out_;
  std::string slurm_;
  int processes_ = 0;
  int shards_ = 1;
  int steps_ = 3;
  bool json_ = false;
  Labels labels_;
  std::map<std::string, double> model_mib_;
  CLI::App* command_;
};

}  // namespace

std::unique_ptr<Command> AddPlanCommand(CLI::App& app) {
  return std::make_unique<PlanCommand>(app);
}

}  // namespace consilium
