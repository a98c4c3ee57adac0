/// The results of a study in the order of its tables: one block per protocol and task, with left-out
/// centers down and models across. Numbers are those of AggregateRows, as in summary.json.
/// Threads: pure.
#pragma once

#include "simulations/results/aggregate.h"

#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace consilium {

/// What is compared: a method on a backbone.
struct ModelKind {
  std::string method;
  std::string backbone;
  friend bool operator==(const ModelKind&, const ModelKind&) = default;
  friend bool operator<(const ModelKind& a, const ModelKind& b) {
    return std::tie(a.method, a.backbone) < std::tie(b.method, b.backbone);
  }
};

/// A metric that tables and figures show.
struct ShownMetric {
  std::string_view name;   ///< as in summary.json
  std::string_view title;  ///< for a person
  std::size_t index = 0;   ///< into ReportedMetrics()
  bool higher_is_better = true;
  double least = 0;  ///< no value lies below, nor above `most`
  double most = 1;
};

struct TaskResults {
  std::string protocol;
  std::string task;
  std::vector<std::string> centers;
  std::vector<ModelKind> models;     ///< in order of first appearance
  std::vector<ShownMetric> metrics;  ///< those that mean something for this task
  std::vector<AggregateRow> aggregates;

  /// `center` empty: over all centers. nullptr if there is no such result.
  const AggregateRow* Find(const std::optional<std::string>& center, const ModelKind& model) const;
  /// As tables show it: over seeds for a center, over centers for all of them.
  static std::optional<double> Deviation(const AggregateRow& aggregate, const ShownMetric& metric);
  std::vector<std::string> Methods() const;  ///< in order of first appearance
  std::vector<std::string> Backbones() const;
};

std::vector<TaskResults> ResultsOf(const Summary& summary);

/// "stl", or "stl resnet18" where a study has several backbones.
std::string LabelOf(const ModelKind& model, const TaskResults& results);

}  // namespace consilium
