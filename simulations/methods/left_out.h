/// What a trained model says about a center that took no part.
/// Threads: the calling thread, which has set its number of intra-op threads.
#pragma once

#include "common/training/evaluate.h"
#include "simulations/methods/federated_run.h"

#include <map>
#include <string>

namespace consilium {

/// Predictions of a federated model for a center without heads of its own.
///
/// A shared head predicts as it is. Of a task whose heads stayed on the sites, the prediction is
/// the mean over `holders[task]`, the sites that trained it, of their heads' probabilities (zone
/// tasks: scores). Statistics that stayed on the sites enter as their mean, weighted by
/// `images[site]`; counters as their maximum.
/// `net`: any network of the run's plan; its state is overwritten.
struct SitesOfRun {
  std::map<std::string, std::int64_t> images;          ///< training images of each site
  std::vector<std::vector<std::string>> task_holders;  ///< per task, sites with training labels
};
Result<Predictions> PredictLeftOut(MultiTaskNet net, const FederatedModel& model,
                                   const SitesOfRun& sites, const Dataset& dataset,
                                   const Indices& test, const EvaluateOptions& options);

}  // namespace consilium
