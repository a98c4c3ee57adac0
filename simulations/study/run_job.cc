#include "simulations/study/run_job.h"

#include "common/nn/state.h"
#include "common/nn/torch_guard.h"
#include "simulations/methods/central_fit.h"
#include "simulations/methods/dataset_views.h"
#include "simulations/methods/left_out.h"
#include "simulations/study/file_name.h"
#include "simulations/study/model_files.h"
#include "simulations/study/score.h"
#include "site_client/compute_slot.h"

#include <algorithm>

namespace consilium {
namespace {

RunPlan PlanOf(const StudyContext& context, const Job& job, const std::vector<TaskSpec>& tasks) {
  RunPlan plan = context.options.plan;
  plan.run = RunId(job.id.substr(0, 64));
  plan.seed = job.seed;
  plan.tasks = tasks;
  return plan;
}

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
  return name;
}

/// A step of `planned`, shown as counted from 1.
std::string StepText(std::string_view what, int step, int planned) {
  return std::string(what) + " " + std::to_string(std::min(step + 1, planned)) + "/" +
         std::to_string(planned);
}

/// Which images a job in one place trains on, and with which tasks.
struct CentralData {
  std::shared_ptr<const Dataset> dataset;
  Indices train;
  Indices validation;
  std::vector<std::string> tests;  ///< folds to be scored
};

bool TrainsIn(const Fold& fold, const std::string& center) {
  return std::any_of(fold.sites.begin(), fold.sites.end(),
                     [&](const SiteSplit& site) { return site.center == center; });
}

CentralData DataOf(const StudyContext& context, const Job& job) {
  const FoldSet& protocol = context.protocols.at(job.seed);
  const std::size_t target = protocol.target;
  CentralData data;
  if (job.method == Method::kLocal) {
    const Split& split = FindSite(protocol, job.left_out, job.site)->split;
    data.train = WithLabel(*context.dataset, split.train, target);
    data.validation = WithLabel(*context.dataset, split.validation, target);
    if (!job.left_out.empty()) data.tests = {job.left_out};
    for (const Fold& fold : protocol.folds) {
      if (job.left_out.empty() && TrainsIn(fold, job.site)) data.tests.push_back(fold.name);
    }
  } else {
    const Fold& fold = *FindFold(protocol, job.left_out);
    data.train = PooledTraining(fold);
    data.validation = PooledValidation(fold);
    data.tests = {job.left_out};
  }
  if (job.method == Method::kMdmtCentral) {
    data.dataset = context.dataset;
  } else {
    data.dataset = SingleTaskView(*context.dataset, target);
    data.train = WithLabel(*context.dataset, data.train, target);
    data.validation = WithLabel(*context.dataset, data.validation, target);
  }
  return data;
}

Result<std::vector<ScoredModel>> RunCentral(const StudyContext& context, const Job& job,
                                            const JobObserver& observer) {
  const ComputeSlot slot(context.compute_slots);
  if (context.interrupt != nullptr && context.interrupt->Requested()) {
    return Cancelled("interrupted");
  }
  const CentralData data = DataOf(context, job);
  const int epochs = CentralEpochs(context.options);
  CentralFit fit;
  fit.plan = PlanOf(context, job, data.dataset->tasks);
  fit.epochs = epochs;
  fit.stream = job.id;
  fit.net = context.net;
  fit.compute = context.options.compute;
  fit.interrupt = context.interrupt;
  fit.on_step = [&](double done, int epoch) {
    observer(done / epochs, StepText("epoch", epoch, epochs));
  };
  CONSILIUM_ASSIGN_OR_RETURN(const FittedModel model,
                             FitCentrally(*data.dataset, data.train, data.validation, fit));
  CONSILIUM_RETURN_IF_ERROR(KeepCentralModel(context, job, fit.plan, model));
  const std::string digest = Digest(context.hasher, ReadState(*model.net).bytes);
  std::vector<ScoredModel> scored;
  for (const std::string& center : data.tests) {
    const Indices& test = FindFold(context.protocols.at(job.seed), center)->test;
    CONSILIUM_ASSIGN_OR_RETURN(const Predictions predictions,
                               Predict(model.net, *data.dataset, test, EvaluationOf(context)));
    Row row = RowOf(context, job, center);
    row.model_sha256 = digest;
    scored.push_back(Score(row, NameOf(job, center), *data.dataset, test, predictions));
  }
  return scored;
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

Result<FederatedModel> TakeTurn(const StudyContext& context, const FederatedRun& run) {
  const std::lock_guard turn(*context.federated_turn);
  if (context.interrupt != nullptr && context.interrupt->Requested()) {
    return Cancelled("interrupted");
  }
  return context.federated(run);
}

Result<std::vector<ScoredModel>> RunFederated(const StudyContext& context, const Job& job,
                                              const JobObserver& observer) {
  const FoldSet& protocol = context.protocols.at(job.seed);
  const Fold& fold = *FindFold(protocol, job.left_out);
  const SitesOfRun sites = SitesOf(*context.dataset, fold);
  const int rounds = context.options.plan.rounds.rounds;
  FederatedRun run;
  run.plan = PlanOf(context, job, context.dataset->tasks);
  run.plan.rounds.expected_sites = static_cast<int>(sites.images.size());
  run.plan.rounds.quorum = run.plan.rounds.expected_sites;
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
  CONSILIUM_ASSIGN_OR_RETURN(FederatedModel model, TakeTurn(context, run));
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
  return std::vector<ScoredModel>{
      Score(row, NameOf(job, job.left_out), *context.dataset, fold.test, predictions)};
}

}  // namespace

Result<std::vector<ScoredModel>> RunJob(const StudyContext& context, const Job& job,
                                        const JobObserver& observer) {
  return GuardTorch("training", [&] {
    return job.method == Method::kMdmtFederated ? RunFederated(context, job, observer)
                                                : RunCentral(context, job, observer);
  });
}

}  // namespace consilium
