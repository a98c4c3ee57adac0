#include "simulations/protocols/loco.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace consilium {
namespace {

constexpr std::size_t kHospitals = 6;
constexpr std::size_t kGroups = 3;
constexpr std::array<std::string_view, kGroups> kGroupOrder = {"SIEMENS", "AGFA", "CARESTREAM"};

struct MakerRow {
  std::string_view maker;
  std::string_view group;
};
constexpr std::array<MakerRow, 7> kMakers = {{{"KODAK", "SIEMENS"},
                                              {"AGFA-GEVAERT", "AGFA"},
                                              {"FUJIFILM", "AGFA"},
                                              {"VILLA SISTEMI MEDICALI", "CARESTREAM"},
                                              {"VILLA_SISTEMI_MEDICALI", "CARESTREAM"},
                                              {"VSM", "CARESTREAM"},
                                              {"DIGITEC", "CARESTREAM"}}};

using Centers = std::vector<std::pair<std::string, Indices>>;

Status CheckEnoughCenters(const Centers& centers, const std::vector<std::string>& holders,
                          const TaskSpec& target) {
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

/// Makes folds of centers, each with one split for all of them.
class CenterFolds {
 public:
  CenterFolds(const Dataset& dataset, std::size_t target, double validation_fraction,
              std::uint64_t seed)
      : dataset_(dataset), centers_(GroupByCenter(dataset)), roles_(RolesOf(dataset, target)) {
    folds_.target = target;
    splits_.reserve(centers_.size());
    for (const auto& [center, indices] : centers_) {
      splits_.push_back(
          {center, SplitByPatient(dataset, indices, validation_fraction, seed, center)});
    }
  }

  Status Check() const {
    return CheckEnoughCenters(centers_, roles_.hospitals, dataset_.tasks[folds_.target]);
  }
  const CenterRoles& roles() const { return roles_; }

  /// `group`: the severity group left out beside the hospital; empty: none.
  Status Add(const std::string& hospital, const std::string& group) {
    Fold fold;
    fold.name = hospital;
    if (!group.empty()) fold.name.append("+").append(group);
    for (std::size_t c = 0; c < centers_.size(); ++c) {
      const std::string& center = centers_[c].first;
      const bool hospital_center = std::ranges::count(roles_.hospitals, center) > 0;
      const bool left_out =
          hospital_center ? center == hospital : !group.empty() && SeverityGroup(center) == group;
      if (left_out) {
        fold.test.insert(fold.test.end(), centers_[c].second.begin(), centers_[c].second.end());
      } else {
        fold.sites.push_back(splits_[c]);
      }
    }
    std::sort(fold.test.begin(), fold.test.end());
    CONSILIUM_RETURN_IF_ERROR(CheckPatientsApart(dataset_, fold));
    folds_.folds.push_back(std::move(fold));
    return OkStatus();
  }

  FoldSet Take() && { return std::move(folds_); }

 private:
  const Dataset& dataset_;
  Centers centers_;
  CenterRoles roles_;
  std::vector<SiteSplit> splits_;
  FoldSet folds_;
};

}  // namespace

std::string SeverityGroup(std::string_view center) {
  std::string upper(center);
  std::ranges::transform(upper, upper.begin(),
                         [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  for (const MakerRow& row : kMakers) {
    if (row.maker == upper) return std::string(row.group);
  }
  const bool known = std::ranges::count(kGroupOrder, upper) > 0;
  return known ? upper : std::string(center);
}

CenterRoles RolesOf(const Dataset& dataset, std::size_t target) {
  CenterRoles roles;
  for (const auto& [center, indices] : GroupByCenter(dataset)) {
    if (CountLabelled(dataset, indices, target) > 0) {
      roles.hospitals.push_back(center);
      continue;
    }
    const std::string group = SeverityGroup(center);
    if (std::ranges::count(roles.groups, group) == 0) roles.groups.push_back(group);
  }
  const auto rank = [](const std::string& group) {
    return std::ranges::find(kGroupOrder, group) - kGroupOrder.begin();
  };
  std::ranges::sort(roles.groups, [&](const std::string& a, const std::string& b) {
    return std::pair(rank(a), a) < std::pair(rank(b), b);
  });
  return roles;
}

Result<FoldSet> MakeFolds(const Dataset& dataset, double validation_fraction, std::uint64_t seed) {
  CONSILIUM_ASSIGN_OR_RETURN(const std::size_t target, TargetTask(dataset, "leave-one-center-out"));
  CenterFolds folds(dataset, target, validation_fraction, seed);
  CONSILIUM_RETURN_IF_ERROR(folds.Check());
  for (const std::string& hospital : folds.roles().hospitals) {
    CONSILIUM_RETURN_IF_ERROR(folds.Add(hospital, ""));
  }
  return std::move(folds).Take();
}

Result<FoldSet> MakePaperLocoFolds(const Dataset& dataset, SeverityFolds severity,
                                   double validation_fraction, std::uint64_t seed) {
  CONSILIUM_ASSIGN_OR_RETURN(const std::size_t target, TargetTask(dataset, "leave-one-center-out"));
  CenterFolds folds(dataset, target, validation_fraction, seed);
  CONSILIUM_RETURN_IF_ERROR(folds.Check());
  const CenterRoles& roles = folds.roles();
  if (roles.hospitals.size() != kHospitals || roles.groups.size() != kGroups) {
    return InvalidArgument("protocol: the cohort has " + std::to_string(roles.hospitals.size()) +
                           " centers with " + dataset.tasks[target].id.str() + " labels and " +
                           std::to_string(roles.groups.size()) +
                           " groups of others, loco6 and loco18 expect 6 and 3 (loco takes any)");
  }
  for (const std::string& hospital : roles.hospitals) {
    for (const std::string& group : roles.groups) {
      CONSILIUM_RETURN_IF_ERROR(folds.Add(hospital, group));
      if (severity == SeverityFolds::kFirst) break;
    }
  }
  return std::move(folds).Take();
}

}  // namespace consilium
