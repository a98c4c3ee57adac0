#include "simulations/protocols/listed.h"

#include "simulations/protocols/loco.h"

#include <algorithm>

namespace consilium {
namespace {

enum class Part : std::uint8_t { kNone, kTrain, kValidation, kTest };

class ListedFolds {
 public:
  ListedFolds(const Dataset& dataset, const PublishedLists& lists, double validation_fraction,
              std::uint64_t seed)
      : dataset_(dataset),
        lists_(lists),
        fraction_(validation_fraction),
        seed_(seed),
        centers_(GroupByCenter(dataset)) {
    set_.same_splits = false;
    set_.listed = true;
    set_.faults = lists.faults;
  }

  /// Finds the images of the lists in the cohort.
  Status Match() {
    CONSILIUM_ASSIGN_OR_RETURN(set_.target, TargetTask(dataset_, "the published lists"));
    std::int64_t unknown = 0;
    for (std::size_t i = 0; i < dataset_.samples.size(); ++i) {
      const std::string id = ListId(dataset_.samples[i].image);
      if (!Listed(id)) {
        ++unknown;
      } else if (!image_of_.emplace(id, i).second) {
        return InvalidArgument("folds: two images of the cohort are named '" + id +
                               "', expected one");
      }
    }
    if (image_of_.empty()) {
      return InvalidArgument(
          "folds: no image of the cohort is named in the lists, expected names such as P_42.dcm");
    }
    const std::size_t listed = lists_.prognosis_ids.size() + lists_.severity_ids.size();
    Note("not-in-cohort", static_cast<std::int64_t>(listed - image_of_.size()),
         "ids of the lists have no image in the cohort: left out");
    Note("not-in-lists", unknown, "images of the cohort are in no list: left out");
    Note("scores-differ", CountOtherScores(),
         corrected() ? "images have a Brixia score in the cohort that is not the list's: kept"
                     : "images have a Brixia score in the cohort that is not the list's as "
                       "published: replaced by it");
    return OkStatus();
  }

  Status Add(std::string name, const ListedFold& prognosis, const ListedFold& severity,
             const std::string& left_out_group) {
    parts_.assign(dataset_.samples.size(), Part::kNone);
    Assign(prognosis, lists_.prognosis_ids);
    if (left_out_group.empty()) {
      Assign(severity, lists_.severity_ids);
    } else {
      AssignByGroup(left_out_group);
    }
    for (const std::string& id : lists_.dropped) Put(id, Part::kNone);
    SettlePatients();
    Fold fold;
    fold.name = std::move(name);
    fold.test = With(Part::kTest, AllImages());
    for (const auto& [center, images] : centers_) {
      Split split{With(Part::kTrain, images), With(Part::kValidation, images)};
      if (split.train.empty() && split.validation.empty()) continue;
      fold.sites.push_back({center, std::move(split)});
    }
    if (fold.test.empty() || PooledTraining(fold).empty()) {
      return InvalidArgument("folds: fold '" + fold.name +
                             "' has no image of the cohort to train on or to test");
    }
    if (corrected()) CONSILIUM_RETURN_IF_ERROR(CheckPatientsApart(dataset_, fold));
    set_.folds.push_back(std::move(fold));
    return OkStatus();
  }

  FoldSet Take() && {
    Note("patients-across", across_,
         corrected() ? "images (times folds) of patients who are tested, or validate, are taken "
                       "out of training or validation"
                     : "images (times folds) train or validate although their patient is tested "
                       "or validates");
    return std::move(set_);
  }

 private:
  bool corrected() const { return lists_.mode == ListMode::kCorrected; }
  bool Listed(const std::string& id) const {
    return lists_.prognosis_ids.contains(id) || lists_.severity_ids.contains(id);
  }
  void Note(std::string name, std::int64_t count, std::string text) {
    if (count > 0) set_.faults.push_back({std::move(name), count, std::move(text)});
  }

  void Put(const std::string& id, Part part) {
    if (const auto found = image_of_.find(id); found != image_of_.end()) {
      parts_[found->second] = part;
    }
  }

  /// Corrected: ids of `all` that the fold forgot train.
  void Assign(const ListedFold& fold, const std::set<std::string>& all) {
    if (corrected()) {
      for (const std::string& id : all) Put(id, Part::kTrain);
    }
    for (const std::string& id : fold.train) Put(id, Part::kTrain);
    for (const std::string& id : fold.validation) Put(id, Part::kValidation);
    for (const std::string& id : fold.test) Put(id, Part::kTest);
  }

  void AssignByGroup(const std::string& group) {
    for (const auto& [center, images] : centers_) {
      Indices rest;
      for (const std::int64_t i : images) {
        const auto at = static_cast<std::size_t>(i);
        const std::string id = ListId(dataset_.samples[at].image);
        if (!lists_.severity_ids.contains(id)) continue;
        const auto listed = lists_.center.find(id);
        const std::string& maker = listed == lists_.center.end() ? center : listed->second;
        if (SeverityGroup(maker) == group) {
          parts_[at] = Part::kTest;
        } else {
          rest.push_back(i);
        }
      }
      const Split split = SplitByPatient(dataset_, rest, fraction_, seed_, center);
      for (const std::int64_t i : split.train) parts_[static_cast<std::size_t>(i)] = Part::kTrain;
      for (const std::int64_t i : split.validation) {
        parts_[static_cast<std::size_t>(i)] = Part::kValidation;
      }
    }
  }

  /// Counts, and where corrected takes out, images whose patient has a more protected part: the
  /// test before validation before training.
  void SettlePatients() {
    std::map<std::string_view, Part> most;
    for (std::size_t i = 0; i < parts_.size(); ++i) {
      Part& part = most[dataset_.samples[i].patient];
      part = std::max(part, parts_[i]);
    }
    for (std::size_t i = 0; i < parts_.size(); ++i) {
      if (parts_[i] == Part::kNone || parts_[i] == most[dataset_.samples[i].patient]) continue;
      ++across_;
      if (corrected()) parts_[i] = Part::kNone;
    }
  }

  Indices AllImages() const {
    Indices all(dataset_.samples.size());
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<std::int64_t>(i);
    return all;
  }
  Indices With(Part part, const Indices& images) const {
    Indices with;
    std::ranges::copy_if(images, std::back_inserter(with), [&](std::int64_t i) {
      return parts_[static_cast<std::size_t>(i)] == part;
    });
    return with;
  }

  std::int64_t CountOtherScores() const {
    std::int64_t count = 0;
    for (std::size_t j = 0; j < dataset_.tasks.size(); ++j) {
      if (dataset_.tasks[j].kind == TaskKind::kClasses) continue;
      for (const auto& [id, image] : image_of_) {
        const std::vector<int>& label = dataset_.samples[image].labels[j];
        const auto written = lists_.scores.find(id);
        if (label.empty() || written == lists_.scores.end()) continue;
        count += FormatLabel(dataset_.tasks[j], label) != SixZones(written->second, lists_.mode);
      }
    }
    return count;
  }

  const Dataset& dataset_;
  const PublishedLists& lists_;
  double fraction_;
  std::uint64_t seed_;
  std::vector<std::pair<std::string, Indices>> centers_;
  std::map<std::string, std::size_t> image_of_;
  std::vector<Part> parts_;  // of the fold being made, one per image
  std::int64_t across_ = 0;
  FoldSet set_;
};

Status AddCv(const PublishedLists& lists, ListedFolds& folds) {
  for (std::size_t k = 0; k < lists.prognosis.size(); ++k) {
    std::string name = "fold";
    name.append(std::to_string(k));
    CONSILIUM_RETURN_IF_ERROR(
        folds.Add(std::move(name), lists.prognosis[k], lists.severity[k], ""));
  }
  return OkStatus();
}

Status AddLoco(const PublishedLists& lists, bool all_groups, ListedFolds& folds) {
  constexpr std::string_view kGroups[] = {"SIEMENS", "AGFA", "CARESTREAM"};
  const bool corrected = lists.mode == ListMode::kCorrected;
  for (const ListedFold& prognosis : lists.prognosis) {
    if (prognosis.test.empty()) return InvalidArgument("folds: a loCo test list is empty");
    for (std::size_t g = 0; g < (all_groups ? lists.severity.size() : 1); ++g) {
      // As published, a severity list leaves no maker out, and is not called one.
      std::string name = lists.center.at(prognosis.test.front());
      name.append(corrected ? "+" : "+list");
      name.append(corrected ? std::string(kGroups[g]) : std::to_string(g));
      CONSILIUM_RETURN_IF_ERROR(folds.Add(std::move(name), prognosis, lists.severity[g],
                                          corrected ? std::string(kGroups[g]) : ""));
    }
  }
  return OkStatus();
}

}  // namespace

Result<FoldSet> MakeListedFolds(const Dataset& dataset, const PublishedLists& lists,
                                ProtocolKind kind, double validation_fraction, std::uint64_t seed) {
  ListedFolds folds(dataset, lists, validation_fraction, seed);
  CONSILIUM_RETURN_IF_ERROR(folds.Match());
  if (kind == ProtocolKind::kCv || kind == ProtocolKind::kHoldout) {
    CONSILIUM_RETURN_IF_ERROR(AddCv(lists, folds));
  } else {
    CONSILIUM_RETURN_IF_ERROR(AddLoco(lists, kind == ProtocolKind::kLoco18, folds));
  }
  return std::move(folds).Take();
}

}  // namespace consilium
