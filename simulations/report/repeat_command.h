/// The command line that makes a study's numbers again, from its settings. Threads: pure.
#pragma once

#include "simulations/report/study_record.h"

#include <string>

namespace consilium {

/// "consilium-sim loco --cohort ... --out repeated", options one per line, joined by "\"; `study`
/// where the protocol is another, or there was a preset. `methods` narrows it to a part of the
/// study; empty: all of it. A training depends on nothing that runs beside it, so a part gives the
/// same numbers as the whole.
std::string RepeatCommand(const StudyRecord& study, const std::string& methods = "");

}  // namespace consilium
