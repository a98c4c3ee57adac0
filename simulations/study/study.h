/// A study from a loaded cohort to its files: the whole of `consilium-sim loco` and `study` but for
/// reading options and pictures.
///
///   StudyFolder::Check -> load the cohort -> RunStudy -> print the table
///
/// Jobs run on `options.jobs` threads; their results do not depend on it. Each is stored when it is
/// done, so that a study resumes after its last finished training.
#pragma once

#include "simulations/progress/progress.h"
#include "simulations/results/report.h"
#include "simulations/study/run_job.h"
#include "simulations/study/study_folder.h"

#include <string>
#include <vector>

namespace consilium {

struct Study {
  StudyOptions options;
  std::string version;                ///< of the program, for summary and report
  std::string cohort;                 ///< where the cohort comes from
  std::vector<std::string> warnings;  ///< of reading it
  std::shared_ptr<const Dataset> dataset;
  std::string out;
  bool resume = false;
  bool keep_models = false;  ///< below `out`, in models/
  HasherFactory hasher;
  NetFactory make_net = MakeNet;
  FederatedRunner federated = RunInProcess;
  /// Asked between steps; requested by RunStudy itself when a job fails, to stop the others.
  Interrupt* interrupt = nullptr;
  Progress* progress = nullptr;
};

struct StudyResult {
  Summary summary;
  std::vector<std::string> tasks;
  std::size_t jobs_done = 0;
  std::size_t jobs_planned = 0;
};

/// Errors: kInvalidArgument before anything is trained or written: options, cohort, folder;
/// kCancelled when interrupted (files of the finished jobs are written); else the first failure.
Result<StudyResult> RunStudy(Study study);

/// What the protocol and the options will say about a cohort, before its pictures are read.
Status CheckCohort(const StudyOptions& options, const Dataset& labels_only);

/// The trainings that RunStudy would do. Errors: as CheckCohort.
Result<std::vector<Job>> PlannedJobs(const StudyOptions& options, const Dataset& labels_only);

}  // namespace consilium
