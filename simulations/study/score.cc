#include "simulations/study/score.h"

#include "simulations/results/summary_file.h"

#include <cstdio>

namespace consilium {
namespace {

/// "0.25 0.75": nine digits tell every float from its neighbours.
std::string JoinedValues(const torch::Tensor& row) {
  std::string text;
  const float* values = row.data_ptr<float>();
  for (std::int64_t i = 0; i < row.numel(); ++i) {
    char number[32];
    std::snprintf(number, sizeof(number), "%.9g", static_cast<double>(values[i]));
    if (i > 0) text += ' ';
    text += number;
  }
  return text;
}

void AppendPredictions(const Dataset& dataset, const Indices& test, std::size_t task,
                       const torch::Tensor& predicted, std::string& csv) {
  const TaskSpec& spec = dataset.tasks[task];
  const torch::Tensor values = predicted.contiguous();
  for (std::size_t n = 0; n < test.size(); ++n) {
    const Sample& sample = dataset.samples[static_cast<std::size_t>(test[n])];
    if (sample.labels[task].empty()) continue;
    csv += CsvField(sample.image) + "," + CsvField(sample.center) + "," + CsvField(spec.id.str()) +
           "," + CsvField(FormatLabel(spec, sample.labels[task])) + "," +
           JoinedValues(values[static_cast<std::int64_t>(n)]) + "\n";
  }
}

}  // namespace

ScoredModel Score(Row row, std::string name, const Dataset& dataset, const Indices& test,
                  const Predictions& predictions) {
  ScoredModel scored;
  scored.name = std::move(name);
  scored.predictions_csv = "image,center,task,label,probabilities\n";
  const std::vector<TaskCounts> counts = CountPredictions(dataset, test, predictions);
  for (std::size_t j = 0; j < dataset.tasks.size(); ++j) {
    if (counts[j].n == 0) continue;
    row.task = dataset.tasks[j].id.str();
    row.n_test = counts[j].n;
    row.metrics = ComputeMetrics(counts[j]);
    scored.rows.push_back(row);
    AppendPredictions(dataset, test, j, predictions[j], scored.predictions_csv);
  }
  return scored;
}

}  // namespace consilium
