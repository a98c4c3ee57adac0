/// A job of a sweep as a study: its settings are options of `consilium-sim study`, checked as there.
/// Threads: one thread per object.
#pragma once

#include "simulations/cli/loco_options.h"
#include "simulations/sweep/sweep_job.h"

#include <map>
#include <string>
#include <vector>

namespace consilium {

/// The options that a sweep's file may set: all of `study` but those that `run` sets itself.
std::vector<std::string> SweepOptionNames();

/// Errors: kInvalidArgument "option: what is wrong and what was expected".
Result<LocoOptions> LocoOptionsOf(const SettingList& settings);

/// Says what decides a job's result. Remembers the fingerprints of files that jobs name.
class LocoDescriber {
 public:
  /// Errors: as LocoOptionsOf; files that are not there; options that contradict each other.
  Result<DescribedJob> operator()(const SettingList& settings);

 private:
  Result<std::string> ContentOf(const std::string& option, const std::string& path);
  std::map<std::string, std::string> contents_;
};

/// `fields` with the lists that `study` goes through by itself: methods (of the preset, if there is
/// one) and seeds.
void AddDefaultLists(std::vector<SweepField>& fields);

}  // namespace consilium
