/// Sections of a study's page that show what it found and what it took. Each returns HTML with its
/// heading, or nothing where there is nothing to show, and adds its figures and tables to `page`.
/// Threads: pure.
#pragma once

#include "simulations/report/method_style.h"
#include "simulations/report/page_content.h"
#include "simulations/report/study_record.h"
#include "simulations/report/task_results.h"

#include <string>
#include <vector>

namespace consilium {

/// One protocol's task: methods, centers, ROC, calibration.
std::string ResultsSection(const TaskResults& results, const StudyRecord& study,
                           const MethodStyles& styles, Page& page);
/// "Does joining help?": what each site gains, whether sites pull in one direction.
std::string JoiningSection(const std::vector<TaskResults>& blocks, const StudyRecord& study,
                           const MethodStyles& styles, Page& page);
std::string ComparisonsSection(const std::vector<TaskResults>& blocks, const StudyRecord& study,
                               Page& page);
std::string LearningSection(const StudyRecord& study, const MethodStyles& styles, Page& page);
/// Time and communication per method.
std::string CostSection(const StudyRecord& study, Page& page);

/// A line on the paper's numbers where a block shows any, else nothing.
std::string PublishedHtml(const TaskResults& results);

}  // namespace consilium
