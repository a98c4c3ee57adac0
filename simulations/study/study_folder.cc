#include "simulations/study/study_folder.h"

#include "common/storage/file_io.h"
#include "simulations/results/summary_file.h"

#include <nlohmann/json.hpp>

#include <filesystem>
#include <system_error>

namespace consilium {
namespace {

namespace fs = std::filesystem;
constexpr std::uint64_t kMaxRecord = 64 << 20;
constexpr std::string_view kSettingsFile = "settings.json";

Status NotWritable(const std::string& path, const std::string& why) {
  return InvalidArgument(path + ": out: cannot be written (" + why +
                         "), expected a folder that can be made or is empty");
}

/// Makes `path` and returns the topmost folder that was not there before; "" if all were.
Result<fs::path> MakeFolders(const fs::path& path) {
  fs::path made;
  std::error_code error;
  for (fs::path at = fs::absolute(path).lexically_normal(); !fs::exists(at, error);
       at = at.parent_path()) {
    if (!at.filename().empty()) made = at;
    if (at == at.parent_path()) break;
  }
  fs::create_directories(path, error);
  if (error) {
    if (!made.empty()) fs::remove_all(made, error);
    return NotWritable(path.string(), error.message());
  }
  return made;
}

Status CheckContents(const std::string& path, bool resume) {
  std::error_code error;
  if (!fs::exists(path, error)) {
    if (!resume) return OkStatus();
    return InvalidArgument(path + ": out: nothing to resume, there is no such folder");
  }
  if (!fs::is_directory(path, error)) return NotWritable(path, "it is a file");
  const bool empty = fs::is_empty(path, error);
  if (error) return NotWritable(path, error.message());
  const bool study = fs::exists(fs::path(path) / kSettingsFile, error);
  if (resume && !study) {
    return InvalidArgument(path + ": out: nothing to resume, it has no " +
                           std::string(kSettingsFile));
  }
  if (!resume && !empty) {
    return InvalidArgument(path + ": out: is not empty, expected a new folder" +
                           (study ? ", or --resume to go on with the study in it" : ""));
  }
  return OkStatus();
}

Status WriteText(const std::string& path, std::string_view text) {
  return WriteFileAtomically(path, AsBytes(text));
}

std::string FormatSettings(const Settings& settings) {
  nlohmann::ordered_json json = nlohmann::ordered_json::object();
  for (const auto& [name, value] : settings) json[name] = value;
  return json.dump(2) + "\n";
}

Status CheckSettings(const std::string& path, const Settings& settings) {
  CONSILIUM_ASSIGN_OR_RETURN(const Bytes file, ReadFile(path, kMaxRecord));
  const auto stored = nlohmann::ordered_json::parse(AsText(file), nullptr, false);
  if (!stored.is_object()) return InvalidArgument(path + ": is not a study's settings");
  for (const auto& [name, value] : settings) {
    const auto found = stored.find(name);
    const std::string was =
        found != stored.end() && found->is_string() ? found->get<std::string>() : "";
    if (was != value) {
      std::string text = path;
      text.append(": ").append(name).append(": the study has '").append(was);
      text.append("', expected the same but got '").append(value);
      return InvalidArgument(text.append("' (use another --out for other settings)"));
    }
  }
  return OkStatus();
}

}  // namespace

Status StudyFolder::Check(const std::string& path, bool resume) {
  if (path.empty()) return InvalidArgument("out: no folder given, expected --out DIR");
  CONSILIUM_RETURN_IF_ERROR(CheckContents(path, resume));
  CONSILIUM_ASSIGN_OR_RETURN(const fs::path made, MakeFolders(path));
  const std::string probe = path + "/.probe";
  const Status written = WriteText(probe, "");
  std::error_code ignored;
  fs::remove(probe, ignored);
  if (!made.empty()) fs::remove_all(made, ignored);
  if (!written.ok()) return NotWritable(path, written.message());
  return OkStatus();
}

Result<StudyFolder> StudyFolder::Open(const std::string& path, bool resume,
                                      const Settings& settings) {
  CONSILIUM_RETURN_IF_ERROR(CheckContents(path, resume));
  const std::string settings_path = path + "/" + std::string(kSettingsFile);
  if (resume) CONSILIUM_RETURN_IF_ERROR(CheckSettings(settings_path, settings));
  for (const std::string& folder :
       {path, path + "/jobs", path + "/predictions", path + "/trainings"}) {
    CONSILIUM_RETURN_IF_ERROR(MakeFolders(folder).status());
  }
  if (!resume) CONSILIUM_RETURN_IF_ERROR(WriteText(settings_path, FormatSettings(settings)));
  return StudyFolder(path);
}

Result<std::string> StudyFolder::MakeModelsFolder() const {
  const std::string folder = path_ + "/models";
  CONSILIUM_RETURN_IF_ERROR(MakeFolders(folder).status());
  return folder;
}

Result<std::optional<std::vector<Row>>> StudyFolder::Load(const Job& job) const {
  const std::string path = path_ + "/jobs/" + job.id + ".json";
  std::error_code error;
  if (!fs::exists(path, error)) return std::optional<std::vector<Row>>();
  CONSILIUM_ASSIGN_OR_RETURN(const Bytes file, ReadFile(path, kMaxRecord));
  CONSILIUM_ASSIGN_OR_RETURN(std::vector<Row> rows, ParseRows(AsText(file), path));
  return std::optional(std::move(rows));
}

Status StudyFolder::Save(const Job& job, const TrainedJob& trained) const {
  TrainingRecord record = trained.record;
  std::vector<Row> rows;
  for (const ScoredModel& model : trained.scored) {
    CONSILIUM_RETURN_IF_ERROR(Write("predictions/" + model.name + ".csv", model.predictions_csv));
    if (model.rows.empty()) continue;
    const Row& row = model.rows.front();
    record.protocol = row.protocol;
    record.method = row.method;
    record.site = row.site;
    record.backbone = row.backbone;
    record.seed = row.seed;
    record.predictions.emplace_back(row.left_out, model.name);
    rows.insert(rows.end(), model.rows.begin(), model.rows.end());
  }
  CONSILIUM_RETURN_IF_ERROR(Write("trainings/" + job.id + ".json", FormatTrainingRecord(record)));
  return Write("jobs/" + job.id + ".json", FormatRows(rows));
}

Status StudyFolder::Write(const std::string& name, std::string_view text) const {
  return WriteText(path_ + "/" + name, text);
}

}  // namespace consilium
