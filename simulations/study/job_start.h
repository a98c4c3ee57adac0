/// Where a training in one place begins, and its training. Threads: as run_job.h.
#pragma once

#include "simulations/study/central_data.h"

namespace consilium {

/// Entries that replace those of the seed's first network: the backbone of the other task's model
/// (transfer), or the average of both tasks' (mdmt-averaged-init); no layout for the other methods.
/// Trains these models unless the study has them already (shared_models.h).
/// Errors: those of FitCentrally.
Result<ParameterBlob> StartOf(const StudyContext& context, const Job& job,
                              const JobObserver& observer);

/// The fit of a job that trains in one place, without its start and observer.
CentralFit FitOf(const StudyContext& context, const Job& job, const CentralData& data);

/// Trains; a model that other jobs begin from is kept for them.
Result<FittedModel> FitJob(const StudyContext& context, const Job& job, const CentralData& data,
                           const CentralFit& fit);

/// "epoch 3/10": a step of `planned`, shown as counted from 1.
std::string StepText(std::string_view what, int step, int planned);

}  // namespace consilium
