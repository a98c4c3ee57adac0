#include "common/training/evaluate.h"

#include "common/nn/torch_guard.h"
#include "common/training/batch_feeder.h"
#include "common/training/memory_layout.h"

#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>

namespace consilium {
namespace {

/// Raw outputs -> what a person reads.
torch::Tensor Interpreted(const TaskSpec& task, const torch::Tensor& outputs) {
  switch (task.kind) {
    case TaskKind::kClasses:
      return torch::softmax(outputs, 1);
    case TaskKind::kZones:
      return outputs;
    case TaskKind::kZoneGroups:
      break;
  }
  std::vector<torch::Tensor> groups;
  std::int64_t first = 0;
  for (const ZoneGroup& group : task.groups) {
    const auto classes = static_cast<std::int64_t>(group.thresholds.size()) + 1;
    groups.push_back(torch::softmax(outputs.slice(1, first, first + classes), 1));
    first += classes;
  }
  return torch::cat(groups, 1);
}

/// Cross-entropy of a probability; one that rounds to 0 counts as the smallest float.
double CrossEntropy(float probability) {
  if (std::isnan(probability)) return probability;
  return -std::log(static_cast<double>(std::max(probability, std::numeric_limits<float>::min())));
}

double SquaredError(std::span<const float> predicted, const std::vector<int>& truth) {
  double sum = 0;
  for (std::size_t z = 0; z < truth.size(); ++z) {
    const double difference = static_cast<double>(predicted[z]) - truth[z];
    sum += difference * difference;
  }
  return sum / static_cast<double>(truth.size());
}

void CountImage(const TaskSpec& task, std::span<const float> predicted,
                const std::vector<int>& label, TaskCounts& counts) {
  ++counts.n;
  switch (task.kind) {
    case TaskKind::kClasses:
      CountClassification(counts.classifications[0], label[0], predicted);
      counts.loss_sum += CrossEntropy(predicted[label[0]]);
      return;
    case TaskKind::kZones:
      CountZones(counts, task.levels, predicted, label);
      counts.loss_sum += SquaredError(predicted, label);
      return;
    case TaskKind::kZoneGroups:
      break;
  }
  std::size_t first = 0;
  for (std::size_t g = 0; g < task.groups.size(); ++g) {
    const int truth = GroupClass(task.groups[g], label);
    const auto probabilities = predicted.subspan(first, task.groups[g].thresholds.size() + 1);
    CountClassification(counts.classifications[g], truth, probabilities);
    counts.loss_sum += CrossEntropy(probabilities[truth]);
    first += probabilities.size();
  }
}

}  // namespace

Result<Predictions> Predict(MultiTaskNet net, const Dataset& dataset, const Indices& indices,
                            const EvaluateOptions& options) {
  return GuardTorch("evaluation", [&]() -> Result<Predictions> {
    const torch::NoGradGuard no_gradient;
    net->to(options.device);
    ArrangeWeights(*net);
    net->eval();
    Predictions predictions;
    const auto count = static_cast<std::int64_t>(indices.size());
    for (const TaskSpec& task : dataset.tasks) {
      predictions.push_back(torch::empty({count, OutputWidth(task)}, torch::kFloat32));
    }
    const std::int64_t batch_size = std::max(options.batch_size, 1);
    std::vector<std::span<const std::int64_t>> batches;
    batches.reserve(indices.size() / static_cast<std::size_t>(batch_size) + 1);
    for (std::int64_t first = 0; first < count; first += batch_size) {
      batches.push_back(std::span(indices).subspan(first, std::min(batch_size, count - first)));
    }
    const torch::ScalarType type = ComputeType(*net);
    BatchFeeder feeder(dataset, batches, {},
                       {1, options.device, {type, LayoutFor(type), net->input()}});
    std::int64_t first = 0;
    for (std::size_t step = 0; step < batches.size(); ++step) {
      if (options.interrupt != nullptr && options.interrupt->Requested()) {
        return Cancelled("evaluation: interrupted");
      }
      CONSILIUM_ASSIGN_OR_RETURN(const Batch batch, feeder.Next());
      const std::vector<torch::Tensor> outputs = net->forward(batch.images);
      for (std::size_t j = 0; j < outputs.size(); ++j) {
        predictions[j]
            .slice(0, first, first + batch.images.size(0))
            .copy_(Interpreted(dataset.tasks[j], outputs[j]));
      }
      first += batch.images.size(0);
    }
    return predictions;
  });
}

std::vector<TaskCounts> CountPredictions(const Dataset& dataset, const Indices& indices,
                                         const Predictions& predictions) {
  std::vector<TaskCounts> result;
  for (std::size_t j = 0; j < dataset.tasks.size(); ++j) {
    const TaskSpec& task = dataset.tasks[j];
    const torch::Tensor rows = predictions[j].contiguous();
    const auto width = static_cast<std::size_t>(OutputWidth(task));
    TaskCounts counts = EmptyCounts(task);
    for (std::size_t i = 0; i < indices.size(); ++i) {
      const std::vector<int>& label = dataset.samples[indices[i]].labels[j];
      if (label.empty()) continue;
      CountImage(task, {rows.data_ptr<float>() + i * width, width}, label, counts);
    }
    result.push_back(std::move(counts));
  }
  return result;
}

Result<std::vector<TaskCounts>> Evaluate(MultiTaskNet net, const Dataset& dataset,
                                         const Indices& indices, const EvaluateOptions& options) {
  CONSILIUM_ASSIGN_OR_RETURN(const Predictions predictions,
                             Predict(std::move(net), dataset, indices, options));
  return CountPredictions(dataset, indices, predictions);
}

}  // namespace consilium
