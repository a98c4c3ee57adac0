#include "simulations/sweep/sweep_folder.h"

#include "common/storage/file_io.h"

#include <nlohmann/json.hpp>

#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <sys/file.h>
#include <system_error>
#include <unistd.h>

namespace consilium {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr std::uint64_t kMaxFile = 256 << 20;
constexpr std::string_view kJobsFile = "/sweep.json";

Json JobToJson(const SweepJob& job) {
  Json settings = Json::object();
  for (const auto& [name, value] : job.settings) settings[name] = value;
  return {{"id", job.id}, {"variant", job.variant}, {"settings", std::move(settings)}};
}

SweepJob JobFromJson(const Json& json) {
  SweepJob job;
  job.id = json.at("id").get<std::string>();
  job.variant = json.at("variant").get<std::string>();
  for (const auto& [name, value] : json.at("settings").items()) {
    job.settings.emplace_back(name, value.get<std::string>());
  }
  return job;
}

}  // namespace

JobLock::~JobLock() {
  if (descriptor_ >= 0) close(descriptor_);
}

Status SweepFolder::Open(const std::vector<SweepJob>& jobs) const {
  if (path_.empty()) return InvalidArgument("out: no folder given, expected --out DIR");
  std::error_code error;
  if (fs::exists(path_, error) && !fs::exists(path_ + std::string(kJobsFile), error) &&
      !(fs::is_directory(path_, error) && fs::is_empty(path_, error)) &&
      !fs::exists(path_ + "/locks", error)) {
    return InvalidArgument(path_ +
                           ": out: holds something else, expected a new folder or a sweep's");
  }
  for (const char* name : {"/locks", "/jobs", "/done", "/logs"}) {
    fs::create_directories(path_ + name, error);
    if (error) return InvalidArgument(path_ + ": out: cannot be written: " + error.message());
  }
  Json list = Json::array();
  for (const SweepJob& job : jobs) list.push_back(JobToJson(job));
  return Write("sweep.json", Json{{"jobs", std::move(list)}}.dump(1) + "\n");
}

Result<std::vector<SweepJob>> SweepFolder::Jobs() const {
  const std::string path = path_ + std::string(kJobsFile);
  CONSILIUM_ASSIGN_OR_RETURN(const Bytes file, ReadFile(path, kMaxFile));
  try {
    std::vector<SweepJob> jobs;
    const Json root = Json::parse(AsText(file));
    for (const Json& job : root.at("jobs")) jobs.push_back(JobFromJson(job));
    return jobs;
  } catch (const Json::exception& error) {
    return InvalidArgument(path + ": not as written by this program: " + error.what());
  }
}

Result<std::optional<JobLock>> SweepFolder::Lock(const std::string& id) const {
  const std::string path = path_ + "/locks/" + id;
  const int descriptor = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (descriptor < 0) {
    return InvalidArgument(path + ": " + std::generic_category().message(errno));
  }
  JobLock lock(descriptor);
  if (flock(descriptor, LOCK_EX | LOCK_NB) == 0) return std::optional(std::move(lock));
  if (errno == EWOULDBLOCK) return std::optional<JobLock>();
  return InvalidArgument(path + ": cannot be locked: " + std::generic_category().message(errno));
}

bool SweepFolder::IsDone(const std::string& id) const {
  std::error_code error;
  return fs::exists(DonePath(id), error) && fs::exists(StudyPath(id) + "/summary.json", error);
}

bool SweepFolder::IsBegun(const std::string& id) const {
  std::error_code error;
  if (fs::exists(StudyPath(id) + "/settings.json", error)) return true;
  fs::remove_all(StudyPath(id), error);
  return false;
}

Status SweepFolder::MarkDone(const std::string& id, const JobCost& cost) const {
  const Json json = {{"seconds", cost.seconds}, {"peak_memory_mib", cost.peak_memory_mib}};
  return Write("done/" + id + ".json", json.dump() + "\n");
}

std::optional<JobCost> SweepFolder::CostOf(const std::string& id) const {
  const Result<Bytes> file = ReadFile(DonePath(id), kMaxFile);
  if (!file.ok()) return std::nullopt;
  const Json json = Json::parse(AsText(*file), nullptr, false);
  if (!json.is_object() || !json.contains("seconds")) return std::nullopt;
  return JobCost{json.value("seconds", 0.0), json.value("peak_memory_mib", 0.0)};
}

std::string SweepFolder::LastLine(const std::string& id) const {
  std::ifstream log(LogPath(id));
  std::string last;
  for (std::string line; std::getline(log, line);) {
    if (!line.empty()) last = line;
  }
  return last;
}

Status SweepFolder::Write(const std::string& name, std::string_view text) const {
  return WriteFileAtomically(path_ + "/" + name, AsBytes(text));
}

}  // namespace consilium
