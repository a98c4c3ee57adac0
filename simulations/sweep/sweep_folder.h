/// The folder of a sweep.
///
///   DIR/sweep.json       the jobs: what `collect` expects
///   DIR/jobs/ID/         the study of a job (docs/formats/study.md)
///   DIR/done/ID.json     its being there means "finished"; what the job took
///   DIR/logs/ID.log      what the job said, all attempts
///   DIR/locks/ID         locked by the process that runs the job
///   DIR/summary.json, summary.csv, report.md   written by `collect`
///
/// Every file but logs appears whole or not at all, so a sweep may end at any moment. Several
/// processes may work in one folder, on several machines where the file system's locks reach them.
/// Threads: any.
#pragma once

#include "common/base/result.h"
#include "simulations/sweep/sweep_job.h"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace consilium {

/// Holds a job for this process; let go when this ends, or the process.
class JobLock {
 public:
  explicit JobLock(int descriptor) : descriptor_(descriptor) {}
  ~JobLock();
  JobLock(JobLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  JobLock& operator=(JobLock&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }

 private:
  int descriptor_;
};

/// What a finished job took.
struct JobCost {
  double seconds = 0;
  double peak_memory_mib = 0;
};

class SweepFolder {
 public:
  explicit SweepFolder(std::string path) : path_(std::move(path)) {}

  /// Makes the folders and writes sweep.json. Errors: kInvalidArgument "PATH: out: ...": it cannot
  /// be written, or holds something else.
  Status Open(const std::vector<SweepJob>& jobs) const;
  /// The jobs of sweep.json. Errors: kInvalidArgument, kNotFound.
  Result<std::vector<SweepJob>> Jobs() const;

  /// None: another process has the job. Errors: kInvalidArgument if the lock cannot be made.
  Result<std::optional<JobLock>> Lock(const std::string& id) const;
  bool IsDone(const std::string& id) const;
  /// A study that can go on; what an attempt left that had not begun one is removed.
  bool IsBegun(const std::string& id) const;
  Status MarkDone(const std::string& id, const JobCost& cost) const;
  /// Of a finished job; none where its record cannot be read.
  std::optional<JobCost> CostOf(const std::string& id) const;
  /// The last line that the job said, or "".
  std::string LastLine(const std::string& id) const;
  Status Write(const std::string& name, std::string_view text) const;

  const std::string& path() const { return path_; }
  std::string StudyPath(const std::string& id) const { return path_ + "/jobs/" + id; }
  std::string LogPath(const std::string& id) const { return path_ + "/logs/" + id + ".log"; }

 private:
  std::string DonePath(const std::string& id) const { return path_ + "/done/" + id + ".json"; }
  std::string path_;
};

}  // namespace consilium
