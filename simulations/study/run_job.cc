#include "simulations/study/run_job.h"

#include "common/nn/state.h"
#include "common/nn/torch_guard.h"
#include "simulations/methods/dataset_views.h"
#include "simulations/methods/left_out.h"
#include "simulations/study/file_name.h"
#include "simulations/study/job_start.h"
#include "simulations/study/model_files.h"
#include "simulations/study/score.h"
#include "site_client/compute_slot.h"

#include <algorithm>
#include <chrono>

namespace consilium {

RunPlan PlanOf(const StudyContext& context, const Job& job, const std::vector<TaskSpec>& tasks) {
  RunPlan plan = context.options.plan;
  plan.run = RunId(job.id.substr(0, 64));
  plan.seed = job.seed;
  plan.tasks = tasks;
  return plan;
}

namespace {

Row RowOf(const StudyContext& context, const Job& job, const std::string& left_out) {
  Row row;
  row.protocol = ToString(context.options.protocol.kind);
  row.left_out = left_out;
  row.method = ToString(job.method);
  if (job.method == Method::kLocal) row.site = job.site;
  row.backbone = context.options.plan.backbone;
  row.seed = job.seed;
  row.threads = context.options.compute.threads;
  row.precision = ToString(context.options.compute.precision);
  return row;
}

EvaluateOptions EvaluationOf(const StudyContext& context) {
  EvaluateOptions options;
  options.device = context.options.compute.device;
  options.interrupt = context.interrupt;
  return options;
}

std::string NameOf(const Job& job, const std::string& left_out) {
  std::string name = "seed" + std::to_string(job.seed) + "." + FileNamePart(left_out) + "." +
                     std::string(ToString(job.method));
  if (job.method == Method::kLocal) name += "." + FileNamePart(job.site);
  if (!job.other_task.empty()) name += "." + FileNamePart(job.other_task);
  return name;
}

double SecondsSince(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

Result<TrainedJob> RunCentral(const StudyContext& context, const Job& job,
                              const JobObserver& observer) {
  const ComputeSlot slot(context.compute_slots);
  if (context.interrupt != nullptr && context.interrupt->Requested()) {
    return Cancelled("interrupted");
  }
  const CentralData data = CentralDataOf(context, job);
  CentralFit fit = FitOf(context, job, data);
  CONSILIUM_ASSIGN_OR_RETURN(fit.start, StartOf(context, job, observer));
  fit.on_step = [&](double done, int epoch) {
    observer(done / fit.epochs, StepText("epoch", epoch, fit.epochs));
  };
  const auto start = std::chrono::steady_clock::now();
  CONSILIUM_ASSIGN_OR_RETURN(const FittedModel model, FitJob(context, job, data, fit));
  TrainedJob trained;
  trained.record.seconds = SecondsSince(start);
  trained.record.validation_loss = model.losses;
  CONSILIUM_RETURN_IF_ERROR(KeepCentralModel(context, job, fit, model));
  const std::string digest = Digest(context.hasher, ReadState(*model.net).bytes);
  for (const std::string& center : data.tests) {
    const Indices& test = FindFold(context.protocols.at(job.seed), center)->test;
    CONSILIUM_ASSIGN_OR_RETURN(const Predictions predictions,
                               Predict(model.net, *data.tested, test, EvaluationOf(context)));
    Row row = RowOf(context, job, center);
    row.model_sha256 = digest;
    trained.scored.push_back(Score(row, NameOf(job, center), *data.tested, test, predictions));
  }
  return trained;
}

/// The centers that take part: those with at least one training label.
SitesOfRun SitesOf(const Dataset& dataset, const Fold& fold) {
  SitesOfRun sites;
  sites.task_holders.resize(dataset.tasks.size());
  for (const SiteSplit& site : fold.sites) {
    for (std::size_t j = 0; j < dataset.tasks.size(); ++j) {
      if (CountLabelled(dataset, site.split.train, j) == 0) continue;
      sites.task_holders[j].push_back(site.center);
      sites.images[site.center] = static_cast<std::int64_t>(site.split.train.size());
    }
  }
  return sites;
}

/// To each site its images of the fold and no other; whole centers share the study's own copy.
void GiveImages(const StudyContext& context, const FoldSet& protocol, const Fold& fold,
                const SitesOfRun& sites, FederatedRun& run) {
  for (const SiteSplit& site : fold.sites) {
    if (!sites.images.contains(site.center)) continue;
    const Indices images = TrainingAndValidation(site.split);
    const std::shared_ptr<const Dataset>& whole = context.centers.at(site.center);
    run.sites[site.center] =
        whole->samples.size() == images.size() ? whole : PartOf(*context.dataset, images);
    if (protocol.listed) run.splits[site.center] = SplitInside(site.split, images);
  }
}

/// `seconds`: of the run, without waiting for the turn.
Result<FederatedModel> TakeTurn(const StudyContext& context, const FederatedRun& run,
                                double& seconds) {
  const std::lock_guard turn(*context.federated_turn);
  if (context.interrupt != nullptr && context.interrupt->Requested()) {
    return Cancelled("interrupted");
  }
  const auto start = std::chrono::steady_clock::now();
  Result<FederatedModel> model = context.federated(run);
  seconds = SecondsSince(start);
  return model;
}

Result<TrainedJob> RunFederated(const StudyContext& context, const Job& job,
                                const JobObserver& observer) {
  const FoldSet& protocol = context.protocols.at(job.seed);
  const Fold& fold = *FindFold(protocol, job.left_out);
  const SitesOfRun sites = SitesOf(*context.dataset, fold);
  const int rounds = context.options.plan.rounds.rounds;
  FederatedRun run;
  run.plan = PlanOf(context, job, context.dataset->tasks);
  run.plan.rounds.expected_sites = static_cast<int>(sites.images.size());
  run.plan.rounds.quorum = QuorumOf(run.plan);
  GiveImages(context, protocol, fold, sites, run);
  run.compute = context.options.compute;
  run.hasher = context.hasher;
  run.make_net = context.net.make;
  run.compute_slots = context.compute_slots;
  run.work_folder = context.work_folder + "/" + job.id;
  run.interrupt = context.interrupt;
  run.on_step = [&](double done, int round) {
    observer(done / rounds, StepText("round", round, rounds));
  };
  CONSILIUM_ASSIGN_OR_RETURN(MultiTaskNet net, FirstNet(context.net, run.plan));
  run.initial.blob = ReadState(*net);
  double seconds = 0;
  CONSILIUM_ASSIGN_OR_RETURN(FederatedModel model, TakeTurn(context, run, seconds));
  CONSILIUM_RETURN_IF_ERROR(KeepFederatedModel(context, job, run, model, net->input()));
  // A site's own model is that site's; a left-out center is scored with the one that all trained.
  if (run.plan.strategy == "ditto") model.local.clear();

  const ComputeSlot slot(context.compute_slots);
  net->to(context.options.compute.device);
  CONSILIUM_ASSIGN_OR_RETURN(
      const Predictions predictions,
      PredictLeftOut(net, model, sites, *context.dataset, fold.test, EvaluationOf(context)));
  Row row = RowOf(context, job, job.left_out);
  row.heads = ToString(run.plan.heads);
  row.weighting = ToString(run.plan.weighting);
  row.transport = ToString(context.options.transport);
  row.strategy = run.plan.strategy;
  row.model_sha256 = Digest(context.hasher, model.shared.bytes);
  TrainedJob trained;
  trained.scored = {
      Score(row, NameOf(job, job.left_out), *context.dataset, fold.test, predictions)};
  trained.record.seconds = seconds;
  trained.record.validation_loss = std::move(model.losses);
  trained.record.update_cosine = std::move(model.update_cosines);
  trained.record.bytes_to_sites = model.bytes_to_sites;
  trained.record.bytes_from_sites = model.bytes_from_sites;
  return trained;
}

}  // namespace

Result<TrainedJob> RunJob(const StudyContext& context, const Job& job,
                          const JobObserver& observer) {
  return GuardTorch("training", [&] {
    return job.method == Method::kMdmtFederated ? RunFederated(context, job, observer)
                                                : RunCentral(context, job, observer);
  });
}

}  // namespace consilium
