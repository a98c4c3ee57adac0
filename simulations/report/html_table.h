/// Tables of a page. Each number carries its exact value in data attributes, so that a program can
/// hold the page against summary.json: data-mean, data-sd and data-paper on the cell (empty:
/// undefined), data-method and data-backbone beside them, data-left-out on the line (empty: over all
/// centers), data-study, data-protocol, data-task and data-metric on the table.
/// Threads: pure.
#pragma once

#include "simulations/report/method_style.h"
#include "simulations/report/study_record.h"
#include "simulations/report/task_results.h"

#include <string>
#include <string_view>
#include <vector>

namespace consilium {

/// Left-out centers down, models across: mean and standard deviation over seeds, then over centers.
std::string ResultTableHtml(const TaskResults& results, const ShownMetric& metric,
                            const MethodStyles& styles, std::string_view study);

/// Of several backbones: methods down, backbones across, each the mean over centers, and their mean
/// with its standard deviation over backbones.
std::string BackbonesTableHtml(const TaskResults& results, const ShownMetric& metric,
                               const MethodStyles& styles, std::string_view study);

/// One line per method and backbone, one column per study: means over centers.
std::string StudiesTableHtml(const std::vector<StudyRecord>& studies, const std::string& protocol,
                             const std::string& task, std::size_t metric,
                             const MethodStyles& styles);

/// A table of texts; an empty row is a line between groups.
std::string PlainTableHtml(const Table& table);

/// A method's marker in its colour, as in the figures, before its name.
std::string MethodNameHtml(std::string_view label, const MethodStyle& style);

}  // namespace consilium
