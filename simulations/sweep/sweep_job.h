/// The jobs of a sweep: every combination of one value from each list, with a stable id.
///
/// The id is a readable prefix and 16 hexadecimal digits over what decides the job's result, so it
/// changes neither with the order of the file nor with settings that the job's method does not use.
/// Combinations of the same id are one job: work that several methods or strategies share is done
/// once.
/// Threads: pure values and functions.
#pragma once

#include "common/base/result.h"

#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace consilium {

struct SweepValue {
  std::string text;
  int line = 0;
};

/// An option of `consilium-sim study` with the values that the sweep's file gives it.
struct SweepField {
  std::string name;
  int line = 0;
  std::vector<SweepValue> values;
};

/// Options by name with their values, in the file's order.
using SettingList = std::vector<std::pair<std::string, std::string>>;

/// What a study is to a sweep.
struct DescribedJob {
  SettingList settings;  ///< those of the combination that have an influence on the result
  std::string prefix;    ///< of the id
  std::string identity;  ///< everything that decides the result, as text
};
/// Errors: kInvalidArgument "field: what is wrong and what was expected".
using JobDescriber = std::function<Result<DescribedJob>(const SettingList&)>;

struct SweepJob {
  std::string id;
  SettingList settings;
  /// What tells it from the same method, backbone and seed elsewhere in the sweep: "", or
  /// " [image-size=64, strategy=fedprox]".
  std::string variant;
};

/// Order: of the file, the last list changing fastest. Errors: kInvalidArgument, one line
/// "FILE:LINE: field: what is wrong and what was expected" for each fault; a list of which two
/// values give the same jobs, a setting that no job uses, and more than kMostJobs are faults.
Result<std::vector<SweepJob>> ExpandSweep(const std::string& file,
                                          const std::vector<SweepField>& fields,
                                          const JobDescriber& describe);
inline constexpr std::size_t kMostJobs = 100'000;

/// "2/4": one of so many equal parts, counted from 1.
struct Shard {
  std::size_t index = 1;
  std::size_t count = 1;
};
/// Errors: kInvalidArgument "shard: ...".
Result<Shard> ParseShard(const std::string& text);
/// Every n-th of the jobs by id: each job is in one shard, and like ones are spread.
std::vector<SweepJob> JobsOfShard(std::vector<SweepJob> jobs, const Shard& shard);

/// 16 hexadecimal digits, FNV-1a: against mistakes, not against forgery.
std::string Fingerprint(const std::string& text);
/// The same of a file's bytes. Errors: kInvalidArgument if it cannot be read.
Result<std::string> FileFingerprint(const std::string& path);

}  // namespace consilium
