#include "simulations/study/job.h"

#include "simulations/study/file_name.h"

#include <algorithm>

namespace consilium {
namespace {

std::string IdOf(const Job& job) {
  const std::string& center = job.method == Method::kLocal ? job.site : job.left_out;
  return "seed" + std::to_string(job.seed) + "." + std::string(ToString(job.method)) + "." +
         FileNamePart(center);
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
    const Indices pooled = PooledTraining(fold);
    const Indices used = method == Method::kStl ? WithLabel(dataset_, pooled, protocol.target)
                                                : AnyLabel(dataset_, pooled);
    const RoundOptions& rounds = options_.plan.rounds;
    const int epochs = method == Method::kMdmtFederated ? rounds.rounds * rounds.local_epochs
                                                        : CentralEpochs(options_);
    Add({"", method, seed, fold.left_out, "", 0}, used.size() * epochs);
  }
  std::vector<Job> Take() { return std::move(jobs_); }

 private:
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
  return seed + "leaving out " + job.left_out + ": " + method;
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
      for (const Method method : {Method::kStl, Method::kMdmtCentral, Method::kMdmtFederated}) {
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
