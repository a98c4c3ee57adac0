#include "simulations/methods/dataset_views.h"

#include <ATen/ops/tensor.h>

#include <algorithm>
#include <iterator>

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

std::shared_ptr<const Dataset> PartOf(const Dataset& dataset, const Indices& indices) {
  auto part = std::make_shared<Dataset>();
  part->tasks = dataset.tasks;
  part->samples.reserve(indices.size());
  for (const std::int64_t i : indices) {
    part->samples.push_back(dataset.samples[static_cast<std::size_t>(i)]);
  }
  const auto count = static_cast<std::int64_t>(indices.size());
  const bool together = indices.back() - indices.front() + 1 == count;
  part->images = together ? dataset.images.narrow(0, indices.front(), count)
                          : dataset.images.index_select(0, at::tensor(indices));
  return part;
}

Indices TrainingAndValidation(const Split& split) {
  Indices all;
  std::merge(split.train.begin(), split.train.end(), split.validation.begin(),
             split.validation.end(), std::back_inserter(all));
  return all;
}

Split SplitInside(const Split& split, const Indices& images) {
  const auto inside = [&](const Indices& part) {
    Indices places;
    places.reserve(part.size());
    for (const std::int64_t i : part) {
      places.push_back(std::lower_bound(images.begin(), images.end(), i) - images.begin());
    }
    return places;
  };
  return {inside(split.train), inside(split.validation)};
}

std::map<std::string, std::shared_ptr<const Dataset>> CenterDatasets(const Dataset& dataset) {
  std::map<std::string, std::shared_ptr<const Dataset>> centers;
  for (const auto& [center, indices] : GroupByCenter(dataset)) {
    centers[center] = PartOf(dataset, indices);
  }
  return centers;
}

}  // namespace consilium
