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

std::shared_ptr<const Dataset> OneTaskLabelsView(const Dataset& dataset, std::size_t task) {
  auto view = std::make_shared<Dataset>(dataset);
  for (Sample& sample : view->samples) {
    for (std::size_t j = 0; j < sample.labels.size(); ++j) {
      if (j != task) sample.labels[j].clear();
    }
  }
  return view;
}

std::shared_ptr<const Dataset> ZeroFilledView(const Dataset& dataset) {
  auto view = std::make_shared<Dataset>(dataset);
  const auto is_missing = [](const std::vector<int>& label) { return label.empty(); };
  for (Sample& sample : view->samples) {
    if (std::ranges::all_of(sample.labels, is_missing)) continue;
    for (std::size_t j = 0; j < sample.labels.size(); ++j) {
      if (!sample.labels[j].empty()) continue;
      sample.labels[j].assign(static_cast<std::size_t>(LabelWidth(dataset.tasks[j])), 0);
    }
  }
  return view;
}

Indices WithEveryLabel(const Dataset& dataset, const Indices& indices) {
  Indices labelled;
  for (const std::int64_t i : indices) {
    const auto& labels = dataset.samples[static_cast<std::size_t>(i)].labels;
    if (std::ranges::none_of(labels, [](const auto& label) { return label.empty(); })) {
      labelled.push_back(i);
    }
  }
  return labelled;
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
