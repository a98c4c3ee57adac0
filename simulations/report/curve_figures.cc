#include "simulations/report/figures.h"
#include "simulations/report/line_chart.h"
#include "simulations/report/markup.h"
#include "simulations/report/mean_curves.h"
#include "simulations/report/number_text.h"
#include "simulations/statistics/calibration.h"
#include "simulations/statistics/descriptive.h"

#include <map>
#include <set>

namespace consilium {
namespace {

constexpr double kWide = 500;
constexpr double kSquare = 420;
constexpr double kSmall = 250;

std::string NameOf(std::string_view kind, const TaskResults& results, std::string_view what) {
  return Concat(
      {kind, "_", PlainName(results.protocol), "_", PlainName(results.task), "_", PlainName(what)});
}

/// The models of one method on all its backbones, and on one center if given, that have predictions.
std::vector<const BinaryScores*> ScoresOf(const TaskResults& results, const StudyRecord& study,
                                          const std::string& method, const std::string* center) {
  std::vector<const BinaryScores*> found;
  for (const ScoredCenter& scored : study.scored) {
    if (scored.protocol == results.protocol && scored.task == results.task &&
        scored.method == method && (center == nullptr || scored.left_out == *center)) {
      found.push_back(&scored.scores);
    }
  }
  return found;
}

std::string AurocText(const TaskResults& results, const std::optional<std::string>& center,
                      const std::string& method) {
  std::vector<double> means;
  for (const ShownMetric& metric : results.metrics) {
    if (metric.name != "auroc") continue;
    for (const std::string& backbone : results.Backbones()) {
      const AggregateRow* const found = results.Find(center, {method, backbone});
      if (found != nullptr && found->metrics[metric.index].mean) {
        means.push_back(*found->metrics[metric.index].mean);
      }
    }
  }
  const std::optional<double> mean = Mean(means);
  return mean ? FixedText(*mean, kShownDigits) : "–";
}

LineChart RocChart(const TaskResults& results, const StudyRecord& study, const MethodStyles& styles,
                   const std::string* center) {
  LineChart chart;
  chart.id = NameOf("roc", results, center == nullptr ? "mean" : *center);
  chart.title = center == nullptr ? "ROC, all left-out centers" : *center;
  chart.description = Concat(
      {"Receiver operating characteristic of ", results.task,
       center == nullptr ? ", the mean over all models of each method." : ", left-out center ",
       center == nullptr ? "" : *center});
  chart.x_name = "false positive rate";
  chart.y_name = "true positive rate";
  chart.unit_square = true;
  chart.width = center == nullptr ? kSquare : kSmall;
  chart.legend = center == nullptr;
  for (const std::string& method : results.Methods()) {
    const std::vector<double> rates = MeanRoc(ScoresOf(results, study, method, center));
    if (rates.empty()) continue;
    Curve curve;
    curve.points.push_back({0, 0});
    for (std::size_t step = 0; step < rates.size(); ++step) {
      curve.points.push_back(
          {static_cast<double>(step) / static_cast<double>(kRocSteps - 1), rates[step]});
    }
    const std::optional<std::string> left_out =
        center == nullptr ? std::nullopt : std::optional(*center);
    curve.label = Concat({method, ", AUROC ", AurocText(results, left_out, method)});
    curve.style = styles.Of(method);
    chart.curves.push_back(std::move(curve));
  }
  return chart;
}

std::optional<Curve> CalibrationCurve(const std::vector<const BinaryScores*>& models,
                                      const std::string& label) {
  BinaryScores all;
  for (const BinaryScores* model : models) {
    all.probabilities.insert(all.probabilities.end(), model->probabilities.begin(),
                             model->probabilities.end());
    all.outcomes.insert(all.outcomes.end(), model->outcomes.begin(), model->outcomes.end());
  }
  const Result<Calibration> calibration =
      Calibrate(all.probabilities, all.outcomes, CalibrationOptions{.bins = 10});
  if (!calibration.ok() || !calibration->ece || !calibration->brier) return std::nullopt;
  Curve curve;
  curve.label = Concat({label, ", ECE ", FixedText(*calibration->ece, kShownDigits), ", Brier ",
                        FixedText(*calibration->brier, kShownDigits)});
  for (const ReliabilityPoint& bin : calibration->curve) {
    curve.points.push_back({bin.mean_probability, bin.observed});
    curve.hovers.push_back(Concat({label, ": ", std::to_string(bin.n), " images, predicted ",
                                   FixedText(bin.mean_probability, kShownDigits), ", positive ",
                                   FixedText(bin.observed, kShownDigits)}));
  }
  return curve;
}

Curve MeanCurveOf(const std::string& method, const std::vector<const LearningCurve*>& trainings) {
  Curve curve;
  curve.label = method;
  const MeanCurve mean = MeanOfCurves(trainings);
  for (std::size_t step = 0; step < mean.mean.size(); ++step) {
    if (!mean.mean[step]) continue;
    curve.points.push_back({static_cast<double>(step + 1), *mean.mean[step]});
    curve.hovers.push_back(
        Concat({method, ", step ", std::to_string(step + 1), ": ",
                FixedText(*mean.mean[step], kShownDigits), ", ", std::to_string(mean.counts[step]),
                mean.counts[step] == 1 ? " training" : " trainings"}));
  }
  // Markers on every step would hide the line of a long training.
  if (curve.points.size() > 30) curve.hovers.clear();
  return curve;
}

struct CurveFigureText {
  std::string_view kind, title, description, x_name, y_name;
  std::optional<std::pair<double, double>> y_range = {};
};

/// Per backbone a chart with the mean curve of each method that has one.
std::vector<Figure> TrainingFigures(const StudyRecord& study, const MethodStyles& styles,
                                    LearningCurve TrainingRecord::*member,
                                    const CurveFigureText& text) {
  std::map<std::string, std::map<std::string, std::vector<const LearningCurve*>>> trainings;
  for (const TrainingRecord& training : study.trainings) {
    trainings[training.backbone][training.method].push_back(&(training.*member));
  }
  std::vector<Figure> figures;
  for (const auto& [backbone, methods] : trainings) {
    LineChart chart;
    chart.id = Concat({text.kind, "_", PlainName(backbone)});
    chart.title = Concat({text.title, ", ", backbone});
    chart.description = Concat({text.description, " Backbone: ", backbone, "."});
    chart.x_name = text.x_name;
    chart.y_name = text.y_name;
    chart.width = kWide;
    chart.whole_x = true;
    chart.y_range = text.y_range;
    for (const auto& [method, curves] : methods) {
      Curve curve = MeanCurveOf(method, curves);
      curve.style = styles.Of(method);
      if (!curve.points.empty()) chart.curves.push_back(std::move(curve));
    }
    if (!chart.curves.empty()) figures.push_back({chart.id, DrawLineChart(chart)});
  }
  return figures;
}

}  // namespace

std::vector<Figure> RocFigures(const TaskResults& results, const StudyRecord& study,
                               const MethodStyles& styles) {
  std::vector<Figure> figures;
  const LineChart mean = RocChart(results, study, styles, nullptr);
  if (mean.curves.empty()) return figures;
  figures.push_back({mean.id, DrawLineChart(mean)});
  std::set<std::string> taken = {mean.id};  // names may be the same once made plain
  for (const std::string& center : results.centers) {
    LineChart chart = RocChart(results, study, styles, &center);
    while (!taken.insert(chart.id).second) chart.id += '_';
    if (!chart.curves.empty()) figures.push_back({chart.id, DrawLineChart(chart)});
  }
  return figures;
}

std::vector<Figure> CalibrationFigures(const TaskResults& results, const StudyRecord& study,
                                       const MethodStyles& styles) {
  LineChart chart;
  chart.id = NameOf("calibration", results, "all");
  chart.title = "Calibration";
  chart.description = Concat({"Calibration of ", results.task,
                              ": share of positive images against the mean predicted probability, "
                              "in ten bins, all left-out images of a method's models together."});
  chart.x_name = "predicted probability";
  chart.y_name = "share of positive images";
  chart.unit_square = true;
  chart.width = kSquare;
  for (const std::string& method : results.Methods()) {
    std::optional<Curve> curve =
        CalibrationCurve(ScoresOf(results, study, method, nullptr), method);
    if (!curve) continue;
    curve->style = styles.Of(method);
    chart.curves.push_back(std::move(*curve));
  }
  if (chart.curves.empty()) return {};
  return {{chart.id, DrawLineChart(chart)}};
}

std::vector<Figure> LearningFigures(const StudyRecord& study, const MethodStyles& styles) {
  return TrainingFigures(study, styles, &TrainingRecord::validation_loss,
                         {"learning", "Validation loss",
                          "Validation loss after each epoch or round, the mean over each method's "
                          "trainings.",
                          "epoch or round", "validation loss"});
}

std::vector<Figure> CosineFigures(const StudyRecord& study, const MethodStyles& styles) {
  return TrainingFigures(study, styles, &TrainingRecord::update_cosine,
                         {"cosine", "Agreement of sites",
                          "Mean cosine between the updates of the backbone that two sites sent in "
                          "a round, the mean over each method's trainings.",
                          "round", "cosine", std::pair(0.0, 1.0)});
}

}  // namespace consilium
