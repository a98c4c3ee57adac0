/// The folder of a study, read for a report: everything a page shows, and nothing of any patient.
///
/// Files are foreign: bounded in size, and a fault names the file (and the line, where there are
/// lines). summary.json must be there; settings.json, study.json, trainings/ and predictions/ may be
/// missing (a folder passed on), the report then says less.
/// Threads: pure, apart from the files.
#pragma once

#include "common/base/result.h"
#include "simulations/report/binary_scores.h"
#include "simulations/results/row.h"
#include "simulations/results/study_facts.h"
#include "simulations/results/training_record.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace consilium {

/// The predictions of one model on one left-out center for one task.
struct ScoredCenter {
  std::string protocol, task, method, backbone, left_out;
  BinaryScores scores;
};

struct StudyRecord {
  std::string name;  ///< the folder's, for pages about several studies
  Summary summary;
  std::vector<std::pair<std::string, std::string>> settings;
  std::optional<StudyFacts> facts;
  std::vector<TrainingRecord> trainings;  ///< in order of their files' names
  std::vector<ScoredCenter> scored;       ///< of tasks with two classes
  std::size_t missing_predictions = 0;    ///< files that trainings name and that are not there

  /// "" if the study has no such setting.
  std::string Setting(const std::string& setting) const;
};

/// Errors: kNotFound: no summary.json in it; kInvalidArgument as above.
Result<StudyRecord> ReadStudy(const std::string& folder);

}  // namespace consilium
