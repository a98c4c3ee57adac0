/// The parts of report.md that tell what a study departs from. Threads: pure.
#pragma once

#include "simulations/results/row.h"

#include <string>

namespace consilium {

/// "# Leave-one-center-out study", by the summary's protocol.
std::string ReportTitle(const Summary& summary);
/// How the folds were tested, one paragraph.
std::string FoldsText(const Summary& summary);
/// Sections on preset and published lists; empty where a study has neither.
std::string ProvenanceSections(const Summary& summary);

}  // namespace consilium
