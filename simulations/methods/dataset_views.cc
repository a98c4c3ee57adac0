#include "simulations/methods/dataset_views.h"

#include "common/data/splits.h"

#include <ATen/ops/tensor.h>

namespace consilium {

std::shared_ptr<const Dataset> SingleTaskView(const Dataset& dataset, std::size_t task) {
  auto view = std::make_shared<Dataset>();
  view->tasks = {dataset.tasks[task]};
  view->images = dataset.images;
  view->samples.reserve(dataset.samples.size());
  for (const Sample& sample : dataset.samples) {
    view->samples.push_back({sample.image, sample.patient, sample.center, {sample.labels[task]}});
  }
  return view;
}

std::map<std::string, std::shared_ptr<const Dataset>> CenterDatasets(const Dataset& dataset) {
  std::map<std::string, std::shared_ptr<const Dataset>> centers;
  for (const auto& [center, indices] : GroupByCenter(dataset)) {
    auto part = std::make_shared<Dataset>();
    part->tasks = dataset.tasks;
    for (const std::int64_t i : indices) {
      part->samples.push_back(dataset.samples[static_cast<std::size_t>(i)]);
    }
    const auto count = static_cast<std::int64_t>(indices.size());
    const bool together = indices.back() - indices.front() + 1 == count;
    part->images = together ? dataset.images.narrow(0, indices.front(), count)
                            : dataset.images.index_select(0, at::tensor(indices));
    centers[center] = std::move(part);
  }
  return centers;
}

}  // namespace consilium
