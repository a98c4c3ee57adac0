#include "simulations/study/job.h"

#include "simulations/methods/dataset_views.h"
#include "simulations/study/file_name.h"

#include <algorithm>
#include <array>

namespace consilium {
namespace {

std::string IdOf(const Job& job) {
  const std::string& center = job.method == Method::kLocal ? job.site : job.left_out;
  std::string id = "seed" + std::to_string(job.seed) + "." + std::string(ToString(job.method)) +
                   "." + FileNamePart(center);
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

  void AddLocal(std::uint64_t seed, const LeaveOneCenterOut& protocol) {
    for (const Fold& fold : protocol.folds) {
      const SiteSplit* site = FindSite(protocol, fold.left_out);
      if (site == nullptr) continue;
      const auto images = WithLabel(dataset_, site->split.train, protocol.target).size();
      Add({"", Method::kLocal, seed, "", site->center, 0}, images * CentralEpochs(options_));
    }
  }
  void AddFold(std::uint64_t seed, const LeaveOneCenterOut& protocol, const Fold& fold,
               Method method) {
    for (std::size_t task = 0; task < dataset_.tasks.size(); ++task) {
      const bool wanted =
          task == protocol.target || (HasModelPerTask(method) && IsTested(fold, task));
      if (wanted) AddTask(seed, protocol, fold, method, task);
    }
  }
  void AddTask(std::uint64_t seed, const LeaveOneCenterOut& protocol, const Fold& fold,
               Method method, std::size_t task) {
    const RoundOptions& rounds = options_.plan.rounds;
    const int epochs = method == Method::kMdmtFederated ? rounds.rounds * rounds.local_epochs
                                                        : CentralEpochs(options_);
    Job job = SingleTaskJob(dataset_, protocol.target, seed, fold.left_out, task);
    job.method = method;
    Add(std::move(job), ImagesOf(method, PooledTraining(fold), task) * epochs);
  }
  std::vector<Job> Take() { return std::move(jobs_); }

 private:
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
  if (job.method == Method::kLocal) return seed + job.site + " alone (" + method + ")";
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
                  const std::string& left_out, std::size_t task) {
  Job job;
  job.method = Method::kStl;
  job.seed = seed;
  job.left_out = left_out;
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
    const LeaveOneCenterOut& protocol = protocols.at(seed);
    if (wants(Method::kLocal)) planner.AddLocal(seed, protocol);
    for (const Fold& fold : protocol.folds) {
      for (const Method method : kPooled) {
        if (wants(method)) planner.AddFold(seed, protocol, fold, method);
      }
    }
  }
  return planner.Take();
}

const Fold* FindFold(const LeaveOneCenterOut& protocol, const std::string& center) {
  const auto found = std::find_if(protocol.folds.begin(), protocol.folds.end(),
                                  [&](const Fold& fold) { return fold.left_out == center; });
  return found == protocol.folds.end() ? nullptr : &*found;
}

const SiteSplit* FindSite(const LeaveOneCenterOut& protocol, const std::string& center) {
  for (const Fold& fold : protocol.folds) {
    for (const SiteSplit& site : fold.sites) {
      if (site.center == center) return &site;
    }
  }
  return nullptr;
}

}  // namespace consilium
