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

Status CheckDeclaration(std::span<const TaskSpec> tasks, const RoundOptions& rounds,
                        const SiteDeclaration& declaration) {
  if (declaration.site.empty()) return InvalidArgument("site: expected a name");
  const std::string at = "site " + declaration.site.str() + ": ";
  const bool evaluates = OnlyEvaluates(rounds, declaration.site);
  if (!IsCount(declaration.train_images) || (declaration.train_images < 1 && !evaluates)) {
    return InvalidArgument(at + "train_images: expected 1 to 2^40");
  }
  if (!IsCount(declaration.set_aside)) {
    return InvalidArgument(at + "set_aside: expected 0 to 2^40");
  }
  std::set<TaskId> seen;
  bool any_label = false;
  for (const TaskHolding& holding : declaration.tasks) {
    const bool known = std::any_of(tasks.begin(), tasks.end(),
                                   [&](const TaskSpec& task) { return task.id == holding.task; });
    if (!known || !seen.insert(holding.task).second) {
      return InvalidArgument(at + "tasks: '" + holding.task.str() +
                             "' is no task of this run or named twice");
    }
    CONSILIUM_RETURN_IF_ERROR(CheckHolding(holding, declaration.train_images)
                                  .WithContext("site " + declaration.site.str()));
    any_label = any_label || (evaluates ? holding.validation : holding.train) > 0;
  }
  if (any_label) return OkStatus();
  return InvalidArgument(at + "tasks: has " + (evaluates ? "validation" : "training") +
                         " labels of no task of this run");
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
