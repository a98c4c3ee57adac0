#include "simulations/protocols/fold.h"

#include "simulations/results/summary_file.h"

#include <algorithm>
#include <iterator>
#include <map>

namespace consilium {
namespace {

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

Indices Pooled(const Fold& fold, Indices Split::*part) {
  Indices pooled;
  for (const SiteSplit& site : fold.sites) {
    const Indices& own = site.split.*part;
    pooled.insert(pooled.end(), own.begin(), own.end());
  }
  std::sort(pooled.begin(), pooled.end());
  return pooled;
}

void AppendLines(const Dataset& dataset, const Indices& indices, const std::string& start,
                 std::string_view part, std::string& lines) {
  for (const std::int64_t i : indices) {
    const Sample& sample = dataset.samples[static_cast<std::size_t>(i)];
    lines.append(start).append(CsvField(sample.image)).append(",");
    lines.append(CsvField(sample.center)).append(",").append(part).append("\n");
  }
}

}  // namespace

Result<std::size_t> TargetTask(const Dataset& dataset, std::string_view protocol) {
  for (std::size_t j = 0; j < dataset.tasks.size(); ++j) {
    if (dataset.tasks[j].kind == TaskKind::kClasses) return j;
  }
  return InvalidArgument("cohort has no classification task, " + std::string(protocol) +
                         " needs one");
}

Status CheckPatientsApart(const Dataset& dataset, const Fold& fold) {
  std::map<std::string_view, std::string_view> owner;
  Status status = Claim(dataset, fold.test, "test", owner);
  for (const SiteSplit& site : fold.sites) {
    if (status.ok()) status = Claim(dataset, site.split.train, "training", owner);
    if (status.ok()) status = Claim(dataset, site.split.validation, "validation", owner);
  }
  return status.WithContext("leaving out '" + fold.name + "'");
}

Indices WithLabel(const Dataset& dataset, const Indices& indices, std::size_t task) {
  Indices labelled;
  std::copy_if(indices.begin(), indices.end(), std::back_inserter(labelled), [&](std::int64_t i) {
    return !dataset.samples[static_cast<std::size_t>(i)].labels[task].empty();
  });
  return labelled;
}

Indices PooledTraining(const Fold& fold) { return Pooled(fold, &Split::train); }
Indices PooledValidation(const Fold& fold) { return Pooled(fold, &Split::validation); }

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

std::string FoldLines(const Dataset& dataset, const FoldSet& folds, std::uint64_t seed) {
  std::string lines;
  for (const Fold& fold : folds.folds) {
    std::string start = std::to_string(seed);
    start.append(",").append(CsvField(fold.name)).append(",");
    AppendLines(dataset, PooledTraining(fold), start, "train", lines);
    AppendLines(dataset, PooledValidation(fold), start, "validation", lines);
    AppendLines(dataset, fold.test, start, "test", lines);
  }
  return lines;
}

}  // namespace consilium
