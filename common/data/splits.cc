#include "common/data/splits.h"

#include "common/base/random_stream.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <set>
#include <string>

namespace consilium {
namespace {

/// Patients that a split treats alike: the tasks they have labels of, and how severe the first is.
struct Stratum {
  std::vector<bool> tasks;
  int severity = -1;
  // NOLINTNEXTLINE(modernize-use-nullptr): clang-tidy 14 takes the zero inside <=> for a pointer.
  friend auto operator<=>(const Stratum&, const Stratum&) = default;
};

/// Quarters of the range of a sum of zone scores: as coarse as the classes of a zone group.
constexpr int kSeverityLevels = 4;

int SeverityOf(const TaskSpec& task, const std::vector<int>& label) {
  if (task.kind == TaskKind::kClasses) return label[0];
  const int sum = std::accumulate(label.begin(), label.end(), 0);
  return sum * kSeverityLevels / (task.zones * (task.levels - 1) + 1);
}

/// Of all images of a patient together, so that their order does not matter.
Stratum StratumOf(const Dataset& dataset, const Indices& images) {
  Stratum stratum{std::vector<bool>(dataset.tasks.size(), false), -1};
  for (std::size_t task = 0; task < dataset.tasks.size(); ++task) {
    int severity = -1;
    for (const std::int64_t image : images) {
      const std::vector<int>& label = dataset.samples[image].labels[task];
      if (!label.empty()) severity = std::max(severity, SeverityOf(dataset.tasks[task], label));
    }
    stratum.tasks[task] = severity >= 0;
    if (stratum.severity < 0) stratum.severity = severity;
  }
  return stratum;
}

/// How many of each stratum go to validation: `wanted` in all, in proportion to the sizes, while
/// each stratum keeps one.
std::vector<std::size_t> Apportion(const std::vector<std::size_t>& sizes, double wanted,
                                   double all) {
  std::vector<std::size_t> taken(sizes.size(), 0);
  for (int i = 0; i < static_cast<int>(wanted); ++i) {
    std::ptrdiff_t neediest = -1;
    double largest_gap = 0;
    for (std::size_t s = 0; s < sizes.size(); ++s) {
      if (taken[s] + 1 >= sizes[s]) continue;
      const double gap =
          wanted * static_cast<double>(sizes[s]) / all - static_cast<double>(taken[s]);
      if (neediest < 0 || gap > largest_gap) {
        neediest = static_cast<std::ptrdiff_t>(s);
        largest_gap = gap;
      }
    }
    if (neediest < 0) break;
    ++taken[neediest];
  }
  return taken;
}

}  // namespace

Split SplitByPatient(const Dataset& dataset, const Indices& indices, double fraction,
                     std::uint64_t seed, std::string_view name) {
  std::map<std::string, Indices> images_of;
  for (const std::int64_t index : indices) {
    images_of[dataset.samples[index].patient].push_back(index);
  }
  std::map<Stratum, std::vector<std::string>> strata;
  for (const auto& [patient, images] : images_of) {
    strata[StratumOf(dataset, images)].push_back(patient);
  }

  const auto all = static_cast<double>(images_of.size());
  double wanted = 0;
  if (fraction > 0 && all >= 2) wanted = std::clamp(std::round(fraction * all), 1.0, all - 1);
  std::vector<std::size_t> sizes;
  sizes.reserve(strata.size());
  for (const auto& [stratum, patients] : strata) sizes.push_back(patients.size());
  const std::vector<std::size_t> taken = Apportion(sizes, wanted, all);

  RandomStream random(StreamSeed(seed, {"split", name}));
  std::set<std::string> validation;
  std::size_t s = 0;
  for (auto& [stratum, patients] : strata) {
    random.Shuffle(std::span(patients));
    validation.insert(patients.begin(), patients.begin() + static_cast<std::ptrdiff_t>(taken[s++]));
  }

  Split split;
  for (const auto& [patient, images] : images_of) {
    Indices& side = validation.contains(patient) ? split.validation : split.train;
    side.insert(side.end(), images.begin(), images.end());
  }
  std::sort(split.train.begin(), split.train.end());
  std::sort(split.validation.begin(), split.validation.end());
  return split;
}

Split SplitUsable(const Dataset& dataset, double fraction, std::uint64_t seed,
                  std::string_view name) {
  Dataset whole;  // but for its pixels
  whole.tasks = dataset.tasks;
  whole.samples = dataset.samples;
  whole.samples.reserve(dataset.samples.size() + dataset.set_aside.size());
  for (const SetAsideImage& image : dataset.set_aside) whole.samples.push_back(image.sample);
  Indices all(whole.samples.size());
  std::iota(all.begin(), all.end(), 0);
  Split split = SplitByPatient(whole, all, fraction, seed, name);
  const auto usable = static_cast<std::int64_t>(dataset.samples.size());
  const auto set_aside = [usable](std::int64_t image) { return image >= usable; };
  std::erase_if(split.train, set_aside);
  std::erase_if(split.validation, set_aside);
  return split;
}

std::vector<std::pair<std::string, Indices>> GroupByCenter(const Dataset& dataset) {
  std::map<std::string, Indices> centers;
  for (std::size_t i = 0; i < dataset.samples.size(); ++i) {
    centers[dataset.samples[i].center].push_back(static_cast<std::int64_t>(i));
  }
  return {centers.begin(), centers.end()};
}

}  // namespace consilium
