#include "simulations/results/aggregate.h"

#include "simulations/statistics/descriptive.h"

#include <algorithm>
#include <map>
#include <set>

namespace consilium {
namespace {

template <typename T>
void AddOnce(std::vector<T>& list, const T& item) {
  if (std::find(list.begin(), list.end(), item) == list.end()) list.push_back(item);
}

template <typename Key>
std::vector<double> MeansBy(const std::map<Key, std::vector<double>>& groups) {
  std::vector<double> means;
  for (const auto& [key, values] : groups) {
    if (const auto mean = Mean(values)) means.push_back(*mean);
  }
  return means;
}

/// Rows of one method and task, of one center or of all.
MetricSummary Summarise(std::span<const Row* const> rows, const NamedMetric& metric) {
  std::map<std::pair<std::string, std::uint64_t>, std::vector<double>> pairs;
  for (const Row* row : rows) {
    if (const auto value = row->metrics.*metric.member) {
      pairs[{row->left_out, row->seed}].push_back(*value);
    }
  }
  std::map<std::string, std::vector<double>> centers;
  std::map<std::uint64_t, std::vector<double>> seeds;
  for (const auto& [key, values] : pairs) {
    const double value = *Mean(values);
    centers[key.first].push_back(value);
    seeds[key.second].push_back(value);
  }
  const std::vector<double> center_means = MeansBy(centers);
  return {Mean(center_means), SampleDeviation(center_means), SampleDeviation(MeansBy(seeds))};
}

AggregateRow MakeAggregate(std::span<const Row* const> rows, std::optional<std::string> left_out) {
  AggregateRow aggregate;
  aggregate.method = rows.front()->method;
  aggregate.backbone = rows.front()->backbone;
  aggregate.task = rows.front()->task;
  aggregate.left_out = std::move(left_out);
  std::map<std::string, std::int64_t> test_images;
  std::set<std::uint64_t> seeds;
  for (const Row* row : rows) {
    test_images[row->left_out] = row->n_test;
    seeds.insert(row->seed);
  }
  aggregate.n_centers = static_cast<int>(test_images.size());
  aggregate.n_seeds = static_cast<int>(seeds.size());
  for (const auto& [center, n] : test_images) aggregate.n_test += n;
  for (const NamedMetric& metric : ReportedMetrics()) {
    aggregate.metrics.push_back(Summarise(rows, metric));
  }
  return aggregate;
}

}  // namespace

std::vector<AggregateRow> AggregateRows(std::span<const Row> rows) {
  std::vector<std::string> tasks;
  std::vector<std::string> centers;
  std::vector<std::pair<std::string, std::string>> models;  // method, backbone
  for (const Row& row : rows) {
    AddOnce(tasks, row.task);
    AddOnce(centers, row.left_out);
    AddOnce(models, {row.method, row.backbone});
  }
  std::sort(centers.begin(), centers.end());
  std::vector<AggregateRow> aggregates;
  const auto add = [&](const std::string& task, const std::optional<std::string>& center) {
    for (const auto& [method, backbone] : models) {
      std::vector<const Row*> chosen;
      for (const Row& row : rows) {
        if (row.task == task && row.method == method && row.backbone == backbone &&
            (!center || row.left_out == *center)) {
          chosen.push_back(&row);
        }
      }
      if (!chosen.empty()) aggregates.push_back(MakeAggregate(chosen, center));
    }
  };
  for (const std::string& task : tasks) {
    for (const std::string& center : centers) add(task, center);
    add(task, std::nullopt);
  }
  return aggregates;
}

}  // namespace consilium
