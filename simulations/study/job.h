/// The trainings of a study: the units that are run, recorded, resumed.
///
/// One job per seed, fold and method, `local` also per site. Where a center has the same split in
/// every fold (leave-one-center-out), `local` has one job per seed and site: a center that trains
/// alone does so the same way whichever other center is tested, and its one model is scored on all
/// of them.
/// Methods of one task have one per task that the fold's test has labels of, the target always.
/// Threads: pure.
#pragma once

#include "common/data/dataset.h"
#include "simulations/protocols/fold.h"
#include "simulations/study/study_options.h"

#include <map>
#include <string>
#include <vector>

namespace consilium {

struct Job {
  std::string id;  ///< unique within the study; a file name
  Method method = Method::kLocal;
  std::uint64_t seed = 0;
  std::string left_out;  ///< name of the fold; empty for kLocal where one model serves all
  std::string site;      ///< kLocal only
  double work = 0;       ///< images to be trained on, over all epochs
  /// Of a method that trains one task: the task, if it is not the target.
  std::string other_task;
};

/// "leaving out A_germany: stl", "B_italy: local", with the seed where a study has several.
std::string LabelOf(const Job& job, bool several_seeds);

/// Protocol of each seed.
using Protocols = std::map<std::uint64_t, FoldSet>;

/// In order of seed, left-out center and method, `local` first. Trainings without a single label
/// to train on are left out (a site whose target labels are too few to train alone).
std::vector<Job> PlanJobs(const StudyOptions& options, const Dataset& dataset,
                          const Protocols& protocols);

/// The task that a job of one task trains: its index in the dataset.
std::size_t TaskOf(const Job& job, const Dataset& dataset, std::size_t target);

/// The job that trains `task` alone on the pooled centers, whether or not it is planned.
Job SingleTaskJob(const Dataset& dataset, std::size_t target, std::uint64_t seed,
                  const std::string& fold, std::size_t task);

/// The fold of this name; nullptr if there is none.
const Fold* FindFold(const FoldSet& protocol, const std::string& name);
/// The split of a center in fold `fold`; of no fold (""), as the first fold that trains on it has
/// it. nullptr if there is none.
const SiteSplit* FindSite(const FoldSet& protocol, const std::string& fold,
                          const std::string& center);

}  // namespace consilium
