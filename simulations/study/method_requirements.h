/// What a method asks of the cohort, checked before anything is trained. Threads: pure.
#pragma once

#include "simulations/study/job.h"

namespace consilium {

/// Methods that begin from single-task models: transfer, mdmt-averaged-init.
bool BeginsFromSingleTask(Method method);

/// The one task beside the target. Requires that CheckMethods found no fault.
std::size_t SecondTask(const Dataset& dataset, std::size_t target);

/// Errors: kInvalidArgument "methods: METHOD ...": labels that a fold does not have, or another
/// number of tasks than two.
Status CheckMethods(const StudyOptions& options, const Dataset& dataset,
                    const Protocols& protocols);

}  // namespace consilium
