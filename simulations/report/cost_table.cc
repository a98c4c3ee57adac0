#include "simulations/report/cost_table.h"

#include "simulations/report/number_text.h"
#include "simulations/statistics/descriptive.h"

#include <algorithm>

namespace consilium {
namespace {

struct Costs {
  std::string method, backbone;
  std::size_t trainings = 0;
  std::vector<double> steps, seconds, to_sites, from_sites;
};

std::string MeanText(const std::vector<double>& values, int digits) {
  const std::optional<double> mean = Mean(values);
  return mean ? FixedText(*mean, digits) : "–";
}

std::string SumText(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return values.empty() ? "–" : FixedText(sum / 60, 1);
}

void Add(const std::optional<std::uint64_t>& bytes, std::vector<double>& megabytes) {
  if (bytes) megabytes.push_back(static_cast<double>(*bytes) / 1e6);
}

}  // namespace

Table CostTable(std::span<const TrainingRecord> trainings) {
  std::vector<Costs> list;
  for (const TrainingRecord& training : trainings) {
    auto found = std::find_if(list.begin(), list.end(), [&](const Costs& costs) {
      return costs.method == training.method && costs.backbone == training.backbone;
    });
    if (found == list.end()) {
      list.emplace_back();
      found = list.end() - 1;
      found->method = training.method;
      found->backbone = training.backbone;
    }
    ++found->trainings;
    found->steps.push_back(static_cast<double>(training.validation_loss.size()));
    if (training.seconds) found->seconds.push_back(*training.seconds);
    Add(training.bytes_to_sites, found->to_sites);
    Add(training.bytes_from_sites, found->from_sites);
  }
  Table table;
  table.header = {"method",       "backbone",       "trainings",   "epochs or rounds",
                  "seconds each", "minutes in all", "MB to sites", "MB from sites"};
  table.text_columns = 2;
  table.rows.reserve(list.size());
  for (const Costs& costs : list) {
    table.rows.push_back({costs.method, costs.backbone, std::to_string(costs.trainings),
                          MeanText(costs.steps, 1), MeanText(costs.seconds, 1),
                          SumText(costs.seconds), MeanText(costs.to_sites, 1),
                          MeanText(costs.from_sites, 1)});
  }
  return table;
}

}  // namespace consilium
