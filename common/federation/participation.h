/// Who may take part in a run, judged from what a site declares, and whether what it counts can be.
///
/// Usable share  of a task: labelled images that can be read / all labelled ones, those set aside
///               included. A site with a smaller one than rounds.smallest_usable_share abstains.
/// Threads: pure.
#pragma once

#include "common/federation/messages.h"

#include <optional>
#include <span>
#include <string>

namespace consilium {

/// No count of images or labels is larger; sums of many such stay exact in int64 and in JSON.
inline constexpr std::int64_t kMostCounted = std::int64_t{1} << 40;
/// Of prepared images, which are grey.
inline constexpr int kImageChannels = 1;

/// Whether the plan leaves `site` out of all training.
bool OnlyEvaluates(const RoundOptions& rounds, const SiteId& site);
/// Whether rounds may select `site`.
bool MayTrain(const RoundOptions& rounds, const SiteId& site);

/// What a run asks of each site's declaration.
struct RunContract {
  std::span<const TaskSpec> tasks;
  const RoundOptions& rounds;
  int image_size = 0;  ///< pixels a side
};
/// Of a site that trains, or of one that only evaluates. What an older site does not tell is not
/// judged.
/// Errors: kInvalidArgument naming site and field of what contradicts the run or itself.
Status CheckDeclaration(const RunContract& run, const SiteDeclaration& declaration);
/// Whether a site that comes again says the same, as far as both times told.
bool IsSameDeclaration(const SiteDeclaration& before, SiteDeclaration again);

/// "task 'brixia': 3 of 10 labelled images are usable, the run asks for a share of 0.5"; empty for a
/// site that takes part.
std::optional<std::string> WhyAbstain(const RoundOptions& rounds,
                                      const SiteDeclaration& declaration);

/// Of a stranger's evaluation, before it counts.
/// Errors: kInvalidArgument naming the task: of no use to the run, twice, out of range, misshapen.
Status CheckCounts(std::span<const TaskSpec> tasks, std::span<const TaskCounts> evaluated);

}  // namespace consilium
