/// The trained models of a study, kept where it is asked for.
///
///   DIR/models/ID.safetensors        the model of job ID; of a federated run what is shared
///   DIR/models/ID.SITE.safetensors   what stayed on a site: heads, statistics
///
/// With metadata (docs/formats/model.md). Every file appears whole or not at all, before the job's
/// record. Errors: those of WriteFileAtomically. Threads: any, for different jobs.
#pragma once

#include "simulations/methods/central_fit.h"
#include "simulations/study/run_job.h"

namespace consilium {

/// Nothing where context.models_folder is empty.
Status KeepCentralModel(const StudyContext& context, const Job& job, const CentralFit& fit,
                        const FittedModel& model);
Status KeepFederatedModel(const StudyContext& context, const Job& job, const FederatedRun& run,
                          const FederatedModel& model, const InputStatistics& input);

}  // namespace consilium
