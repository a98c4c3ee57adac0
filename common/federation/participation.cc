#include "common/federation/participation.h"

#include <algorithm>
#include <cstdio>
#include <set>

namespace consilium {
namespace {

bool IsCount(std::int64_t count) { return count >= 0 && count <= kMostCounted; }

bool AreCounts(const std::vector<std::int64_t>& counts) {
  return std::all_of(counts.begin(), counts.end(), IsCount);
}

bool CountsInRange(const TaskCounts& counts) {
  return IsCount(counts.n) &&
         std::all_of(counts.classifications.begin(), counts.classifications.end(),
                     [](const ClassCounts& part) {
                       return AreCounts(part.confusion) && AreCounts(part.negative_scores) &&
                              AreCounts(part.positive_scores);
                     }) &&
         std::all_of(counts.zones.begin(), counts.zones.end(),
                     [](const ZoneCounts& zone) { return IsCount(zone.n) && IsCount(zone.exact); });
}

bool Contains(const std::vector<SiteId>& sites, const SiteId& site) {
  return std::find(sites.begin(), sites.end(), site) != sites.end();
}

std::string ShortNumber(double value) {
  char text[32];
  std::snprintf(text, sizeof(text), "%.4g", value);
  return text;
}

/// The site's classes against the run's, in order.
Status CheckClasses(const std::vector<std::string>& expected, const TaskHolding& holding) {
  if (holding.classes.empty()) return OkStatus();
  if (holding.classes.size() != expected.size()) {
    return InvalidArgument("classes: " + std::to_string(holding.classes.size()) +
                           ", expected the run's " + std::to_string(expected.size()));
  }
  std::int64_t all = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const ClassHolding& one = holding.classes[i];
    if (one.name != expected[i]) {
      return InvalidArgument("classes: number " + std::to_string(i + 1) + " is '" + one.name +
                             "', expected the run's '" + expected[i] + "'");
    }
    if (!IsCount(one.train)) return InvalidArgument("classes: expected 0 to 2^40 images of each");
    all += one.train;
  }
  if (all == holding.train) return OkStatus();
  return InvalidArgument("classes: " + std::to_string(all) + " training images, expected " +
                         std::to_string(holding.train) + " as in train");
}

/// What the site means by its labels against what the run means.
Status CheckMeaning(const TaskSpec& task, const TaskHolding& holding) {
  CONSILIUM_RETURN_IF_ERROR(CheckClasses(task.classes, holding));
  const bool same_zones = holding.zones == 0 || holding.zones == task.zones;
  const bool same_levels = holding.levels == 0 || holding.levels == task.levels;
  if (same_zones && same_levels) return OkStatus();
  return InvalidArgument("zones: " + std::to_string(holding.zones) + " of " +
                         std::to_string(holding.levels) + " levels, expected the run's " +
                         std::to_string(task.zones) + " of " + std::to_string(task.levels));
}

Status CheckImages(const SiteDeclaration& declaration, int image_size) {
  if (declaration.image_size != 0 && declaration.image_size != image_size) {
    return InvalidArgument("image_size: its images have " + std::to_string(declaration.image_size) +
                           " pixels a side, expected the run's " + std::to_string(image_size));
  }
  if (declaration.channels == 0 || declaration.channels == kImageChannels) return OkStatus();
  return InvalidArgument("channels: its images have " + std::to_string(declaration.channels) +
                         ", expected " + std::to_string(kImageChannels));
}

/// What may be the cause of too few images.
std::string SetAsideText(const SiteDeclaration& declaration) {
  if (declaration.set_aside == 0) return "";
  return "; " + std::to_string(declaration.set_aside) +
         " images are set aside because they cannot be read";
}

Status CheckObstacle(SiteObstacle obstacle) {
  switch (obstacle) {
    case SiteObstacle::kNone:
      break;
    case SiteObstacle::kData:
      return InvalidArgument(
          "data: cannot be prepared for this run; the site's own log says what is wrong");
    case SiteObstacle::kNetwork:
      return InvalidArgument(
          "backbone: the site's program cannot make the run's network; its log says why");
  }
  return OkStatus();
}

Status CheckHolding(const TaskHolding& holding, std::int64_t train_images) {
  const bool in_range = holding.train >= 0 && holding.train <= train_images &&
                        IsCount(holding.validation) && IsCount(holding.set_aside);
  if (in_range && holding.train + holding.validation + holding.set_aside > 0) return OkStatus();
  return InvalidArgument("tasks: '" + holding.task.str() +
                         "': expected 0 to train_images training labels, 0 to 2^40 others, and at "
                         "least one label");
}

}  // namespace

bool OnlyEvaluates(const RoundOptions& rounds, const SiteId& site) {
  return Contains(rounds.evaluation_sites, site);
}

bool MayTrain(const RoundOptions& rounds, const SiteId& site) {
  return !OnlyEvaluates(rounds, site) &&
         (rounds.select_sites.empty() || Contains(rounds.select_sites, site));
}

Status CheckDeclaration(const RunContract& run, const SiteDeclaration& declaration) {
  if (declaration.site.empty()) return InvalidArgument("site: expected a name");
  const std::string named = "site " + declaration.site.str();
  const std::string at = named + ": ";
  const bool evaluates = OnlyEvaluates(run.rounds, declaration.site);
  CONSILIUM_RETURN_IF_ERROR(CheckObstacle(declaration.obstacle).WithContext(named));
  CONSILIUM_RETURN_IF_ERROR(CheckImages(declaration, run.image_size).WithContext(named));
  if (!IsCount(declaration.set_aside)) {
    return InvalidArgument(at + "set_aside: expected 0 to 2^40");
  }
  if (!IsCount(declaration.train_images) || (declaration.train_images < 1 && !evaluates)) {
    return InvalidArgument(at + "train_images: expected 1 to 2^40" + SetAsideText(declaration));
  }
  std::set<TaskId> seen;
  bool any_label = false;
  for (const TaskHolding& holding : declaration.tasks) {
    const auto task = std::ranges::find(run.tasks, holding.task, &TaskSpec::id);
    if (task == run.tasks.end() || !seen.insert(holding.task).second) {
      return InvalidArgument(at + "tasks: '" + holding.task.str() +
                             "' is no task of this run or named twice");
    }
    CONSILIUM_RETURN_IF_ERROR(CheckHolding(holding, declaration.train_images).WithContext(named));
    CONSILIUM_RETURN_IF_ERROR(
        CheckMeaning(*task, holding).WithContext(at + "tasks: '" + holding.task.str() + "'"));
    any_label = any_label || (evaluates ? holding.validation : holding.train) > 0;
  }
  if (any_label) return OkStatus();
  return InvalidArgument(at + "tasks: has " + (evaluates ? "validation" : "training") +
                         " labels of no task of this run" + SetAsideText(declaration));
}

bool IsSameDeclaration(const SiteDeclaration& before, SiteDeclaration again) {
  if (before.image_size == 0) again.image_size = 0;
  if (before.channels == 0) again.channels = 0;
  for (std::size_t i = 0; i < std::min(before.tasks.size(), again.tasks.size()); ++i) {
    if (before.tasks[i].classes.empty()) again.tasks[i].classes.clear();
    if (before.tasks[i].zones == 0) again.tasks[i].zones = 0;
    if (before.tasks[i].levels == 0) again.tasks[i].levels = 0;
  }
  return before == again;
}

std::optional<std::string> WhyAbstain(const RoundOptions& rounds,
                                      const SiteDeclaration& declaration) {
  for (const TaskHolding& holding : declaration.tasks) {
    const std::int64_t usable = holding.train + holding.validation;
    const std::int64_t all = usable + holding.set_aside;
    if (all == 0) continue;
    const double share = static_cast<double>(usable) / static_cast<double>(all);
    if (share >= rounds.smallest_usable_share) continue;
    std::string why = "task '" + holding.task.str() + "': ";
    why.append(std::to_string(usable)).append(" of ").append(std::to_string(all));
    why.append(" labelled images are usable, a share of ").append(ShortNumber(share));
    why.append("; the run asks for ").append(ShortNumber(rounds.smallest_usable_share));
    return why;
  }
  return std::nullopt;
}

Status CheckCounts(std::span<const TaskSpec> tasks, std::span<const TaskCounts> evaluated) {
  std::set<TaskId> seen;
  for (const TaskCounts& counts : evaluated) {
    const auto task = std::find_if(tasks.begin(), tasks.end(),
                                   [&](const TaskSpec& spec) { return spec.id == counts.task; });
    const std::string at = "evaluation of task '" + counts.task.str() + "': ";
    if (task == tasks.end() || !seen.insert(counts.task).second) {
      return InvalidArgument(at + "is no task of this run or named twice");
    }
    if (!CountsInRange(counts)) return InvalidArgument(at + "expected counts from 0 to 2^40");
    TaskCounts shape = EmptyCounts(*task);
    CONSILIUM_RETURN_IF_ERROR(Merge(shape, counts));
  }
  return OkStatus();
}

}  // namespace consilium
