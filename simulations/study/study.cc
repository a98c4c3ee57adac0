#include "simulations/study/study.h"

#include "simulations/methods/dataset_views.h"
#include "simulations/report/write_report.h"
#include "simulations/results/study_facts.h"
#include "simulations/results/summary_file.h"
#include "simulations/study/cohort_facts.h"
#include "simulations/study/job_pool.h"
#include "simulations/study/method_requirements.h"

#include <filesystem>

namespace consilium {
namespace {

/// None where folds are drawn.
Result<std::optional<PublishedLists>> ListsOf(const StudyOptions& options) {
  if (options.protocol.lists.empty()) return std::optional<PublishedLists>();
  CONSILIUM_ASSIGN_OR_RETURN(PublishedLists lists, ReadListsOf(options.protocol));
  return std::optional(std::move(lists));
}

double ValidationOf(const StudyOptions& options) {
  return ValidationFraction(options.protocol.kind, options.plan.validation_fraction);
}

Result<Protocols> MakeProtocols(const StudyOptions& options,
                                const std::optional<PublishedLists>& lists,
                                const Dataset& dataset) {
  Protocols protocols;
  for (const std::uint64_t seed : options.seeds) {
    CONSILIUM_ASSIGN_OR_RETURN(
        protocols[seed], MakeProtocolFolds(dataset, options.protocol, lists ? &*lists : nullptr,
                                           ValidationOf(options), seed));
  }
  CONSILIUM_RETURN_IF_ERROR(CheckMethods(options, dataset, protocols));
  return protocols;
}

/// "accuracy 0.641, AUROC 0.702" of the target task, the mean over the scored centers.
std::string Headline(const std::vector<ScoredModel>& scored) {
  double accuracy = 0;
  double auroc = 0;
  int accuracies = 0;
  int aurocs = 0;
  for (const ScoredModel& model : scored) {
    if (model.rows.empty()) continue;
    const TaskMetrics& metrics = model.rows.front().metrics;
    if (metrics.accuracy) accuracy += *metrics.accuracy, ++accuracies;
    if (metrics.auroc) auroc += *metrics.auroc, ++aurocs;
  }
  char text[64] = "done";
  if (accuracies > 0 && aurocs > 0) {
    std::snprintf(text, sizeof(text), "accuracy %.3f, AUROC %.3f", accuracy / accuracies,
                  auroc / aurocs);
  } else if (accuracies > 0) {
    std::snprintf(text, sizeof(text), "accuracy %.3f", accuracy / accuracies);
  }
  return text;
}

class StudyRun {
 public:
  explicit StudyRun(Study study) : study_(std::move(study)), slots_(study_.options.jobs) {}

  Result<StudyResult> Run();

 private:
  Status Prepare();
  Status LoadFinished();
  Status RunRest();
  Status RunOne(std::size_t job);
  Status WriteFolds() const;
  Status WriteFiles(const StudyResult& result) const;
  StudyResult Collect() const;
  ReportInput ReportOf(const StudyResult& result) const;
  StudyFacts FactsOf(const StudyResult& result) const;

  Study study_;
  std::counting_semaphore<> slots_;
  std::mutex federated_turn_;
  std::unique_ptr<SharedModels> shared_;
  StudyContext context_;
  std::vector<std::string> warnings_;
  Settings settings_;
  std::vector<Job> jobs_;
  std::optional<StudyFolder> folder_;
  std::vector<std::optional<std::vector<Row>>> rows_;  // one per job; each written by one thread
};

Status StudyRun::Prepare() {
  CONSILIUM_RETURN_IF_ERROR(ValidateStudy(study_.options));
  CONSILIUM_ASSIGN_OR_RETURN(const std::optional<PublishedLists> lists, ListsOf(study_.options));
  CONSILIUM_ASSIGN_OR_RETURN(context_.protocols,
                             MakeProtocols(study_.options, lists, *study_.dataset));
  if (lists && lists->mode == ListMode::kAsPublished) {
    study_.dataset = std::make_shared<const Dataset>(WithPublishedScores(*study_.dataset, *lists));
  }
  // Sites draw with the plan's fraction what the folds were drawn with.
  study_.options.plan.validation_fraction = ValidationOf(study_.options);
  context_.options = study_.options;
  context_.dataset = study_.dataset;
  context_.centers = CenterDatasets(*study_.dataset);
  context_.net = {study_.make_net, study_.options.weights};
  context_.federated = study_.federated;
  context_.hasher = study_.hasher;
  context_.compute_slots = &slots_;
  context_.federated_turn = &federated_turn_;
  context_.interrupt = study_.interrupt;
  warnings_ = study_.warnings;
  const FoldSet& protocol = context_.protocols.begin()->second;
  for (const ListFault& fault : protocol.faults) {
    warnings_.push_back("folds: " + fault.name + ": " + std::to_string(fault.count) + " " +
                        fault.text);
  }
  for (std::string& line : OneClassCenters(*study_.dataset, protocol.target)) {
    warnings_.push_back(std::move(line));
  }
  jobs_ = PlanJobs(study_.options, *study_.dataset, context_.protocols);
  settings_ = DescribeSettings(study_.options);
  settings_.emplace_back("cohort", CohortFingerprint(*study_.dataset));
  CONSILIUM_ASSIGN_OR_RETURN(folder_, StudyFolder::Open(study_.out, study_.resume, settings_));
  CONSILIUM_RETURN_IF_ERROR(WriteFolds());
  context_.work_folder = folder_->work_folder();
  shared_ = std::make_unique<SharedModels>(context_.work_folder + "/shared");
  context_.shared = shared_.get();
  if (study_.keep_models) {
    CONSILIUM_ASSIGN_OR_RETURN(context_.models_folder, folder_->MakeModelsFolder());
  }
  return OkStatus();
}

Status StudyRun::WriteFolds() const {
  std::string csv = "seed,fold,image,center,part\n";
  for (const auto& [seed, folds] : context_.protocols) {
    csv += FoldLines(*study_.dataset, folds, seed);
  }
  return folder_->Write("folds.csv", csv);
}

Status StudyRun::LoadFinished() {
  rows_.resize(jobs_.size());
  double work = 0;
  double done = 0;
  std::size_t finished = 0;
  for (std::size_t j = 0; j < jobs_.size(); ++j) {
    CONSILIUM_ASSIGN_OR_RETURN(rows_[j], folder_->Load(jobs_[j]));
    work += jobs_[j].work;
    if (rows_[j]) done += jobs_[j].work, ++finished;
  }
  for (const std::string& warning : warnings_) study_.progress->Say("warning: " + warning);
  if (study_.resume) {
    study_.progress->Say("resuming: " + std::to_string(finished) + " of " +
                         std::to_string(jobs_.size()) + " trainings are done");
  }
  study_.progress->Plan(work, done, jobs_.size(), finished);
  return OkStatus();
}

Status StudyRun::RunOne(std::size_t job) {
  const Job& what = jobs_[job];
  const std::string label = LabelOf(what, study_.options.seeds.size() > 1);
  study_.progress->JobStarted(job, label, what.work);
  Result<TrainedJob> trained =
      RunJob(context_, what, [&](double fraction, const std::string& step) {
        study_.progress->JobStep(job, fraction, step);
      });
  if (!trained.ok()) return trained.status().WithContext(label);
  CONSILIUM_RETURN_IF_ERROR(folder_->Save(what, *trained));
  rows_[job].emplace();
  for (const ScoredModel& model : trained->scored) {
    rows_[job]->insert(rows_[job]->end(), model.rows.begin(), model.rows.end());
  }
  study_.progress->JobFinished(job, Headline(trained->scored));
  return OkStatus();
}

Status StudyRun::RunRest() {
  std::vector<std::size_t> open;
  for (std::size_t j = 0; j < jobs_.size(); ++j) {
    if (!rows_[j]) open.push_back(j);
  }
  const JobPool pool = {study_.options.jobs, study_.options.compute.threads, study_.interrupt};
  return RunPool(pool, open.size(), [&](std::size_t i) { return RunOne(open[i]); });
}

StudyResult StudyRun::Collect() const {
  StudyResult result;
  result.summary.version = study_.version;
  result.summary.cohort = study_.cohort;
  result.summary.seeds = study_.options.seeds;
  result.summary.backbones = {study_.options.plan.backbone};
  result.summary.protocol = ToString(study_.options.protocol.kind);
  result.summary.preset = study_.options.preset;
  result.summary.list_faults = context_.protocols.begin()->second.faults;
  for (const TaskSpec& task : study_.dataset->tasks) result.tasks.push_back(task.id.str());
  result.jobs_planned = jobs_.size();
  for (const auto& rows : rows_) {
    if (!rows) continue;
    ++result.jobs_done;
    result.summary.rows.insert(result.summary.rows.end(), rows->begin(), rows->end());
  }
  return result;
}

ReportInput StudyRun::ReportOf(const StudyResult& result) const {
  ReportInput report;
  report.summary = result.summary;
  report.tasks = result.tasks;
  report.centers = CenterTable(*study_.dataset);
  report.settings = settings_;
  report.warnings = warnings_;
  report.jobs_done = result.jobs_done;
  report.jobs_planned = result.jobs_planned;
  return report;
}

StudyFacts StudyRun::FactsOf(const StudyResult& result) const {
  StudyFacts facts;
  for (const TaskSpec& task : study_.dataset->tasks) {
    facts.tasks.push_back({task.id.str(), task.classes});
  }
  facts.centers = CenterTable(*study_.dataset);
  facts.warnings = warnings_;
  facts.jobs_done = result.jobs_done;
  facts.jobs_planned = result.jobs_planned;
  return facts;
}

Status StudyRun::WriteFiles(const StudyResult& result) const {
  CONSILIUM_RETURN_IF_ERROR(folder_->Write("summary.json", FormatSummary(result.summary)));
  CONSILIUM_RETURN_IF_ERROR(folder_->Write("summary.csv", FormatSummaryCsv(result.summary.rows)));
  CONSILIUM_RETURN_IF_ERROR(folder_->Write("report.md", FormatReport(ReportOf(result))));
  CONSILIUM_RETURN_IF_ERROR(folder_->Write("study.json", FormatStudyFacts(FactsOf(result))));
  return WriteReport({study_.out}, "");
}

Result<StudyResult> StudyRun::Run() {
  CONSILIUM_RETURN_IF_ERROR(Prepare());
  CONSILIUM_RETURN_IF_ERROR(LoadFinished());
  const Status status = RunRest();
  StudyResult result = Collect();
  CONSILIUM_RETURN_IF_ERROR(WriteFiles(result));
  if (status.code() == StatusCode::kCancelled) {
    return Cancelled("interrupted with " + std::to_string(result.jobs_done) + " of " +
                     std::to_string(result.jobs_planned) +
                     " trainings done; the same command with --resume goes on");
  }
  CONSILIUM_RETURN_IF_ERROR(status);
  std::error_code ignored;
  std::filesystem::remove_all(folder_->work_folder(), ignored);
  return result;
}

}  // namespace

Status CheckCohort(const StudyOptions& options, const Dataset& labels_only) {
  CONSILIUM_ASSIGN_OR_RETURN(const std::optional<PublishedLists> lists, ListsOf(options));
  return MakeProtocols(options, lists, labels_only).status();
}

Result<std::vector<Job>> PlannedJobs(const StudyOptions& options, const Dataset& labels_only) {
  CONSILIUM_ASSIGN_OR_RETURN(const std::optional<PublishedLists> lists, ListsOf(options));
  CONSILIUM_ASSIGN_OR_RETURN(const Protocols protocols, MakeProtocols(options, lists, labels_only));
  return PlanJobs(options, labels_only, protocols);
}

Result<StudyResult> RunStudy(Study study) { return StudyRun(std::move(study)).Run(); }

}  // namespace consilium
