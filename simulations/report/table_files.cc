#include "simulations/report/table_files.h"

#include "simulations/report/markup.h"
#include "simulations/report/number_text.h"
#include "simulations/report/published.h"
#include "simulations/results/summary_file.h"

#include <algorithm>

namespace consilium {
namespace {

std::optional<double> MeanOf(const TaskResults& results, const ShownMetric& metric,
                             const std::optional<std::string>& center, const ModelKind& model) {
  const AggregateRow* const aggregate = results.Find(center, model);
  return aggregate == nullptr ? std::nullopt : aggregate->metrics[metric.index].mean;
}

std::string LatexCell(const TaskResults& results, const ShownMetric& metric,
                      const std::optional<std::string>& center, const ModelKind& model, bool best) {
  const std::optional<double> mean = MeanOf(results, metric, center, model);
  if (!mean) return "--";
  std::string cell = "$";
  if (best) cell += "\\mathbf{";
  cell += FixedText(*mean, kShownDigits);
  if (best) cell += "}";
  if (const auto deviation = TaskResults::Deviation(*results.Find(center, model), metric)) {
    Append(cell, {" \\pm ", FixedText(*deviation, kShownDigits)});
  }
  cell += "$";
  return cell;
}

std::string LatexLine(const TaskResults& results, const ShownMetric& metric,
                      const std::optional<std::string>& center) {
  const std::vector<ModelKind> best = BestModels(results, metric, center);
  std::string line = center ? EscapeLatex(*center) : "mean over centers";
  for (const ModelKind& model : results.models) {
    const bool is_best = std::find(best.begin(), best.end(), model) != best.end();
    Append(line, {" & ", LatexCell(results, metric, center, model, is_best)});
  }
  line += " \\\\\n";
  return line;
}

/// "published & -- & 0.657", where the paper reports any of these.
std::string PublishedLine(const TaskResults& results, const ShownMetric& metric) {
  std::string line = "paper (arXiv 2405.13771)";
  bool any = false;
  for (const ModelKind& model : results.models) {
    const auto value = PublishedMean(results.protocol, results.task, model.method, metric.name);
    any = any || value.has_value();
    Append(line, {" & ", value ? Concat({"$", FixedText(*value, kShownDigits), "$"}) : ""});
  }
  line += " \\\\\n";
  return any ? line : "";
}

}  // namespace

std::vector<ModelKind> BestModels(const TaskResults& results, const ShownMetric& metric,
                                  const std::optional<std::string>& center) {
  std::vector<std::pair<ModelKind, double>> defined;
  for (const ModelKind& model : results.models) {
    if (const auto mean = MeanOf(results, metric, center, model))
      defined.emplace_back(model, *mean);
  }
  if (defined.size() < 2) return {};
  double best = defined.front().second;
  for (const auto& [model, mean] : defined) {
    best = metric.higher_is_better ? std::max(best, mean) : std::min(best, mean);
  }
  std::vector<ModelKind> models;
  for (const auto& [model, mean] : defined) {
    if (FixedText(mean, kShownDigits) == FixedText(best, kShownDigits)) models.push_back(model);
  }
  return models;
}

std::string FormatTableCsv(const TaskResults& results) {
  std::string csv =
      "protocol,task,metric,left_out,method,backbone,n_centers,n_seeds,n_test,mean,sd_centers,"
      "sd_seeds,paper\n";
  for (std::size_t m = 0; m < ReportedMetrics().size(); ++m) {
    const std::string_view metric = ReportedMetrics()[m].name;
    for (const AggregateRow& aggregate : results.aggregates) {
      const MetricSummary& value = aggregate.metrics[m];
      const auto paper = aggregate.left_out ? std::nullopt
                                            : PublishedMean(results.protocol, results.task,
                                                            aggregate.method, metric);
      Append(csv, {CsvField(results.protocol),
                   ",",
                   CsvField(results.task),
                   ",",
                   metric,
                   ",",
                   CsvField(aggregate.left_out.value_or("")),
                   ",",
                   CsvField(aggregate.method),
                   ",",
                   CsvField(aggregate.backbone),
                   ",",
                   std::to_string(aggregate.n_centers),
                   ",",
                   std::to_string(aggregate.n_seeds),
                   ",",
                   std::to_string(aggregate.n_test),
                   ",",
                   ExactText(value.mean),
                   ",",
                   ExactText(value.sd_centers),
                   ",",
                   ExactText(value.sd_seeds),
                   ",",
                   ExactText(paper),
                   "\n"});
    }
  }
  return csv;
}

std::string FormatPlainCsv(const Table& table) {
  std::string csv;
  const auto add = [&csv](const std::vector<std::string>& cells) {
    for (std::size_t c = 0; c < cells.size(); ++c) {
      Append(csv, {c == 0 ? "" : ",", CsvField(cells[c])});
    }
    csv += '\n';
  };
  add(table.header);
  for (const auto& row : table.rows) {
    if (!row.empty()) add(row);
  }
  return csv;
}

std::string FormatPlainLatex(const Table& table) {
  const std::size_t columns = table.header.size();
  const std::size_t texts = std::min(table.text_columns, columns);
  std::string text = "% Needs \\usepackage{booktabs}.\n\\begin{tabular}{";
  text.append(texts, 'l').append(columns - texts, 'r').append("}\n\\toprule\n");
  const auto add = [&text](const std::vector<std::string>& cells) {
    for (std::size_t c = 0; c < cells.size(); ++c) {
      Append(text, {c == 0 ? "" : " & ", EscapeLatex(cells[c])});
    }
    text += " \\\\\n";
  };
  add(table.header);
  text += "\\midrule\n";
  for (const auto& row : table.rows) {
    if (row.empty()) {
      text += "\\midrule\n";
    } else {
      add(row);
    }
  }
  text += "\\bottomrule\n\\end{tabular}\n";
  return text;
}

std::string FormatTableLatex(const TaskResults& results, const ShownMetric& metric) {
  std::string text = Concat({"% ", EscapeLatex(results.task), ": ", metric.title,
                             (", mean and standard deviation (of a center over seeds, of all over "
                              "centers).\n% Needs \\usepackage{booktabs}.\n\\begin{tabular}{l")});
  text.append(results.models.size(), 'r');
  text += "}\n\\toprule\nleft out";
  for (const ModelKind& model : results.models) {
    Append(text, {" & ", EscapeLatex(LabelOf(model, results))});
  }
  text += " \\\\\n\\midrule\n";
  for (const std::string& center : results.centers) text += LatexLine(results, metric, center);
  Append(text, {"\\midrule\n", LatexLine(results, metric, std::nullopt),
                PublishedLine(results, metric), "\\bottomrule\n\\end{tabular}\n"});
  return text;
}

}  // namespace consilium
