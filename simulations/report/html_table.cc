#include "simulations/report/html_table.h"

#include "simulations/report/markup.h"
#include "simulations/report/number_text.h"
#include "simulations/report/published.h"
#include "simulations/report/table_files.h"
#include "simulations/statistics/descriptive.h"

#include <algorithm>
#include <array>

namespace consilium {
namespace {

std::string Attribute(std::string_view name, std::string_view value) {
  return Concat({" data-", name, "=\"", EscapeHtml(value), "\""});
}

std::string DeviationHtml(const std::optional<double>& deviation) {
  return Concat({"<span class=\"sd\">", deviation ? "± " : "",
                 deviation ? FixedText(*deviation, kShownDigits) : "", "</span>"});
}

std::string PaperHtml(const std::optional<double>& paper) {
  if (!paper) return "";
  return Concat({"<small class=\"paper\">paper ", FixedText(*paper, kShownDigits), "</small>"});
}

struct Cell {
  const ModelKind* model = nullptr;
  std::string_view study;  ///< where a table has several
  std::optional<double> mean, deviation, paper;
  bool best = false;
};

std::string CellHtml(const Cell& cell) {
  std::string html = Concat(
      {"<td class=\"num", cell.best ? " best" : "", "\"",
       cell.study.empty() ? "" : Attribute("study", cell.study),
       Attribute("method", cell.model->method), Attribute("backbone", cell.model->backbone),
       Attribute("mean", ExactText(cell.mean)), Attribute("sd", ExactText(cell.deviation)),
       Attribute("paper", ExactText(cell.paper)), ">",
       cell.mean ? FixedText(*cell.mean, kShownDigits) : "–", DeviationHtml(cell.deviation)});
  Append(html, {PaperHtml(cell.paper), "</td>"});
  return html;
}

Cell CellOf(const TaskResults& results, const ShownMetric& metric,
            const std::optional<std::string>& center, const ModelKind& model) {
  Cell cell;
  cell.model = &model;
  const AggregateRow* const aggregate = results.Find(center, model);
  if (aggregate == nullptr) return cell;
  cell.mean = aggregate->metrics[metric.index].mean;
  cell.deviation = TaskResults::Deviation(*aggregate, metric);
  if (!center) {
    cell.paper = PublishedMean(results.protocol, results.task, model.method, metric.name);
  }
  return cell;
}

/// The test images of a line; those of models that lack the center are the same.
std::int64_t ImagesOf(const TaskResults& results, const std::optional<std::string>& center) {
  std::int64_t images = 0;
  for (const ModelKind& model : results.models) {
    if (const AggregateRow* const one = results.Find(center, model)) {
      images = std::max(images, one->n_test);
    }
  }
  return images;
}

std::string ResultLine(const TaskResults& results, const ShownMetric& metric,
                       const std::optional<std::string>& center) {
  const std::string heading = center
                                  ? EscapeHtml(*center)
                                  : Concat({"mean of ", std::to_string(results.centers.size()),
                                            results.centers.size() == 1 ? " center" : " centers"});
  std::string html =
      Concat({"<tr", center ? "" : " class=\"total\"", Attribute("left-out", center.value_or("")),
              "><th scope=\"row\">", heading, "</th><td class=\"num count\">",
              std::to_string(ImagesOf(results, center)), "</td>"});
  const std::vector<ModelKind> best = BestModels(results, metric, center);
  for (const ModelKind& model : results.models) {
    Cell cell = CellOf(results, metric, center, model);
    cell.best = std::find(best.begin(), best.end(), model) != best.end();
    html += CellHtml(cell);
  }
  html += "</tr>\n";
  return html;
}

/// The deviation over seeds of each seed's mean over centers, where there are several seeds.
std::string SeedsLine(const TaskResults& results, const ShownMetric& metric) {
  std::string cells;
  bool any = false;
  for (const ModelKind& model : results.models) {
    const AggregateRow* const all = results.Find(std::nullopt, model);
    const auto deviation = all == nullptr ? std::nullopt : all->metrics[metric.index].sd_seeds;
    any = any || deviation.has_value();
    Append(cells,
           {"<td class=\"num\"", Attribute("method", model.method),
            Attribute("backbone", model.backbone), Attribute("sd-seeds", ExactText(deviation)), ">",
            DeviationHtml(deviation), "</td>"});
  }
  if (!any) return "";
  return Concat({"<tr class=\"seeds\"><th scope=\"row\">of that mean, over seeds</th><td></td>",
                 cells, "</tr>\n"});
}

std::string OpenTable(std::string_view study, std::string_view protocol, std::string_view task,
                      const ShownMetric& metric) {
  return Concat({"<div class=\"scroll\"><table class=\"results\"", Attribute("study", study),
                 Attribute("protocol", protocol), Attribute("task", task),
                 Attribute("metric", metric.name), ">\n<caption>", EscapeHtml(metric.title),
                 metric.higher_is_better ? "" : " (lower is better)", "</caption>\n<thead><tr>"});
}

}  // namespace

std::string MethodNameHtml(std::string_view label, const MethodStyle& style) {
  constexpr std::array<std::string_view, 8> kSigns = {"●", "■", "▲", "◆", "▼", "✚", "✖", "⬢"};
  return Concat({"<span class=\"method ", style.css_class, "\"><span aria-hidden=\"true\">",
                 kSigns[static_cast<std::size_t>(style.marker)], "</span></span>&#8239;",
                 EscapeHtml(label)});
}

std::string ResultTableHtml(const TaskResults& results, const ShownMetric& metric,
                            const MethodStyles& styles, std::string_view study) {
  std::string html = OpenTable(study, results.protocol, results.task, metric);
  html += "<th scope=\"col\">left out</th><th scope=\"col\" class=\"num\">images</th>";
  for (const ModelKind& model : results.models) {
    Append(html, {"<th scope=\"col\" class=\"num\">",
                  MethodNameHtml(LabelOf(model, results), styles.Of(model.method)), "</th>"});
  }
  html += "</tr></thead>\n<tbody>\n";
  for (const std::string& center : results.centers) html += ResultLine(results, metric, center);
  html += "</tbody>\n<tbody>\n";
  html += ResultLine(results, metric, std::nullopt);
  html += SeedsLine(results, metric);
  html += "</tbody></table></div>\n";
  return html;
}

std::string StudiesTableHtml(const std::vector<StudyRecord>& studies, const std::string& protocol,
                             const std::string& task, std::size_t metric,
                             const MethodStyles& styles) {
  std::vector<std::optional<TaskResults>> columns;
  std::vector<ModelKind> models;
  const ShownMetric* shown = nullptr;
  for (const StudyRecord& study : studies) {
    columns.emplace_back();
    for (TaskResults& results : ResultsOf(study.summary)) {
      if (results.protocol != protocol || results.task != task) continue;
      if (results.metrics.size() <= metric) continue;
      for (const ModelKind& model : results.models) {
        if (std::find(models.begin(), models.end(), model) == models.end()) models.push_back(model);
      }
      columns.back() = std::move(results);
    }
  }
  for (const auto& column : columns) {
    if (column && shown == nullptr) shown = &column->metrics[metric];
  }
  if (shown == nullptr) return "";
  std::string html = OpenTable("", protocol, task, *shown);
  html += "<th scope=\"col\">method</th><th scope=\"col\">backbone</th>";
  for (const StudyRecord& study : studies) {
    Append(html, {"<th scope=\"col\" class=\"num\">", EscapeHtml(study.name), "</th>"});
  }
  html += "</tr></thead>\n<tbody>\n";
  for (const ModelKind& model : models) {
    Append(html, {"<tr", Attribute("left-out", ""), "><th scope=\"row\">",
                  MethodNameHtml(model.method, styles.Of(model.method)), "</th><td>",
                  EscapeHtml(model.backbone), "</td>"});
    for (std::size_t s = 0; s < columns.size(); ++s) {
      Cell cell;
      cell.model = &model;
      if (columns[s]) cell = CellOf(*columns[s], columns[s]->metrics[metric], std::nullopt, model);
      cell.study = studies[s].name;
      html += CellHtml(cell);
    }
    html += "</tr>\n";
  }
  html += "</tbody></table></div>\n";
  return html;
}

std::string BackbonesTableHtml(const TaskResults& results, const ShownMetric& metric,
                               const MethodStyles& styles, std::string_view study) {
  const std::vector<std::string> backbones = results.Backbones();
  std::string html = OpenTable(study, results.protocol, results.task, metric);
  html += "<th scope=\"col\">method</th>";
  for (const std::string& backbone : backbones) {
    Append(html, {"<th scope=\"col\" class=\"num\">", EscapeHtml(backbone), "</th>"});
  }
  Append(html, {"<th scope=\"col\" class=\"num\">mean of ", std::to_string(backbones.size()),
                "</th></tr></thead>\n<tbody>\n"});
  for (const std::string& method : results.Methods()) {
    Append(html, {"<tr", Attribute("left-out", ""), "><th scope=\"row\">",
                  MethodNameHtml(method, styles.Of(method)), "</th>"});
    std::vector<double> means;
    for (const std::string& backbone : backbones) {
      const ModelKind model = {method, backbone};
      Cell cell = CellOf(results, metric, std::nullopt, model);
      if (cell.mean) means.push_back(*cell.mean);
      cell.paper = std::nullopt;  // it is a mean over backbones
      html += CellHtml(cell);
    }
    const std::optional<double> mean = Mean(means);
    Append(html, {"<td class=\"num\">", mean ? FixedText(*mean, kShownDigits) : "–",
                  DeviationHtml(SampleDeviation(means)),
                  PaperHtml(PublishedMean(results.protocol, results.task, method, metric.name)),
                  "</td></tr>\n"});
  }
  html += "</tbody></table></div>\n";
  return html;
}

std::string PlainTableHtml(const Table& table) {
  std::string html = "<div class=\"scroll\"><table class=\"plain\">\n<thead><tr>";
  const auto number = [&](std::size_t c) { return c < table.text_columns ? "" : " class=\"num\""; };
  for (std::size_t c = 0; c < table.header.size(); ++c) {
    Append(html, {"<th scope=\"col\"", number(c), ">", EscapeHtml(table.header[c]), "</th>"});
  }
  html += "</tr></thead>\n<tbody>\n";
  for (const auto& row : table.rows) {
    if (row.empty()) {
      html += "</tbody>\n<tbody>\n";
      continue;
    }
    html += "<tr>";
    for (std::size_t c = 0; c < row.size(); ++c) {
      Append(html, {"<td", number(c), ">", EscapeHtml(row[c]), "</td>"});
    }
    html += "</tr>\n";
  }
  html += "</tbody></table></div>\n";
  return html;
}

}  // namespace consilium
