#include "simulations/results/report.h"

#include "simulations/results/comparison_table.h"
#include "simulations/results/model_card.h"
#include "simulations/results/provenance_text.h"

#include <algorithm>

namespace consilium {
namespace {

constexpr std::string_view kComparisons =
    "\nPaired over centers: a pair is a center's mean over the seeds that both methods have. "
    "Difference: method minus stl, with the 95 % interval of the paired t-test. p: two-sided; "
    "Holm: corrected over the methods of this metric. Wilcoxon: exact signed-rank test, which of "
    "n centers cannot go below 2/2^n. d_z: difference in standard deviations of the differences. "
    "One-sided p-values and the F-test: `comparisons` in `summary.json`. Trainings that leave out "
    "different centers share most of their images, so p-values are too small rather than too "
    "large.\n";

std::string Section(std::string_view title) { return "\n## " + std::string(title) + "\n\n"; }

bool HasRows(const Summary& summary, std::string_view task) {
  return std::any_of(summary.rows.begin(), summary.rows.end(),
                     [&](const Row& row) { return row.task == task; });
}

/// Nothing where no method can be compared with the baseline.
std::string Comparisons(const ReportInput& input) {
  const std::vector<Comparison> comparisons = CompareWithBaseline(input.summary.rows);
  std::string text;
  for (const std::string& task : input.tasks) {
    const Table table = ComparisonTable(comparisons, task);
    if (table.rows.empty()) continue;
    std::string title = "Compared with ";
    title.append(kBaseline).append(": ").append(task);
    text += Section(title);
    text += DrawMarkdown(table);
  }
  if (!text.empty()) text += kComparisons;
  return text;
}

}  // namespace

std::string FormatReport(const ReportInput& input) {
  std::string text = ReportTitle(input.summary) + "\n\n";
  text += "Made by " + input.summary.version + ".\n";
  text += "Cohort: " + input.summary.cohort + ".\n";
  if (input.jobs_done < input.jobs_planned) {
    text += "\n**Incomplete: " + std::to_string(input.jobs_done) + " of " +
            std::to_string(input.jobs_planned) +
            " trainings are done.** Run again with `--resume`.\n";
  }
  for (const std::string& task : input.tasks) {
    if (!HasRows(input.summary, task)) continue;
    text += Section("Results: " + task);
    text += DrawMarkdown(ResultTable(input.summary, task));
  }
  text += "\n" + FoldsText(input.summary);
  text += Comparisons(input);
  text += Section("Methods") + "| method | trained on |\n|---|---|\n";
  for (const auto& [method, trained_on] : MethodTexts()) {
    text.append("| ").append(method).append(" | ").append(trained_on).append(" |\n");
  }
  text += Section("Cohort") + DrawMarkdown(input.centers);
  if (!input.warnings.empty()) {
    text += "\n";
    for (const std::string& warning : input.warnings) text += "- Warning: " + warning + "\n";
  }
  text += ProvenanceSections(input.summary);
  text += Section("Model card");
  for (const std::string_view line : ModelCard()) text.append("- ").append(line).append("\n");
  text += Section("Settings") + "| setting | value |\n|---|---|\n";
  for (const auto& [name, value] : input.settings) {
    text += "| " + name + " | " + (value.empty() ? "none" : value) + " |\n";
  }
  return text;
}

}  // namespace consilium
