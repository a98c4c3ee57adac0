#include "simulations/report/result_sections.h"

#include "simulations/report/cost_table.h"
#include "simulations/report/html_table.h"
#include "simulations/report/joining_table.h"
#include "simulations/report/markup.h"
#include "simulations/report/published.h"
#include "simulations/report/sections.h"
#include "simulations/results/comparison_table.h"

#include <algorithm>

namespace consilium {
namespace {

std::vector<Figure> Kept(std::vector<Figure> figures, Page& page) {
  page.figures.insert(page.figures.end(), figures.begin(), figures.end());
  return figures;
}

std::string KeptTable(std::string name, const Table& table, Page& page) {
  page.tables.push_back({std::move(name), table});
  return PlainTableHtml(table);
}

std::string BlockName(std::string_view kind, const TaskResults& results) {
  return Concat({kind, "_", PlainName(results.protocol), "_", PlainName(results.task)});
}

std::string BlockTitle(const TaskResults& results) {
  return Concat({results.task, " (", results.protocol, ")"});
}

std::string Note(std::string_view text) {
  return Concat({"<p class=\"note\">", EscapeHtml(text), "</p>\n"});
}

std::string Details(std::string_view summary, const std::string& html) {
  if (html.empty()) return "";
  return Concat({"<details><summary>", EscapeHtml(summary), "</summary>\n", html, "</details>\n"});
}

std::string_view TestedText(std::string_view protocol) {
  if (protocol == "cv" || protocol == "holdout") {
    return "Each fold was tested in turn: none of its patients took part in training, at any "
           "center. Where center is written, read fold.";
  }
  return "Each center was left out in turn: none of its images took part in training.";
}

std::string CurvesHtml(const TaskResults& results, const StudyRecord& study,
                       const MethodStyles& styles, Page& page) {
  std::vector<Figure> roc = Kept(RocFigures(results, study, styles), page);
  std::vector<Figure> overall = Kept(CalibrationFigures(results, study, styles), page);
  if (!roc.empty()) overall.insert(overall.begin(), roc.front());
  if (overall.empty()) return "";
  std::string html = "<h3>ROC and calibration</h3>\n";
  html += FigureGrid(
      overall, "",
      "ROC: the mean over all models of a method (seeds, left-out centers and backbones; of "
      "local also sites) at each false positive rate; AUROC as in the table. "
      "Calibration: ten bins of equal width, all left-out images of a method's "
      "models together.");
  if (!roc.empty()) roc.erase(roc.begin());
  html += FigureGrid(roc, "small", "Each left-out center by itself, the mean over its models.");
  if (study.missing_predictions > 0) {
    Append(html, {"<p class=\"warn\">The curves lack ", std::to_string(study.missing_predictions),
                  " models whose files of predictions are not in the folder.</p>\n"});
  }
  return html;
}

/// Of one block: what hurts, the figures, the table.
std::string JoiningHtml(const TaskResults& results, const StudyRecord& study,
                        const MethodStyles& styles, Page& page) {
  std::vector<MetricJoining> metrics;
  std::vector<Figure> figures;
  for (const ShownMetric& metric : results.metrics) {
    metrics.push_back({metric, CompareJoining(study.summary.rows, results, metric)});
    for (Figure& figure :
         Kept(JoiningFigures(results, metric, metrics.back().sites, styles), page)) {
      figures.push_back(std::move(figure));
    }
  }
  if (figures.empty()) return "";
  std::string html = Concat({"<h3>", EscapeHtml(BlockTitle(results)), "</h3>\n"});
  const std::vector<std::string> warnings = JoiningWarnings(results, metrics);
  for (const std::string& line : warnings) {
    Append(html,
           {"<p class=\"warn\"><strong>Joining hurts.</strong> ", EscapeHtml(line), "</p>\n"});
  }
  if (warnings.empty()) {
    html += "<p>No site loses by joining as far as these intervals tell.</p>\n";
  }
  html += FigureGrid(figures, "", "");
  html += KeptTable(BlockName("joining", results), JoiningTable(results, metrics), page);
  return html;
}

}  // namespace

std::string PublishedHtml(const TaskResults& results) {
  const bool any =
      std::any_of(results.models.begin(), results.models.end(), [&](const ModelKind& model) {
        return PublishedMean(results.protocol, results.task, model.method, "accuracy").has_value();
      });
  return any ? Note(PublishedNote()) : "";
}

std::string ResultsSection(const TaskResults& results, const StudyRecord& study,
                           const MethodStyles& styles, Page& page) {
  const bool several = results.Backbones().size() > 1;
  std::string html = SectionHeading(SectionId(results), Concat({"Results: ", BlockTitle(results)}));
  html +=
      FigureGrid(Kept(OverviewFigures(results, styles), page), "",
                 several ? "Markers: mean over backbones of each one's mean over left-out "
                           "centers. Lines: 95\u00A0% interval of that mean (Student's t, from "
                           "three on). Faint dots: the backbones."
                         : "Markers: mean over left-out centers. Lines: 95\u00A0% interval of that "
                           "mean (Student's t, from three on). Faint dots: the centers, each "
                           "the mean over seeds.");
  html +=
      Details("Each backbone by itself", FigureGrid(Kept(BackboneFigures(results, styles), page),
                                                    "", "As above, dots are left-out centers."));
  std::string by_backbone;
  std::string by_center;
  for (const ShownMetric& metric : results.metrics) {
    if (several) by_backbone += BackbonesTableHtml(results, metric, styles, study.name);
    by_center += ResultTableHtml(results, metric, styles, study.name);
  }
  if (several) Append(html, {"<h3>Backbone by method</h3>\n", by_backbone});
  html += "<h3>Left-out center by method</h3>\n";
  html += several ? Details("Each backbone on each center", by_center) : by_center;
  html += Note(TestedText(results.protocol));
  html += Note(
      "Lines of centers: mean ± sample standard deviation over seeds. Mean of centers: ± over the "
      "centers' means. Bold: the best of a line as shown. –: undefined, for example the AUROC of "
      "a center with one class.");
  html += PublishedHtml(results);
  html += "<h3>Per center</h3>\n";
  const std::string bars =
      FigureGrid(Kept(CenterFigures(results, styles), page), "",
                 "Bars: mean over seeds of each left-out center. Whiskers: one standard deviation "
                 "over seeds.");
  html += several ? Details("Each backbone on each center, drawn", bars) : bars;
  return html + CurvesHtml(results, study, styles, page);
}

std::string JoiningSection(const std::vector<TaskResults>& blocks, const StudyRecord& study,
                           const MethodStyles& styles, Page& page) {
  std::string blocks_html;
  for (const TaskResults& results : blocks) {
    blocks_html += JoiningHtml(results, study, styles, page);
  }
  const std::vector<Figure> cosines = Kept(CosineFigures(study, styles), page);
  if (blocks_html.empty() && cosines.empty()) return "";
  std::string html = SectionHeading("joining", "Does joining help?");
  if (!blocks_html.empty()) {
    html += Note(
        "Each site's model trained alone against the federated model that it took part in, both "
        "on images that neither saw. Difference: federated minus alone, the mean over their "
        "centers or folds, with the 95\u00A0% interval of the paired t-test over them; where lower "
        "is better, a negative one is a gain. Of many intervals one in twenty misses by chance, "
        "and "
        "those of few centers are wide.");
  }
  html += blocks_html;
  if (!cosines.empty()) {
    html += "<h3>Do sites pull in one direction?</h3>\n";
    html += FigureGrid(cosines, "",
                       "Cosine between the updates of the backbone that two sites sent in a round, "
                       "the mean over pairs and over a method's trainings. Near 1 they agree, near "
                       "0 they are unrelated, below 0 they undo each other's work.");
  }
  return html;
}

std::string ComparisonsSection(const std::vector<TaskResults>& blocks, const StudyRecord& study,
                               Page& page) {
  std::string html;
  for (const TaskResults& results : blocks) {
    std::vector<Row> rows;
    std::copy_if(study.summary.rows.begin(), study.summary.rows.end(), std::back_inserter(rows),
                 [&](const Row& row) { return row.protocol == results.protocol; });
    const Table table = ComparisonTable(CompareWithBaseline(rows), results.task);
    if (table.rows.empty()) continue;
    Append(html, {"<h3>", EscapeHtml(BlockTitle(results)), "</h3>\n"});
    html += KeptTable(BlockName("tests", results), table, page);
  }
  if (html.empty()) return "";
  return SectionHeading("tests", Concat({"Compared with ", kBaseline})) + html +
         Note(
             "Paired over left-out centers, or over backbones. Difference: method minus "
             "baseline, with the 95\u00A0% interval of the paired t-test. p: two-sided; Holm: "
             "corrected over the methods of a metric. Wilcoxon: exact signed-rank test. d_z: "
             "difference in standard deviations of the differences. One-sided p-values and the "
             "F-test are in summary.json. Trainings that leave out different centers share most "
             "of their images, so p-values are too small rather than too large.");
}

std::string LearningSection(const StudyRecord& study, const MethodStyles& styles, Page& page) {
  const std::vector<Figure> figures = Kept(LearningFigures(study, styles), page);
  if (figures.empty()) return "";
  return SectionHeading("learning", "Learning curves") +
         FigureGrid(figures, "",
                    "The mean over the trainings of a method (seeds, left-out centers; of local "
                    "its sites) that reached the step. Losses of methods with different tasks are "
                    "sums over different tasks: compare courses, not heights.");
}

std::string CostSection(const StudyRecord& study, Page& page) {
  const Table table = CostTable(study.trainings);
  if (table.rows.empty()) return "";
  return SectionHeading("cost", "Time and communication") + KeptTable("cost", table, page) +
         Note(
             "Means per training. Time: of training and validation, on the machine of the study, "
             "without waiting for other trainings; where several ran at once they shared it. "
             "Bytes: models that sites fetched and updates that they sent, of all sites together, "
             "as encoded for the network; –: nothing travels, or nobody counted (real processes).");
}

}  // namespace consilium
