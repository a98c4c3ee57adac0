#include "site_client/site_declaration.h"

#include "common/federation/participation.h"

#include <algorithm>

namespace consilium {
namespace {

std::vector<ClassHolding> ClassesOf(const Dataset& data, const Split& split, std::size_t task) {
  const TaskSpec& spec = data.tasks[task];
  if (spec.kind != TaskKind::kClasses) return {};
  const std::vector<std::int64_t> counts = CountClasses(data, split.train, task);
  std::vector<ClassHolding> classes;
  classes.reserve(counts.size());
  for (std::size_t i = 0; i < counts.size(); ++i) classes.push_back({spec.classes[i], counts[i]});
  return classes;
}

std::vector<TaskHolding> HoldingsOf(const Dataset& data, const Split& split) {
  std::vector<TaskHolding> holdings;
  for (std::size_t j = 0; j < data.tasks.size(); ++j) {
    const std::int64_t train = CountLabelled(data, split.train, j);
    const std::int64_t validation = CountLabelled(data, split.validation, j);
    const std::int64_t set_aside = CountSetAside(data, j);
    const bool evaluated = split.train.empty() && validation > 0;
    if (train == 0 && set_aside == 0 && !evaluated) continue;
    const TaskSpec& task = data.tasks[j];
    holdings.push_back({task.id, train, validation, set_aside, ClassesOf(data, split, j),
                        task.zones, task.levels});
  }
  return holdings;
}

}  // namespace

SiteDeclaration Declare(const SiteId& site, const Dataset& data, const Split& split,
                        const std::string& layout_fingerprint) {
  SiteDeclaration declaration;
  declaration.site = site;
  declaration.train_images = static_cast<std::int64_t>(split.train.size());
  declaration.tasks = HoldingsOf(data, split);
  declaration.layout_fingerprint = layout_fingerprint;
  declaration.set_aside = static_cast<std::int64_t>(data.set_aside.size());
  const bool any_image = data.images.defined() && data.images.dim() == 3;
  declaration.image_size = any_image ? static_cast<int>(data.images.size(1)) : 0;
  declaration.channels = any_image ? kImageChannels : 0;
  return declaration;
}

bool AnyLabel(const SiteDeclaration& declaration, bool evaluates) {
  return std::ranges::any_of(declaration.tasks, [&](const TaskHolding& one) {
    return (evaluates ? one.validation : one.train) > 0;
  });
}

}  // namespace consilium
