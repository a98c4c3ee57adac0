/// The folder of a study: what is finished, kept so that an interrupted study goes on.
///
///   DIR/settings.json          what decides the results, and the cohort's fingerprint
///   DIR/jobs/ID.json           the rows of a finished job: its being there means "finished"
///   DIR/predictions/NAME.csv, trainings/ID.json   written before the job's record
///   DIR/models/...             trained models, where they are kept (model_files.h)
///   DIR/summary.json, summary.csv, study.json, report.md, report.html, report/
///
/// Every file appears whole or not at all. Threads: one caller at a time.
#pragma once

#include "common/base/result.h"
#include "simulations/results/row.h"
#include "simulations/study/run_job.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace consilium {

using Settings = std::vector<std::pair<std::string, std::string>>;

class StudyFolder {
 public:
  /// Fails early, and leaves nothing behind: can `path` be written, and is it new (or empty, or
  /// resumed)? Errors: kInvalidArgument "PATH: what is wrong and what to do".
  static Status Check(const std::string& path, bool resume);

  /// Makes the folder, or, resuming, opens it.
  /// Errors: kInvalidArgument as Check; a setting that differs from the study's (names it, both
  /// values).
  static Result<StudyFolder> Open(const std::string& path, bool resume, const Settings& settings);

  /// Rows of a finished job; none if it is not finished.
  Result<std::optional<std::vector<Row>>> Load(const Job& job) const;
  Status Save(const Job& job, const TrainedJob& trained) const;
  /// A file of the study, by its name inside the folder.
  Status Write(const std::string& name, std::string_view text) const;

  /// Makes models/ and returns its path.
  Result<std::string> MakeModelsFolder() const;

  const std::string& path() const { return path_; }
  std::string work_folder() const { return path_ + "/work"; }

 private:
  explicit StudyFolder(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

}  // namespace consilium
