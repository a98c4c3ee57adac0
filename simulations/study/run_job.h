/// Runs one training of a study and scores it on what was left out.
///
/// Random   every draw from (seed, name of the job); what runs beside it has no influence.
/// Threads  the calling thread, which has set its number of intra-op threads; the sites of a
///          federated job get threads of their own. Computing holds one of `compute_slots`.
#pragma once

#include "simulations/methods/federated_run.h"
#include "simulations/methods/first_net.h"
#include "simulations/methods/shared_models.h"
#include "simulations/results/row.h"
#include "simulations/results/training_record.h"
#include "simulations/study/job.h"

#include <functional>
#include <memory>
#include <mutex>
#include <semaphore>
#include <string>
#include <vector>

namespace consilium {

/// What all jobs of a study share; outlives them.
struct StudyContext {
  StudyOptions options;
  std::shared_ptr<const Dataset> dataset;
  Protocols protocols;
  std::map<std::string, std::shared_ptr<const Dataset>> centers;
  NetSource net;
  FederatedRunner federated;
  HasherFactory hasher;
  std::string work_folder;
  SharedModels* shared = nullptr;  ///< models that several jobs begin from
  std::string models_folder;       ///< where trained models are kept; empty: nowhere
  std::counting_semaphore<>* compute_slots = nullptr;
  /// One federated training at a time: its sites fill the slots, and each holds a network.
  std::mutex* federated_turn = nullptr;
  const Interrupt* interrupt = nullptr;
};

/// One model on one left-out center.
struct ScoredModel {
  std::string name;             ///< of the file of predictions, unique within the study
  std::vector<Row> rows;        ///< one per task that the center has labels of
  std::string predictions_csv;  ///< image, center, task, label, probabilities
};

struct TrainedJob {
  std::vector<ScoredModel> scored;
  TrainingRecord record;  ///< of what the rows do not say
};

/// `fraction` of the work is done; `step`: "epoch 3/10", "round 3/10".
using JobObserver = std::function<void(double fraction, const std::string& step)>;

/// The plan of a job that trains `tasks`.
RunPlan PlanOf(const StudyContext& context, const Job& job, const std::vector<TaskSpec>& tasks);

Result<TrainedJob> RunJob(const StudyContext& context, const Job& job, const JobObserver& observer);

}  // namespace consilium
