#include "common/data/dataset.h"

#include "common/base/check.h"

#include <algorithm>

namespace consilium {

std::int64_t CountLabelled(const Dataset& dataset, const Indices& indices, std::size_t task) {
  std::int64_t labelled = 0;
  for (const std::int64_t index : indices) {
    if (!dataset.samples[index].labels[task].empty()) ++labelled;
  }
  return labelled;
}

std::int64_t CountSetAside(const Dataset& dataset, std::size_t task) {
  return std::count_if(
      dataset.set_aside.begin(), dataset.set_aside.end(),
      [task](const SetAsideImage& image) { return !image.sample.labels[task].empty(); });
}

std::vector<std::int64_t> CountClasses(const Dataset& dataset, const Indices& indices,
                                       std::size_t task, std::size_t group) {
  const TaskSpec& spec = dataset.tasks[task];
  CONSILIUM_CHECK(spec.kind != TaskKind::kZones);
  const bool grouped = spec.kind == TaskKind::kZoneGroups;
  const std::size_t classes =
      grouped ? spec.groups[group].thresholds.size() + 1 : spec.classes.size();
  std::vector<std::int64_t> counts(classes, 0);
  for (const std::int64_t index : indices) {
    const std::vector<int>& label = dataset.samples[index].labels[task];
    if (label.empty()) continue;
    ++counts[grouped ? GroupClass(spec.groups[group], label) : label[0]];
  }
  return counts;
}

}  // namespace consilium
