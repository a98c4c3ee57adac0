/// One number per parameter group and site, summed over the chunks of a survey.
///
/// Memory: sites x groups. Threads: none inside.
#pragma once

#include "common/federation/strategy.h"

#include <map>
#include <vector>

namespace consilium {

class GroupSums {
 public:
  explicit GroupSums(std::size_t sites) : sites_(sites) {}
  /// Of the entry's group, in the order of the SiteFacts; zeros at first.
  std::vector<double>& At(const EntrySpec& entry) {
    return groups_.try_emplace(HeadOf(entry), sites_, 0.0).first->second;
  }
  std::map<TaskId, std::vector<double>>& all() { return groups_; }
  void Clear() { groups_.clear(); }

 private:
  std::size_t sites_;
  std::map<TaskId, std::vector<double>> groups_;  // "" is the backbone
};

}  // namespace consilium
