#include "common/federation/weights.h"

namespace consilium {
namespace {

/// n_j: labelled training images of each task over all sites, tasks without any left out.
std::map<TaskId, double> TotalsByTask(std::span<const SiteDeclaration> selected) {
  std::map<TaskId, double> totals;
  for (const SiteDeclaration& site : selected) {
    for (const TaskHolding& holding : site.tasks) {
      if (holding.train > 0) totals[holding.task] += static_cast<double>(holding.train);
    }
  }
  return totals;
}

}  // namespace

RoundWeights ComputeWeights(Weighting weighting, std::span<const SiteDeclaration> selected) {
  const std::map<TaskId, double> totals = TotalsByTask(selected);
  RoundWeights weights;
  for (const SiteDeclaration& site : selected) {
    std::map<TaskId, double> shares;  // n_sj / n_j
    double sum = 0;
    for (const TaskHolding& holding : site.tasks) {
      if (holding.train <= 0) continue;
      const double share = static_cast<double>(holding.train) / totals.at(holding.task);
      shares[holding.task] = share;
      sum += share;
    }
    SiteWeights& mine = weights[site.site];
    if (shares.empty()) continue;
    mine.backbone = sum / static_cast<double>(totals.size());
    if (weighting == Weighting::kPerGroup) {
      mine.heads = shares;
    } else {
      for (const auto& [task, total] : totals) mine.heads[task] = mine.backbone;
    }
    for (const auto& [task, share] : shares) {
      const double factor = weighting == Weighting::kPerGroup ? 1.0 : share / mine.backbone;
      mine.loss_factors.push_back({task, factor});
    }
  }
  return weights;
}

double WeightOf(const SiteWeights& weights, const EntrySpec& entry) {
  const TaskId head = HeadOf(entry);
  if (head.empty()) return weights.backbone;
  const auto found = weights.heads.find(head);
  return found == weights.heads.end() ? 0.0 : found->second;
}

}  // namespace consilium
