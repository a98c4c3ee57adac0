#include "common/base/clock.h"
#include "common/base/interrupt.h"
#include "common/nn/compute.h"
#include "common/training/precision_choice.h"
#include "simulations/cli/command.h"
#include "simulations/cli/config_options.h"
#include "simulations/cli/digest.h"
#include "simulations/cli/loco_options.h"
#include "simulations/processes/child_process.h"
#include "simulations/processes/grpc_runner.h"
#include "simulations/protocols/protocol.h"
#include "simulations/results/summary_file.h"
#include "simulations/results/table.h"
#include "simulations/study/study.h"

#include <iostream>
#include <sys/ioctl.h>
#include <unistd.h>

namespace consilium {
namespace {

Progress::Options ProgressOnStderr(const Clock& clock) {
  Progress::Options options;
  options.out = &std::cerr;
  options.clock = &clock;
  options.terminal = isatty(STDERR_FILENO) != 0;
  winsize size{};
  if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) options.width = size.ws_col;
  return options;
}

/// `loco`, and `study`, which is the same with a choice of protocol and preset.
class StudyCommand : public Command {
 public:
  enum class Kind : std::uint8_t { kLoco, kStudy };

  StudyCommand(CLI::App& app, Kind kind, std::string version) : version_(std::move(version)) {
    if (kind == Kind::kLoco) {
      command_ = app.add_subcommand("loco", "Leave each center out in turn and compare methods");
    } else {
      command_ = app.add_subcommand("study", "Compare methods by any protocol of the paper");
      AddProtocolOptions(*command_, options_);
    }
    AddLocoOptions(*command_, options_);
    AddConfigOption(*command_, options_.config);
  }

  Status Run() override {
    if (!command_->parsed()) return OkStatus();
    CONSILIUM_RETURN_IF_ERROR(ApplyConfig(*command_, options_.config));
    CONSILIUM_RETURN_IF_ERROR(ApplyPreset(*command_, options_));
    CONSILIUM_RETURN_IF_ERROR(Resolve(options_));
    CONSILIUM_RETURN_IF_ERROR(StudyFolder::Check(options_.out, options_.resume));
    CONSILIUM_RETURN_IF_ERROR(CheckNetwork());
    const SystemClock clock;
    Progress progress(ProgressOnStderr(clock));
    CONSILIUM_ASSIGN_OR_RETURN(const Cohort cohort, ReadCohort(progress));
    CONSILIUM_RETURN_IF_ERROR(ResolvePrecisionOf(options_.study, progress));
    CONSILIUM_ASSIGN_OR_RETURN(const StudyResult result, RunStudy(MakeStudy(cohort, progress)));
    Print(result);
    return OkStatus();
  }

 private:
  /// Everything that the first training would stumble over.
  Status CheckNetwork() const {
    if (options_.study.transport == TransportKind::kGrpc) {
      CONSILIUM_RETURN_IF_ERROR(CheckGrpcRunner(OwnProgramFolder()));
    }
    LoadedWeights loaded;
    CONSILIUM_RETURN_IF_ERROR(
        FirstNet({MakeNet, options_.study.weights}, options_.study.plan, &loaded).status());
    SayLeftOut(loaded);
    return OkStatus();
  }

  Result<Cohort> ReadCohort(Progress& progress) {
    // Read here too: a fault found while the cohort is opened is told as one of the manifest.
    if (const ProtocolOptions& protocol = options_.study.protocol; !protocol.lists.empty()) {
      CONSILIUM_RETURN_IF_ERROR(ReadListsOf(protocol).status());
    }
    CohortRequest request = options_.cohort;
    request.interrupt = &ProcessInterrupt();
    request.check = [this](const Dataset& labels) { return CheckCohort(options_.study, labels); };
    progress.Say("reading the cohort");
    return OpenCohort(request);
  }

  /// Once for all trainings, so that they and those of a resumed study compute alike.
  static Status ResolvePrecisionOf(StudyOptions& study, Progress& progress) {
    SetComputeThreads(study.compute.threads);
    CONSILIUM_ASSIGN_OR_RETURN(
        const PrecisionChoice choice,
        ResolvePrecision(study.plan, study.compute, DefaultPrecisionCache()));
    study.compute.precision = choice.precision;
    std::string line = "precision ";
    progress.Say(line.append(ToString(choice.precision)).append(": ").append(choice.reason));
    return OkStatus();
  }

  Study MakeStudy(const Cohort& cohort, Progress& progress) const {
    Study study;
    study.options = options_.study;
    study.version = version_;
    study.cohort = cohort.description;
    study.warnings = cohort.warnings;
    study.dataset = cohort.dataset;
    study.out = options_.out;
    study.resume = options_.resume;
    study.keep_models = options_.keep_models;
    study.hasher = BuiltInDigest();
    if (options_.study.transport == TransportKind::kGrpc) {
      study.federated = GrpcRunner(OwnProgramFolder());
    }
    study.interrupt = &ProcessInterrupt();
    study.progress = &progress;
    return study;
  }

  void Print(const StudyResult& result) const {
    if (options_.json) {
      std::cout << FormatSummary(result.summary);
      return;
    }
    std::cout << "\n"
              << result.tasks.front() << ", " << DescribeProtocol(options_.protocol) << "\n\n"
              << DrawText(ResultTable(result.summary, result.tasks.front())) << "\n"
              << "report: " << options_.out << "/report.html, report.md\n"
              << "rows:   " << options_.out << "/summary.csv, summary.json\n";
  }

  std::string version_;
  LocoOptions options_;
  CLI::App* command_;
};

}  // namespace

std::unique_ptr<Command> AddLocoCommand(CLI::App& app, const std::string& version) {
  return std::make_unique<StudyCommand>(app, StudyCommand::Kind::kLoco, version);
}

std::unique_ptr<Command> AddStudyCommand(CLI::App& app, const std::string& version) {
  return std::make_unique<StudyCommand>(app, StudyCommand::Kind::kStudy, version);
}

}  // namespace consilium
