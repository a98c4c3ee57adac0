/// What a training in one place trains on and is scored on. Threads: pure.
#pragma once

#include "simulations/study/run_job.h"

#include <memory>
#include <string>
#include <vector>

namespace consilium {

struct CentralData {
  std::shared_ptr<const Dataset> dataset;  ///< with the labels that the method trains with
  std::shared_ptr<const Dataset> tested;   ///< the same tasks and images, with the cohort's labels
  Indices train;
  Indices validation;
  std::vector<std::string> tests;  ///< folds to be scored
};

/// Of every job but a federated one.
CentralData CentralDataOf(const StudyContext& context, const Job& job);

}  // namespace consilium
