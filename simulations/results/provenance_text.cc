#include "simulations/results/provenance_text.h"

namespace consilium {
namespace {

std::string Or(const std::string& text, const char* absent) { return text.empty() ? absent : text; }

}  // namespace

std::string ReportTitle(const Summary& summary) {
  if (summary.protocol == "cv") return "# Five-fold cross-validation study";
  if (summary.protocol == "holdout") return "# Hold-out study";
  return "# Leave-one-center-out study";
}

std::string FoldsText(const Summary& summary) {
  if (summary.protocol == "cv" || summary.protocol == "holdout") {
    return "Each fold was tested in turn: none of its patients took part in training, at any "
           "center; which image was where is in `folds.csv`. The column of a fold stands for its "
           "test images of all centers. Per fold: mean over seeds. Over folds: mean ± sample "
           "standard deviation of the folds' means. `-`: undefined, for example the AUROC of one "
           "class.\n";
  }
  return "Each center was left out in turn: none of its images took part in training. Per center: "
         "mean over seeds. Over centers: mean ± sample standard deviation of the centers' means. "
         "`-`: undefined, for example the AUROC of a center with one class.\n";
}

std::string ProvenanceSections(const Summary& summary) {
  std::string text;
  const PresetUse& preset = summary.preset;
  if (!preset.name.empty()) {
    text.append("\n## Preset ").append(preset.name).append("\n\n");
    if (preset.differences.empty()) {
      text.append("Every value is the preset's.\n");
    } else {
      text.append("| option | preset | this study |\n|---|---|---|\n");
      for (const PresetDifference& difference : preset.differences) {
        text.append("| ").append(difference.option).append(" | ");
        text.append(Or(difference.preset, "none")).append(" | ");
        text.append(Or(difference.used, "none")).append(" |\n");
      }
    }
    if (!preset.without.empty()) text.append("\nOf the paper, but not of this program:\n\n");
    for (const std::string& line : preset.without) text.append("- ").append(line).append("\n");
  }
  if (!summary.list_faults.empty()) {
    text.append("\n## Faults of the published lists\n\n| fault | count | what |\n|---|---|---|\n");
    for (const ListFault& fault : summary.list_faults) {
      text.append("| ").append(fault.name).append(" | ").append(std::to_string(fault.count));
      text.append(" | ").append(fault.text).append(" |\n");
    }
  }
  return text;
}

}  // namespace consilium
