#include "common/federation/selection.h"

#include "common/base/random_stream.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <tuple>
#include <vector>

namespace consilium {
namespace {

/// 0.1 of 30 is 3, whatever binary fractions make of it.
int ShareOf(double fraction, std::size_t count) {
  return static_cast<int>(std::ceil(fraction * static_cast<double>(count) - 1e-9));
}

bool Holds(const SiteDeclaration& site, const TaskId& task) {
  return std::any_of(site.tasks.begin(), site.tasks.end(), [&](const TaskHolding& holding) {
    return holding.task == task && holding.train > 0;
  });
}

/// In the order in which they are drawn.
std::vector<const SiteDeclaration*> Ranked(const Draw& draw,
                                           std::span<const SiteDeclaration> candidates) {
  const std::string round = "round " + std::to_string(draw.round);
  std::vector<std::tuple<int, std::uint64_t, SiteId, const SiteDeclaration*>> rows;
  rows.reserve(candidates.size());
  for (const SiteDeclaration& one : candidates) {
    int turn = 1;
    if (draw.first.contains(one.site)) turn = 0;
    if (draw.last.contains(one.site)) turn = 2;
    RandomStream stream(StreamSeed(draw.seed, {"selection", round, one.site.str()}));
    rows.emplace_back(turn, stream.Next(), one.site, &one);
  }
  std::sort(rows.begin(), rows.end());
  std::vector<const SiteDeclaration*> ranked;
  ranked.reserve(rows.size());
  for (const auto& row : rows) ranked.push_back(std::get<3>(row));
  return ranked;
}

}  // namespace

std::set<SiteId> DrawSites(const Draw& draw, std::span<const SiteDeclaration> candidates) {
  const std::vector<const SiteDeclaration*> ranked = Ranked(draw, candidates);
  const std::size_t wanted = static_cast<std::size_t>(
      std::max({ShareOf(draw.fraction, candidates.size()), draw.at_least, draw.needs.backbone,
                static_cast<int>(draw.first.size())}));
  std::set<SiteId> drawn;
  std::set<TaskId> tasks;
  for (const SiteDeclaration* one : ranked) {
    if (drawn.size() < wanted) drawn.insert(one->site);
    for (const TaskHolding& holding : one->tasks) tasks.insert(holding.task);
  }
  for (const TaskId& task : tasks) {
    int holders = 0;
    for (const SiteDeclaration* one : ranked) {
      if (drawn.contains(one->site) && Holds(*one, task)) ++holders;
    }
    for (const SiteDeclaration* one : ranked) {
      if (holders >= draw.needs.head) break;
      if (Holds(*one, task) && drawn.insert(one->site).second) ++holders;
    }
  }
  return drawn;
}

int AgreedSites(const RoundOptions& rounds) {
  const auto expected = static_cast<std::size_t>(rounds.expected_sites);
  return std::max(ShareOf(rounds.select_fraction, expected), rounds.quorum);
}

}  // namespace consilium
