/// Sections of a page that are not about results: what was studied, with which settings, how to
/// repeat it, the model card. Each is HTML, with its heading. Threads: pure.
#pragma once

#include "simulations/report/figures.h"
#include "simulations/report/study_record.h"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace consilium {

std::string SectionHeading(std::string_view id, std::string_view title);
/// "prognosis-loco", of the section about a protocol's task.
std::string SectionId(const TaskResults& results);
/// Figures in a grid; `look` is "" or "small". Empty of none.
std::string FigureGrid(const std::vector<Figure>& figures, std::string_view look,
                       std::string_view caption);

/// Cohort, version, how far the study is: the facts at the top of the page.
std::string FactsHtml(const StudyRecord& study);
std::string MethodsSection(std::span<const StudyRecord> studies, const MethodStyles& styles);
std::string CohortSection(const StudyRecord& study);
std::string SettingsSection(const StudyRecord& study);
/// Only what differs between studies, and what the first has in common with all others.
std::string SettingsOfStudiesSection(const std::vector<StudyRecord>& studies);
std::string RepeatSection(const StudyRecord& study);
std::string ModelCardSection();

}  // namespace consilium
