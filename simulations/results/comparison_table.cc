#include "simulations/results/comparison_table.h"

#include <algorithm>
#include <cstdio>

namespace consilium {
namespace {

std::string Cell(const char* format, const std::optional<double>& value) {
  if (!value) return "-";
  char text[32];
  std::snprintf(text, sizeof(text), format, *value);
  return text;
}

std::string PCell(const std::optional<double>& p) {
  return p && *p < 0.0005 ? "<0.001" : Cell("%.3f", p);
}

std::string DifferenceCell(const PairedTResult& t) {
  std::string text = Cell("%+.3f", t.mean_difference);
  if (t.interval) {
    text += Cell(" [%+.3f,", t.interval->low);
    text += Cell(" %+.3f]", t.interval->high);
  }
  return text;
}

bool IsShown(const Comparison& comparison) {
  return comparison.metric != "precision" && comparison.metric != "recall";
}

bool HasSeveralBackbones(std::span<const Comparison> comparisons) {
  return std::any_of(comparisons.begin(), comparisons.end(),
                     [](const Comparison& c) { return !c.backbone.has_value(); });
}

}  // namespace

Table ComparisonTable(std::span<const Comparison> comparisons, std::string_view task) {
  const bool several = HasSeveralBackbones(comparisons);
  Table table;
  table.header = {"metric", "method",     "pairs", "difference", "t-test p",
                  "Holm",   "Wilcoxon p", "Holm",  "d_z"};
  table.text_columns = 2;
  if (several) {
    table.header.insert(table.header.begin() + 1, "backbone");
    table.text_columns = 3;
  }
  for (const Comparison& comparison : comparisons) {
    if (comparison.task != task || !IsShown(comparison)) continue;
    std::vector<std::string> cells = {comparison.metric};
    if (several) cells.push_back(comparison.backbone.value_or("all, paired"));
    cells.insert(
        cells.end(),
        {comparison.method, std::to_string(comparison.t.n), DifferenceCell(comparison.t),
         PCell(comparison.t_p.two_sided), PCell(comparison.t_p.holm_two_sided),
         PCell(comparison.wilcoxon_p.two_sided), PCell(comparison.wilcoxon_p.holm_two_sided),
         Cell("%.2f", comparison.t.cohens_dz)});
    table.rows.push_back(std::move(cells));
  }
  return table;
}

}  // namespace consilium
