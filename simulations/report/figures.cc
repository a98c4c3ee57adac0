#include "simulations/report/figures.h"

#include "simulations/report/bar_chart.h"
#include "simulations/report/dot_plot.h"
#include "simulations/report/markup.h"
#include "simulations/report/mean_interval.h"
#include "simulations/report/number_text.h"
#include "simulations/report/published.h"
#include "simulations/statistics/descriptive.h"

#include <algorithm>

namespace consilium {
namespace {

std::string NameOf(std::string_view kind, const TaskResults& results, std::string_view what) {
  return Concat(
      {kind, "_", PlainName(results.protocol), "_", PlainName(results.task), "_", PlainName(what)});
}

std::string TitleOf(const ShownMetric& metric) {
  return Concat({metric.title, metric.higher_is_better ? "" : " (lower is better)"});
}

std::string Count(std::size_t n, std::string_view noun) {
  return Concat({std::to_string(n), " ", noun, n == 1 ? "" : "s"});
}

std::optional<ReferenceValue> ReferenceOf(const TaskResults& results, const ShownMetric& metric) {
  for (const ModelKind& model : results.models) {
    const auto value = PublishedMean(results.protocol, results.task, model.method, metric.name);
    if (value) {
      return ReferenceValue{
          *value, Concat({"paper, ", model.method, ": ", FixedText(*value, kShownDigits)})};
    }
  }
  return std::nullopt;
}

std::optional<double> MeanOf(const TaskResults& results, const ShownMetric& metric,
                             const std::optional<std::string>& center, const ModelKind& model) {
  const AggregateRow* const found = results.Find(center, model);
  return found == nullptr ? std::nullopt : found->metrics[metric.index].mean;
}

/// Mean and interval of what lies behind it.
DotRow RowOf(std::string label, const MethodStyle& style, std::vector<double> values,
             const ShownMetric& metric) {
  DotRow row;
  row.name = label;
  row.label = std::move(label);
  row.style = style;
  row.mean = Mean(values);
  if (const auto interval = MeanInterval(values)) {
    row.interval = {std::max(metric.least, interval->low), std::min(metric.most, interval->high)};
  }
  row.values = std::move(values);
  return row;
}

DotRow RowOverCenters(const TaskResults& results, const ShownMetric& metric, const ModelKind& model,
                      const MethodStyles& styles) {
  std::vector<double> values;
  for (const std::string& center : results.centers) {
    if (const auto mean = MeanOf(results, metric, center, model)) values.push_back(*mean);
  }
  return RowOf(model.method, styles.Of(model.method), std::move(values), metric);
}

DotRow RowOverBackbones(const TaskResults& results, const ShownMetric& metric,
                        const std::string& method, const MethodStyles& styles) {
  std::vector<double> values;
  for (const std::string& backbone : results.Backbones()) {
    const auto mean = MeanOf(results, metric, std::nullopt, {method, backbone});
    if (mean) values.push_back(*mean);
  }
  return RowOf(method, styles.Of(method), std::move(values), metric);
}

Figure OverviewFigure(const TaskResults& results, const ShownMetric& metric,
                      const MethodStyles& styles) {
  const std::size_t backbones = results.Backbones().size();
  const std::string over = backbones > 1 ? Count(backbones, "backbone")
                                         : Count(results.centers.size(), "left-out center");
  DotPlot plot;
  plot.id = NameOf("methods", results, metric.name);
  plot.title = TitleOf(metric);
  plot.value_name = Concat({"mean over ", over});
  plot.description =
      Concat({metric.title, " of ", results.task, ": each method's ", plot.value_name,
              (" with its 95\u00A0% interval; faint dots are what the "
               "mean is over.")});
  plot.reference = ReferenceOf(results, metric);
  DotGroup group;
  for (const ModelKind& model : results.models) {
    if (backbones == 1) group.rows.push_back(RowOverCenters(results, metric, model, styles));
  }
  for (const std::string& method : results.Methods()) {
    if (backbones > 1) group.rows.push_back(RowOverBackbones(results, metric, method, styles));
  }
  plot.groups.push_back(std::move(group));
  return {plot.id, DrawDotPlot(plot)};
}

Figure BackboneFigure(const TaskResults& results, const ShownMetric& metric,
                      const MethodStyles& styles) {
  DotPlot plot;
  plot.id = NameOf("backbones", results, metric.name);
  plot.title = TitleOf(metric);
  plot.value_name = Concat({"mean over ", Count(results.centers.size(), "left-out center")});
  plot.description =
      Concat({metric.title, " of ", results.task, ": each method on each backbone, ",
              plot.value_name, " with its 95\u00A0% interval; faint dots are the centers."});
  plot.reference = ReferenceOf(results, metric);
  for (const std::string& backbone : results.Backbones()) {
    DotGroup group;
    group.heading = backbone;
    for (const ModelKind& model : results.models) {
      if (model.backbone != backbone) continue;
      group.rows.push_back(RowOverCenters(results, metric, model, styles));
    }
    plot.groups.push_back(std::move(group));
  }
  return {plot.id, DrawDotPlot(plot)};
}

Figure CenterFigure(const TaskResults& results, const ShownMetric& metric,
                    const std::string& backbone, const MethodStyles& styles) {
  BarChart chart;
  const bool several = results.Backbones().size() > 1;
  chart.id = NameOf("centers", results,
                    several ? Concat({metric.name, "_", backbone}) : std::string(metric.name));
  chart.title = Concat({TitleOf(metric), several ? ", " : "", several ? backbone : ""});
  chart.description = Concat({metric.title, " of ", results.task,
                              " on each left-out center, one bar per method: mean over seeds, "
                              "whiskers one standard deviation over seeds."});
  chart.groups = results.centers;
  chart.least = metric.least;
  chart.most = metric.most;
  for (const ModelKind& model : results.models) {
    if (model.backbone != backbone) continue;
    BarSeries series;
    series.label = model.method;
    series.style = styles.Of(model.method);
    for (const std::string& center : results.centers) {
      const AggregateRow* const one = results.Find(center, model);
      const MetricSummary value = one == nullptr ? MetricSummary() : one->metrics[metric.index];
      series.values.push_back(value.mean);
      series.deviations.push_back(value.sd_seeds);
    }
    chart.series.push_back(std::move(series));
  }
  return {chart.id, DrawBarChart(chart)};
}

/// Several studies may call a model alike: the study comes first.
DotPlot ComparisonPlot(const std::vector<StudyRecord>& studies, const std::string& protocol,
                       const std::string& task, std::size_t m, const MethodStyles& styles) {
  DotPlot plot;
  for (const StudyRecord& study : studies) {
    for (const TaskResults& results : ResultsOf(study.summary)) {
      if (results.protocol != protocol || results.task != task || results.metrics.size() <= m) {
        continue;
      }
      const ShownMetric& metric = results.metrics[m];
      if (plot.groups.empty()) {
        plot.id = NameOf("studies", results, metric.name);
        plot.title = TitleOf(metric);
        plot.description =
            Concat({metric.title, " of ", task,
                    ": the mean over left-out centers of each method of each "
                    "study, with its 95\u00A0% interval; faint dots are the centers."});
        plot.value_name = "mean over left-out centers";
        plot.reference = ReferenceOf(results, metric);
      }
      DotGroup group;
      group.heading = study.name;
      for (const ModelKind& model : results.models) {
        group.rows.push_back(RowOverCenters(results, metric, model, styles));
        group.rows.back().label = group.rows.back().name = LabelOf(model, results);
      }
      plot.groups.push_back(std::move(group));
    }
  }
  return plot;
}

}  // namespace

std::vector<Figure> OverviewFigures(const TaskResults& results, const MethodStyles& styles) {
  std::vector<Figure> figures;
  figures.reserve(results.metrics.size());
  for (const ShownMetric& metric : results.metrics) {
    figures.push_back(OverviewFigure(results, metric, styles));
  }
  return figures;
}

std::vector<Figure> BackboneFigures(const TaskResults& results, const MethodStyles& styles) {
  std::vector<Figure> figures;
  if (results.Backbones().size() < 2) return figures;
  figures.reserve(results.metrics.size());
  for (const ShownMetric& metric : results.metrics) {
    figures.push_back(BackboneFigure(results, metric, styles));
  }
  return figures;
}

std::vector<Figure> CenterFigures(const TaskResults& results, const MethodStyles& styles) {
  std::vector<Figure> figures;
  for (const std::string& backbone : results.Backbones()) {
    for (const ShownMetric& metric : results.metrics) {
      figures.push_back(CenterFigure(results, metric, backbone, styles));
    }
  }
  return figures;
}

std::vector<Figure> JoiningFigures(const TaskResults& results, const ShownMetric& metric,
                                   const std::vector<Joining>& joining,
                                   const MethodStyles& styles) {
  if (joining.empty()) return {};
  DotPlot plot;
  plot.id = NameOf("joining", results, metric.name);
  plot.title = TitleOf(metric);
  plot.value_name = "federated minus alone";
  plot.description = Concat({metric.title, " of ", results.task,
                             ": what each site's federated model scores above its model trained "
                             "alone, on images that neither saw, with the 95\u00A0% interval."});
  plot.reference = ReferenceValue{0, "no difference"};
  const std::string first = LabelOf({joining.front().method, joining.front().backbone}, results);
  const std::string last = LabelOf({joining.back().method, joining.back().backbone}, results);
  for (const Joining& one : joining) {
    const std::string heading = first == last ? "" : LabelOf({one.method, one.backbone}, results);
    if (plot.groups.empty() || plot.groups.back().heading != heading) {
      plot.groups.push_back({heading, {}});
    }
    DotRow row;
    row.label = Concat({"site ", one.site});
    row.name = row.label;
    row.style = styles.Of(one.method);
    row.mean = one.t.mean_difference;
    if (one.t.interval && one.t.n >= 3) row.interval = {one.t.interval->low, one.t.interval->high};
    plot.groups.back().rows.push_back(std::move(row));
  }
  return {{plot.id, DrawDotPlot(plot)}};
}

std::vector<Figure> ComparisonFigures(const std::vector<StudyRecord>& studies,
                                      const std::string& protocol, const std::string& task,
                                      const MethodStyles& styles) {
  std::vector<Figure> figures;
  for (std::size_t m = 0;; ++m) {
    const DotPlot plot = ComparisonPlot(studies, protocol, task, m, styles);
    if (plot.groups.empty()) return figures;
    figures.push_back({plot.id, DrawDotPlot(plot)});
  }
}

}  // namespace consilium
