#include "simulations/report/study_record.h"

#include "common/storage/file_io.h"
#include "simulations/results/summary_file.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <filesystem>
#include <system_error>

namespace consilium {
namespace {

namespace fs = std::filesystem;
constexpr std::uint64_t kMaxJson = 256 << 20;
constexpr std::uint64_t kMaxPredictions = 64 << 20;

bool Exists(const std::string& path) {
  std::error_code error;
  return fs::exists(path, error);
}

Status ReadSettings(const std::string& path, StudyRecord& study) {
  if (!Exists(path)) return OkStatus();
  CONSILIUM_ASSIGN_OR_RETURN(const Bytes file, ReadFile(path, kMaxJson));
  const auto json = nlohmann::ordered_json::parse(AsText(file), nullptr, false);
  if (!json.is_object()) return InvalidArgument(path + ": is not a study's settings");
  for (const auto& [name, value] : json.items()) {
    if (!value.is_string())
      return InvalidArgument(
          std::string(path).append(": ").append(name).append(": expected a text"));
    study.settings.emplace_back(name, value.get<std::string>());
  }
  return OkStatus();
}

Status ReadFacts(const std::string& path, StudyRecord& study) {
  if (!Exists(path)) return OkStatus();
  CONSILIUM_ASSIGN_OR_RETURN(const Bytes file, ReadFile(path, kMaxJson));
  CONSILIUM_ASSIGN_OR_RETURN(study.facts, ParseStudyFacts(AsText(file), path));
  return OkStatus();
}

Status ReadTrainings(const std::string& folder, StudyRecord& study) {
  std::vector<std::string> paths;
  std::error_code error;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    if (at->path().extension() == ".json") paths.push_back(at->path().string());
  }
  std::sort(paths.begin(), paths.end());
  for (const std::string& path : paths) {
    CONSILIUM_ASSIGN_OR_RETURN(const Bytes file, ReadFile(path, kMaxJson));
    CONSILIUM_ASSIGN_OR_RETURN(TrainingRecord record, ParseTrainingRecord(AsText(file), path));
    study.trainings.push_back(std::move(record));
  }
  return OkStatus();
}

/// One file of predictions, for each task with two classes.
Status ReadPredictions(const std::string& path, const TrainingRecord& training,
                       const std::string& left_out, StudyRecord& study) {
  if (!study.facts) return OkStatus();
  if (!Exists(path)) {
    ++study.missing_predictions;
    return OkStatus();
  }
  CONSILIUM_ASSIGN_OR_RETURN(const Bytes file, ReadFile(path, kMaxPredictions));
  for (const StudyFacts::Task& task : study.facts->tasks) {
    if (task.classes.size() != 2) continue;
    CONSILIUM_ASSIGN_OR_RETURN(BinaryScores scores,
                               ParseBinaryScores(AsText(file), path, task.id, task.classes));
    if (scores.outcomes.empty()) continue;
    study.scored.push_back({training.protocol, task.id, training.method, training.backbone,
                            left_out, std::move(scores)});
  }
  return OkStatus();
}

std::string NameOf(const std::string& folder) {
  std::error_code error;
  fs::path path = fs::absolute(folder, error).lexically_normal();
  if (!path.has_filename()) path = path.parent_path();
  return path.filename().string();
}

}  // namespace

std::string StudyRecord::Setting(const std::string& setting) const {
  const auto found = std::find_if(settings.begin(), settings.end(),
                                  [&](const auto& one) { return one.first == setting; });
  return found == settings.end() ? "" : found->second;
}

Result<StudyRecord> ReadStudy(const std::string& folder) {
  StudyRecord study;
  study.name = NameOf(folder);
  const std::string summary = folder + "/summary.json";
  if (!Exists(summary)) {
    return NotFound(summary + ": no such file, expected the folder of a study");
  }
  CONSILIUM_ASSIGN_OR_RETURN(const Bytes file, ReadFile(summary, kMaxJson));
  CONSILIUM_ASSIGN_OR_RETURN(study.summary, ParseSummary(AsText(file), summary));
  CONSILIUM_RETURN_IF_ERROR(ReadSettings(folder + "/settings.json", study));
  CONSILIUM_RETURN_IF_ERROR(ReadFacts(folder + "/study.json", study));
  CONSILIUM_RETURN_IF_ERROR(ReadTrainings(folder + "/trainings", study));
  for (const TrainingRecord& training : study.trainings) {
    for (const auto& [left_out, name] : training.predictions) {
      std::string path = folder;
      path.append("/predictions/").append(name).append(".csv");
      CONSILIUM_RETURN_IF_ERROR(ReadPredictions(path, training, left_out, study));
    }
  }
  return study;
}

}  // namespace consilium
