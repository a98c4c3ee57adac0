#include "simulations/study/job.h"

#include "simulations/methods/dataset_views.h"
#include "simulations/study/file_name.h"

#include <algorithm>
#include <array>
#include <map>

namespace consilium {
namespace {

std::string IdOf(const Job& job) {
  std::string id = "seed" + std::to_string(job.seed) + "." + std::string(ToString(job.method));
  if (!job.left_out.empty()) id.append(".").append(FileNamePart(job.left_out));
  if (job.method == Method::kLocal) id.append(".").append(FileNamePart(job.site));
  if (!job.other_task.empty()) id.append(".").append(FileNamePart(job.other_task));
  return id;
}

/// Pooled methods, in the order in which they are planned.
constexpr std::array kPooled = {Method::kStl,
                                Method::kTransfer,
                                Method::kMdmtCentral,
                                Method::kMdmtAveragedInit,
                                Method::kMdmtHarmonised,
                                Method::kMdmtNoSharing,
                                Method::kMdmtNoIndicator,
                                Method::kMdmtFederated};

bool HasOneTask(Method method) {
  return method == Method::kLocal || method == Method::kStl || method == Method::kTransfer ||
         method == Method::kMdmtNoSharing;
}

/// Methods that give each task a model of its own.
bool HasModelPerTask(Method method) {
  return method == Method::kStl || method == Method::kMdmtNoSharing;
}

Indices AnyLabel(const Dataset& dataset, const Indices& indices) {
  Indices labelled;
  for (const std::int64_t i : indices) {
    const auto& labels = dataset.samples[static_cast<std::size_t>(i)].labels;
    if (std::any_of(labels.begin(), labels.end(), [](const auto& l) { return !l.empty(); })) {
      labelled.push_back(i);
    }
  }
  return labelled;
}

class Planner {
 public:
  Planner(const StudyOptions& options, const Dataset& dataset)
      : options_(options), dataset_(dataset) {}

  void AddLocal(std::uint64_t seed, const FoldSet& protocol) {
    if (!protocol.same_splits) {
      for (const Fold& fold : protocol.folds) {
        for (const SiteSplit& site : fold.sites) AddSite(seed, protocol, fold.name, site);
      }
      return;
    }
    std::map<std::string, const SiteSplit*> sites;
    for (const Fold& fold : protocol.folds) {
      for (const SiteSplit& site : fold.sites) sites.emplace(site.center, &site);
    }
    for (const auto& [center, site] : sites) AddSite(seed, protocol, "", *site);
  }
  void AddFold(std::uint64_t seed, const FoldSet& protocol, const Fold& fold, Method method) {
    for (std::size_t task = 0; task < dataset_.tasks.size(); ++task) {
      const bool wanted =
          task == protocol.target || (HasModelPerTask(method) && IsTested(fold, task));
      if (wanted) AddTask(seed, protocol, fold, method, task);
    }
  }
  void AddTask(std::uint64_t seed, const FoldSet& protocol, const Fold& fold, Method method,
               std::size_t task) {
    const RoundOptions& rounds = options_.plan.rounds;
    const int epochs = method == Method::kMdmtFederated ? rounds.rounds * rounds.local_epochs
                                                        : CentralEpochs(options_);
    Job job = SingleTaskJob(dataset_, protocol.target, seed, fold.name, task);
    job.method = method;
    Add(std::move(job), ImagesOf(method, PooledTraining(fold), task) * epochs);
  }
  std::vector<Job> Take() { return std::move(jobs_); }

 private:
  void AddSite(std::uint64_t seed, const FoldSet& protocol, const std::string& fold,
               const SiteSplit& site) {
    Job job;
    job.method = Method::kLocal;
    job.seed = seed;
    job.left_out = fold;
    job.site = site.center;
    const auto images = WithLabel(dataset_, site.split.train, protocol.target).size();
    Add(std::move(job), images * CentralEpochs(options_));
  }
  bool IsTested(const Fold& fold, std::size_t task) const {
    return CountLabelled(dataset_, fold.test, task) > 0;
  }
  std::size_t ImagesOf(Method method, const Indices& pooled, std::size_t task) const {
    if (HasOneTask(method)) return WithLabel(dataset_, pooled, task).size();
    if (method == Method::kMdmtHarmonised) return WithEveryLabel(dataset_, pooled).size();
    return AnyLabel(dataset_, pooled).size();
  }
  void Add(Job job, std::size_t work) {
    if (work == 0) return;
    job.id = IdOf(job);
    job.work = static_cast<double>(work);
    jobs_.push_back(std::move(job));
  }
  const StudyOptions& options_;
  const Dataset& dataset_;
  std::vector<Job> jobs_;
};

}  // namespace

std::string LabelOf(const Job& job, bool several_seeds) {
  const std::string method(ToString(job.method));
  const std::string seed = several_seeds ? "seed " + std::to_string(job.seed) + ", " : "";
  if (job.method == Method::kLocal) {
    const std::string fold = job.left_out.empty() ? "" : ", leaving out " + job.left_out;
    return seed + job.site + " alone" + fold + " (" + method + ")";
  }
  std::string label = seed + "leaving out " + job.left_out + ": " + method;
  if (!job.other_task.empty()) label.append(" of ").append(job.other_task);
  return label;
}

std::size_t TaskOf(const Job& job, const Dataset& dataset, std::size_t target) {
  for (std::size_t j = 0; j < dataset.tasks.size(); ++j) {
    if (dataset.tasks[j].id.str() == job.other_task) return j;
  }
  return target;
}

Job SingleTaskJob(const Dataset& dataset, std::size_t target, std::uint64_t seed,
                  const std::string& fold, std::size_t task) {
  Job job;
  job.method = Method::kStl;
  job.seed = seed;
  job.left_out = fold;
  if (task != target) job.other_task = dataset.tasks[task].id.str();
  job.id = IdOf(job);
  return job;
}

std::vector<Job> PlanJobs(const StudyOptions& options, const Dataset& dataset,
                          const Protocols& protocols) {
  Planner planner(options, dataset);
  const auto wants = [&](Method method) {
    return std::find(options.methods.begin(), options.methods.end(), method) !=
           options.methods.end();
  };
  for (const std::uint64_t seed : options.seeds) {
    const FoldSet& protocol = protocols.at(seed);
    if (wants(Method::kLocal)) planner.AddLocal(seed, protocol);
    for (const Fold& fold : protocol.folds) {
      for (const Method method : kPooled) {
        if (wants(method)) planner.AddFold(seed, protocol, fold, method);
      }
    }
  }
  return planner.Take();
}

const Fold* FindFold(const FoldSet& protocol, const std::string& name) {
  const auto found = std::find_if(protocol.folds.begin(), protocol.folds.end(),
                                  [&](const Fold& fold) { return fold.name == name; });
  return found == protocol.folds.end() ? nullptr : &*found;
}

const SiteSplit* FindSite(const FoldSet& protocol, const std::string& fold,
                          const std::string& center) {
  for (const Fold& candidate : protocol.folds) {
    if (!fold.empty() && candidate.name != fold) continue;
    for (const SiteSplit& site : candidate.sites) {
      if (site.center == center) return &site;
    }
  }
  return nullptr;
}

}  // namespace consilium
