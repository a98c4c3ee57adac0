#include "simulations/report/task_results.h"

#include <algorithm>
#include <array>
#include <limits>

namespace consilium {
namespace {

template <typename T>
void AddOnce(std::vector<T>& list, const T& item) {
  if (std::find(list.begin(), list.end(), item) == list.end()) list.push_back(item);
}

struct MetricText {
  std::string_view name, title;
  bool higher_is_better;
  double least, most;
};
constexpr double kUnbounded = std::numeric_limits<double>::infinity();
constexpr std::array<MetricText, 4> kOfClasses = {{{"accuracy", "Accuracy", true, 0, 1},
                                                   {"f1", "F1, weighted", true, 0, 1},
                                                   {"gmean", "G-mean", true, 0, 1},
                                                   {"auroc", "AUROC", true, 0, 1}}};
constexpr std::array<MetricText, 4> kOfZones = {
    {{"zone_accuracy", "Zone accuracy", true, 0, 1},
     {"l1", "L1 error per zone", false, 0, kUnbounded},
     {"mse", "Squared error per zone", false, 0, kUnbounded},
     {"correlation", "Correlation of the global score", true, -1, 1}}};

std::vector<ShownMetric> MetricsOf(const TaskResults& results, std::span<const Row> rows) {
  const bool classes = std::any_of(rows.begin(), rows.end(), [&](const Row& row) {
    return row.task == results.task && row.metrics.accuracy.has_value();
  });
  std::vector<ShownMetric> shown;
  for (const MetricText& text : classes ? kOfClasses : kOfZones) {
    for (std::size_t m = 0; m < ReportedMetrics().size(); ++m) {
      if (ReportedMetrics()[m].name == text.name) {
        shown.push_back({text.name, text.title, m, text.higher_is_better, text.least, text.most});
      }
    }
  }
  return shown;
}

TaskResults MakeResults(const std::string& protocol, const std::string& task,
                        std::span<const Row> rows) {
  TaskResults results;
  results.protocol = protocol;
  results.task = task;
  std::vector<Row> chosen;
  for (const Row& row : rows) {
    if (row.protocol != protocol || row.task != task) continue;
    AddOnce(results.centers, row.left_out);
    AddOnce(results.models, {row.method, row.backbone});
    chosen.push_back(row);
  }
  std::sort(results.centers.begin(), results.centers.end());
  // Models of one backbone side by side, backbones in order of first appearance.
  const std::vector<std::string> backbones = results.Backbones();
  const auto place = [&](const ModelKind& model) {
    return std::find(backbones.begin(), backbones.end(), model.backbone);
  };
  std::stable_sort(results.models.begin(), results.models.end(),
                   [&](const ModelKind& a, const ModelKind& b) { return place(a) < place(b); });
  results.metrics = MetricsOf(results, chosen);
  results.aggregates = AggregateRows(chosen);
  return results;
}

}  // namespace

const AggregateRow* TaskResults::Find(const std::optional<std::string>& center,
                                      const ModelKind& model) const {
  for (const AggregateRow& aggregate : aggregates) {
    if (aggregate.left_out == center && aggregate.method == model.method &&
        aggregate.backbone == model.backbone) {
      return &aggregate;
    }
  }
  return nullptr;
}

std::optional<double> TaskResults::Deviation(const AggregateRow& aggregate,
                                             const ShownMetric& metric) {
  const MetricSummary& summary = aggregate.metrics[metric.index];
  return aggregate.left_out ? summary.sd_seeds : summary.sd_centers;
}

std::vector<std::string> TaskResults::Methods() const {
  std::vector<std::string> methods;
  for (const ModelKind& model : models) AddOnce(methods, model.method);
  return methods;
}

std::vector<std::string> TaskResults::Backbones() const {
  std::vector<std::string> backbones;
  for (const ModelKind& model : models) AddOnce(backbones, model.backbone);
  return backbones;
}

std::vector<TaskResults> ResultsOf(const Summary& summary) {
  std::vector<std::pair<std::string, std::string>> blocks;
  for (const Row& row : summary.rows) AddOnce(blocks, {row.protocol, row.task});
  std::vector<TaskResults> results;
  results.reserve(blocks.size());
  for (const auto& [protocol, task] : blocks) {
    results.push_back(MakeResults(protocol, task, summary.rows));
  }
  return results;
}

std::string LabelOf(const ModelKind& model, const TaskResults& results) {
  if (results.Backbones().size() < 2) return model.method;
  std::string label = model.method;
  return label.append(" ").append(model.backbone);
}

}  // namespace consilium
