#include "simulations/protocols/drawn.h"

#include "common/base/random_stream.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <numeric>
#include <set>

namespace consilium {
namespace {

/// Quarters of the range of a sum of zone scores, as SplitByPatient has them.
constexpr int kSeverityLevels = 4;
constexpr int kNoLabel = -1;

int LevelOf(const TaskSpec& task, const std::vector<int>& label) {
  if (label.empty()) return kNoLabel;
  if (task.kind == TaskKind::kClasses) return label[0];
  const int sum = std::accumulate(label.begin(), label.end(), 0);
  return sum * kSeverityLevels / (task.zones * (task.levels - 1) + 1);
}

/// Of all images of a patient: the most severe, per task.
std::vector<int> StratumOf(const Dataset& dataset, const Indices& images) {
  std::vector<int> stratum(dataset.tasks.size(), kNoLabel);
  for (const std::int64_t image : images) {
    const Sample& sample = dataset.samples[static_cast<std::size_t>(image)];
    for (std::size_t j = 0; j < stratum.size(); ++j) {
      stratum[j] = std::max(stratum[j], LevelOf(dataset.tasks[j], sample.labels[j]));
    }
  }
  return stratum;
}

/// The images of one center, dealt.
std::vector<Indices> Deal(const Dataset& dataset, const Indices& images, int count,
                          std::uint64_t stream) {
  std::map<std::string, Indices> images_of;
  for (const std::int64_t i : images) {
    images_of[dataset.samples[static_cast<std::size_t>(i)].patient].push_back(i);
  }
  std::map<std::vector<int>, std::vector<std::string>> strata;
  for (const auto& [patient, own] : images_of) {
    strata[StratumOf(dataset, own)].push_back(patient);
  }
  RandomStream random(stream);
  // Centers smaller than the number of folds would otherwise all fill the first ones.
  auto next = static_cast<std::size_t>(random.Below(static_cast<std::uint64_t>(count)));
  std::vector<Indices> folds(static_cast<std::size_t>(count));
  for (auto& [stratum, patients] : strata) {
    random.Shuffle(std::span(patients));
    for (const std::string& patient : patients) {
      Indices& fold = folds[next];
      next = (next + 1) % folds.size();
      fold.insert(fold.end(), images_of[patient].begin(), images_of[patient].end());
    }
  }
  for (Indices& fold : folds) std::sort(fold.begin(), fold.end());
  return folds;
}

Status CheckEnough(const Dataset& dataset, std::size_t target, std::size_t centers, int count) {
  if (centers < 2) {
    return InvalidArgument("center: cohort has fewer than two centers, expected at least two");
  }
  std::set<std::string_view> patients;
  for (const Sample& sample : dataset.samples) {
    if (!sample.labels[target].empty()) patients.insert(sample.patient);
  }
  if (patients.size() >= static_cast<std::size_t>(count)) return OkStatus();
  return InvalidArgument("cohort has " + std::to_string(patients.size()) + " patients with " +
                         dataset.tasks[target].id.str() + " labels, " + std::to_string(count) +
                         " folds need as many");
}

Indices Without(const Indices& all, const Indices& test) {
  Indices rest;
  std::set_difference(all.begin(), all.end(), test.begin(), test.end(), std::back_inserter(rest));
  return rest;
}

}  // namespace

Result<FoldSet> DrawFolds(const Dataset& dataset, int count, double validation_fraction,
                          std::uint64_t seed) {
  FoldSet set;
  set.same_splits = false;
  CONSILIUM_ASSIGN_OR_RETURN(set.target, TargetTask(dataset, "cross-validation"));
  const auto centers = GroupByCenter(dataset);
  CONSILIUM_RETURN_IF_ERROR(CheckEnough(dataset, set.target, centers.size(), count));
  set.folds.resize(static_cast<std::size_t>(count));
  for (std::size_t f = 0; f < set.folds.size(); ++f) {
    set.folds[f].name = "fold";
    set.folds[f].name.append(std::to_string(f));
  }
  for (const auto& [center, images] : centers) {
    const std::vector<Indices> dealt =
        Deal(dataset, images, count, StreamSeed(seed, {"folds", center}));
    for (std::size_t f = 0; f < dealt.size(); ++f) {
      Fold& fold = set.folds[f];
      fold.test.insert(fold.test.end(), dealt[f].begin(), dealt[f].end());
      const Indices rest = Without(images, dealt[f]);
      if (rest.empty()) continue;
      fold.sites.push_back(
          {center, SplitByPatient(dataset, rest, validation_fraction, seed, center)});
    }
  }
  for (Fold& fold : set.folds) {
    std::sort(fold.test.begin(), fold.test.end());
    CONSILIUM_RETURN_IF_ERROR(CheckPatientsApart(dataset, fold));
  }
  return set;
}

}  // namespace consilium
