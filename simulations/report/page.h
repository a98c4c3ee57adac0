/// The page about one study, report.html, or about several. Threads: pure.
#pragma once

#include "simulations/report/page_content.h"
#include "simulations/report/study_record.h"

#include <vector>

namespace consilium {

Page StudyPage(const StudyRecord& study);

/// Several studies side by side; their names differ.
Page ComparisonPage(const std::vector<StudyRecord>& studies);

}  // namespace consilium
