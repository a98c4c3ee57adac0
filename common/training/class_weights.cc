#include "common/training/class_weights.h"

#include <torch/types.h>

#include <numeric>

namespace consilium {
namespace {

void AppendWeights(const std::vector<std::int64_t>& counts, std::vector<double>& weights) {
  const auto all = static_cast<double>(std::accumulate(counts.begin(), counts.end(), 0LL));
  for (const std::int64_t count : counts) {
    const double expected = static_cast<double>(counts.size()) * static_cast<double>(count);
    weights.push_back(count > 0 ? all / expected : 0);
  }
}

}  // namespace

std::vector<torch::Tensor> InverseFrequencyWeights(const Dataset& dataset, const Indices& indices) {
  std::vector<torch::Tensor> result;
  for (std::size_t task = 0; task < dataset.tasks.size(); ++task) {
    const TaskSpec& spec = dataset.tasks[task];
    std::vector<double> weights;
    if (spec.kind == TaskKind::kClasses) {
      AppendWeights(CountClasses(dataset, indices, task), weights);
    } else {
      for (std::size_t group = 0; group < spec.groups.size(); ++group) {
        AppendWeights(CountClasses(dataset, indices, task, group), weights);
      }
    }
    result.push_back(spec.kind == TaskKind::kZones ? torch::Tensor()
                                                   : torch::tensor(weights, torch::kFloat64));
  }
  return result;
}

}  // namespace consilium
