#include "simulations/protocols/loco.h"

#include <algorithm>
#include <iterator>
#include <map>

namespace consilium {
namespace {

Result<std::size_t> TargetTask(const Dataset& dataset) {
  for (std::size_t j = 0; j < dataset.tasks.size(); ++j) {
    if (dataset.tasks[j].kind == TaskKind::kClasses) return j;
  }
  return InvalidArgument("cohort has no classification task, leave-one-center-out needs one");
}

/// Marks the patients of `indices` as belonging to `part`; an error if one belongs elsewhere.
Status Claim(const Dataset& dataset, const Indices& indices, std::string_view part,
             std::map<std::string_view, std::string_view>& owner) {
  for (const std::int64_t i : indices) {
    const std::string& patient = dataset.samples[static_cast<std::size_t>(i)].patient;
    const auto [found, fresh] = owner.emplace(patient, part);
    if (!fresh && found->second != part) {
      return InvalidArgument("patient '" + patient + "' is in " + std::string(found->second) +
                             " and in " + std::string(part) + ", expected one of them");
    }
  }
  return OkStatus();
}

Status CheckPatientsApart(const Dataset& dataset, const Fold& fold) {
  std::map<std::string_view, std::string_view> owner;
  Status status = Claim(dataset, fold.test, "test", owner);
  for (const SiteSplit& site : fold.sites) {
    if (status.ok()) status = Claim(dataset, site.split.train, "training", owner);
    if (status.ok()) status = Claim(dataset, site.split.validation, "validation", owner);
  }
  return status.WithContext("leaving out center '" + fold.left_out + "'");
}

Status CheckEnoughCenters(const std::vector<std::pair<std::string, Indices>>& centers,
                          const std::vector<std::string>& holders, const TaskSpec& target) {
  if (centers.size() < 2) {
    const std::string name = centers.empty() ? "" : " ('" + centers.front().first + "')";
    return InvalidArgument("center: cohort has " + std::string(centers.empty() ? "no" : "one") +
                           " center" + name + ", leave-one-center-out needs at least two");
  }
  if (holders.size() < 2) {
    return InvalidArgument(
        "center: " + (holders.empty() ? "no center" : "only '" + holders[0] + "'") + " has " +
        target.id.str() + " labels, leave-one-center-out needs at least two that have");
  }
  return OkStatus();
}

Indices Pooled(const Fold& fold, Indices Split::*part) {
  Indices pooled;
  for (const SiteSplit& site : fold.sites) {
    const Indices& own = site.split.*part;
    pooled.insert(pooled.end(), own.begin(), own.end());
  }
  std::sort(pooled.begin(), pooled.end());
  return pooled;
}

}  // namespace

Indices WithLabel(const Dataset& dataset, const Indices& indices, std::size_t task) {
  Indices labelled;
  std::copy_if(indices.begin(), indices.end(), std::back_inserter(labelled), [&](std::int64_t i) {
    return !dataset.samples[static_cast<std::size_t>(i)].labels[task].empty();
  });
  return labelled;
}

Indices PooledTraining(const Fold& fold) { return Pooled(fold, &Split::train); }
Indices PooledValidation(const Fold& fold) { return Pooled(fold, &Split::validation); }

Result<LeaveOneCenterOut> MakeFolds(const Dataset& dataset, double validation_fraction,
                                    std::uint64_t seed) {
  LeaveOneCenterOut protocol;
  CONSILIUM_ASSIGN_OR_RETURN(protocol.target, TargetTask(dataset));
  const auto centers = GroupByCenter(dataset);
  std::vector<std::string> holders;
  std::vector<SiteSplit> splits;
  for (const auto& [center, indices] : centers) {
    if (!WithLabel(dataset, indices, protocol.target).empty()) holders.push_back(center);
    splits.push_back({center, SplitByPatient(dataset, indices, validation_fraction, seed, center)});
  }
  CONSILIUM_RETURN_IF_ERROR(CheckEnoughCenters(centers, holders, dataset.tasks[protocol.target]));
  for (const std::string& left_out : holders) {
    Fold fold;
    fold.left_out = left_out;
    for (std::size_t c = 0; c < centers.size(); ++c) {
      if (centers[c].first == left_out) {
        fold.test = centers[c].second;
      } else {
        fold.sites.push_back(splits[c]);
      }
    }
    CONSILIUM_RETURN_IF_ERROR(CheckPatientsApart(dataset, fold));
    protocol.folds.push_back(std::move(fold));
  }
  return protocol;
}

std::vector<std::string> OneClassCenters(const Dataset& dataset, std::size_t target) {
  std::vector<std::string> lines;
  const TaskSpec& task = dataset.tasks[target];
  for (const auto& [center, indices] : GroupByCenter(dataset)) {
    const std::vector<std::int64_t> counts = CountClasses(dataset, indices, target);
    const auto present =
        std::count_if(counts.begin(), counts.end(), [](std::int64_t n) { return n > 0; });
    if (present != 1) continue;
    const auto only = std::find_if(counts.begin(), counts.end(), [](auto n) { return n > 0; });
    lines.push_back("center '" + center + "': all " + std::to_string(*only) + " " + task.id.str() +
                    " labels are " + task.classes[static_cast<std::size_t>(only - counts.begin())] +
                    "; its AUROC is undefined");
  }
  return lines;
}

}  // namespace consilium
