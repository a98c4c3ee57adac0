#include "aggregator/admin/backup_manifest.h"

#include "common/storage/blob_name.h"

#include <nlohmann/json.hpp>

#include <cstdio>
#include <limits>
#include <set>

namespace consilium {
namespace {

using ManifestJson = nlohmann::ordered_json;

constexpr std::uint64_t kMaxCount = std::uint64_t{1} << 60;
constexpr std::size_t kHexDigits = 64;

Status NoManifest(const std::string& field, const std::string& expected) {
  return DataLoss(field + ": expected " + expected);
}

/// `json` may be anything.
Result<std::uint64_t> Count(const ManifestJson& json, const std::string& field) {
  const auto found = json.is_object() ? json.find(field) : json.end();
  if (!json.is_object() || found == json.end() || !found->is_number_unsigned() ||
      found->get<std::uint64_t>() > kMaxCount) {
    return NoManifest(field, "a number from 0 to 2^60");
  }
  return found->get<std::uint64_t>();
}

Result<std::string> Text(const ManifestJson& json, const std::string& field) {
  const auto found = json.is_object() ? json.find(field) : json.end();
  if (!json.is_object() || found == json.end() || !found->is_string()) {
    return NoManifest(field, "a text");
  }
  return found->get<std::string>();
}

Result<const ManifestJson*> List(const ManifestJson& json, const std::string& field) {
  const auto found = json.is_object() ? json.find(field) : json.end();
  if (!json.is_object() || found == json.end() || !found->is_array()) {
    return NoManifest(field, "a list");
  }
  return &*found;
}

ManifestJson RunsOf(const BackupStart& start) {
  ManifestJson runs = ManifestJson::array();
  for (const BackedUpRun& run : start.runs) {
    runs.push_back({{"run", run.run.str()},
                    {"state", ToString(run.state)},
                    {"round", run.round ? ManifestJson(*run.round) : ManifestJson(nullptr)}});
  }
  return runs;
}

Result<BackedUpRun> RunFrom(const ManifestJson& json) {
  BackedUpRun run;
  CONSILIUM_ASSIGN_OR_RETURN(const std::string name, Text(json, "run"));
  CONSILIUM_ASSIGN_OR_RETURN(const std::string state, Text(json, "state"));
  run.run = RunId(name);
  const Result<RunState> known = ParseRunState(state);
  if (!known.ok()) return NoManifest("state", "one that this program knows");
  run.state = *known;
  if (json.contains("round") && !json.at("round").is_null()) {
    CONSILIUM_ASSIGN_OR_RETURN(const std::uint64_t round, Count(json, "round"));
    if (round > static_cast<std::uint64_t>(std::numeric_limits<RoundNumber>::max())) {
      return NoManifest("round", "a round's number");
    }
    run.round = static_cast<RoundNumber>(round);
  }
  return run;
}

Result<BackupManifest::File> FileFrom(const ManifestJson& json) {
  BackupManifest::File file;
  CONSILIUM_ASSIGN_OR_RETURN(file.file.path, Text(json, "path"));
  CONSILIUM_ASSIGN_OR_RETURN(file.file.byte_size, Count(json, "byte_size"));
  CONSILIUM_ASSIGN_OR_RETURN(file.sha256, Text(json, "sha256"));
  CONSILIUM_RETURN_IF_ERROR(CheckBackupPath(file.file.path));
  const bool hex = file.sha256.size() == kHexDigits &&
                   file.sha256.find_first_not_of("0123456789abcdef") == std::string::npos;
  return hex ? Result<BackupManifest::File>(std::move(file))
             : NoManifest("sha256", "64 hexadecimal digits");
}

}  // namespace

Status CheckBackupPath(const std::string& path) {
  if (ValidateBlobName(path).ok()) return OkStatus();
  return NoManifest("path", "parts of [A-Za-z0-9._-] joined by '/'");
}

std::string FormatManifest(const BackupManifest& manifest) {
  ManifestJson json = {{"format", manifest.start.format},
                       {"at_millis", manifest.start.at.millis},
                       {"byte_size", manifest.start.byte_size},
                       {"runs", RunsOf(manifest.start)},
                       {"files", ManifestJson::array()}};
  for (const BackupManifest::File& file : manifest.files) {
    json["files"].push_back(
        {{"path", file.file.path}, {"byte_size", file.file.byte_size}, {"sha256", file.sha256}});
  }
  return json.dump(1) + "\n";
}

Result<BackupManifest> ParseManifest(std::string_view text) {
  const ManifestJson json = ManifestJson::parse(text, nullptr, false);
  if (!json.is_object()) return DataLoss("is no JSON object");
  BackupManifest manifest;
  CONSILIUM_ASSIGN_OR_RETURN(const std::uint64_t format, Count(json, "format"));
  if (format != static_cast<std::uint64_t>(kBackupFormat)) {
    return FailedPrecondition("format " + std::to_string(format) + ", expected " +
                              std::to_string(kBackupFormat) +
                              ": another version of this program wrote it");
  }
  CONSILIUM_ASSIGN_OR_RETURN(const std::uint64_t at, Count(json, "at_millis"));
  manifest.start.at.millis = static_cast<std::int64_t>(at);
  CONSILIUM_ASSIGN_OR_RETURN(manifest.start.byte_size, Count(json, "byte_size"));
  CONSILIUM_ASSIGN_OR_RETURN(const ManifestJson* const runs, List(json, "runs"));
  manifest.start.runs.reserve(runs->size());
  for (const ManifestJson& row : *runs) {
    CONSILIUM_ASSIGN_OR_RETURN(BackedUpRun run, RunFrom(row));
    manifest.start.runs.push_back(std::move(run));
  }
  CONSILIUM_ASSIGN_OR_RETURN(const ManifestJson* const files, List(json, "files"));
  manifest.files.reserve(files->size());
  std::set<std::string> seen;
  std::uint64_t sum = 0;
  for (const ManifestJson& row : *files) {
    CONSILIUM_ASSIGN_OR_RETURN(BackupManifest::File file, FileFrom(row));
    if (!seen.insert(file.file.path).second) return DataLoss(file.file.path + ": is named twice");
    sum += file.file.byte_size;
    manifest.files.push_back(std::move(file));
  }
  manifest.start.files = static_cast<std::int64_t>(manifest.files.size());
  if (sum != manifest.start.byte_size) return NoManifest("byte_size", "the sum of the files'");
  return manifest;
}

std::string BackupText(const BackupStart& start, const std::string& folder) {
  std::string text = folder + ": ";
  text.append(std::to_string(start.files)).append(" files, ");
  text.append(std::to_string(start.byte_size)).append(" bytes\n");
  for (const BackedUpRun& run : start.runs) {
    text.append("run ").append(run.run.str()).append(": ").append(ToString(run.state));
    if (run.round) text.append(", round ").append(std::to_string(*run.round));
    text.append("\n");
  }
  return text;
}

std::string BackupJson(const BackupStart& start, const std::string& folder) {
  const ManifestJson json = {{"folder", folder},
                             {"at_millis", start.at.millis},
                             {"files", start.files},
                             {"byte_size", start.byte_size},
                             {"runs", RunsOf(start)}};
  return json.dump(-1, ' ', false, ManifestJson::error_handler_t::replace) + "\n";
}

}  // namespace consilium
