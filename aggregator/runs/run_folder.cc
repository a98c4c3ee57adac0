#include "aggregator/runs/run_folder.h"

#include "common/config/run_config.h"
#include "common/security/sha256.h"
#include "common/storage/posix_file.h"

#include <filesystem>
#include <utility>

namespace consilium {
namespace {

/// What the stored events belong to: the plan and the first model.
std::string StandsFor(const RunPlan& plan, const TensorFile& initial) {
  std::string text = FormatRunPlan(plan);
  text.append("# initial model: ").append(Digest(Sha256(), initial.blob.bytes)).append("\n");
  return text;
}

std::string LogPath(const std::string& run_folder) {
  return (std::filesystem::path(run_folder) / kEventLogFile).string();
}

/// Blobs never change once they have their name: a link keeps one as it is.
Status LinkBlobs(const std::string& from, const std::string& to,
                 const std::vector<NeededBlob>& blobs) {
  for (const NeededBlob& blob : blobs) {
    const std::filesystem::path target = std::filesystem::path(BlobFolder(to)) / blob.name;
    CONSILIUM_RETURN_IF_ERROR(MakeFolders(target.parent_path().string()));
    CONSILIUM_RETURN_IF_ERROR(
        LinkFile((std::filesystem::path(BlobFolder(from)) / blob.name).string(), target.string()));
  }
  return OkStatus();
}

}  // namespace

std::string BlobFolder(const std::string& run_folder) {
  return (std::filesystem::path(run_folder) / "blobs").string();
}

Result<std::shared_ptr<RunFolder>> RunFolder::Open(const Options& options, const RunPlan& plan,
                                                   TensorFile initial) {
  const auto made = std::shared_ptr<RunFolder>(new RunFolder(options.folder));
  made->plan_ = plan;
  CONSILIUM_ASSIGN_OR_RETURN(made->blobs_, OpenDiskBlobStore(BlobFolder(options.folder)));
  CONSILIUM_ASSIGN_OR_RETURN(
      made->store_, OpenSqliteRoundStore(LogPath(options.folder), StandsFor(plan, initial)));
  RoundCoordinator::Options run;
  run.plan = plan;
  run.initial = std::move(initial);
  run.blobs = made->blobs_.get();
  run.store = made->store_.get();
  run.clock = options.clock;
  run.hasher = Sha256();
  run.observer = options.observer;
  run.retention = options.retention;
  run.worker = options.worker;
  run.activity = options.activity;
  CONSILIUM_ASSIGN_OR_RETURN(made->coordinator_, RoundCoordinator::Open(std::move(run)));
  return made;
}

Result<std::shared_ptr<RunFolder>> RunFolder::Open(const Options& options, const RunPlan& plan) {
  TensorFile initial;
  {
    CONSILIUM_ASSIGN_OR_RETURN(const auto blobs, OpenDiskBlobStore(BlobFolder(options.folder)));
    CONSILIUM_ASSIGN_OR_RETURN(const Bytes file, blobs->ReadAll(kFirstModelBlob));
    CONSILIUM_ASSIGN_OR_RETURN(initial, ParseSafetensors(file, "the first model"));
  }
  return Open(options, plan, std::move(initial));
}

Result<RunMoment> RunFolder::CopyTo(const std::string& folder) const {
  CONSILIUM_RETURN_IF_ERROR(MakeFolders(folder));
  std::unique_ptr<SqliteCopy> copy;
  RunMoment copied;
  // A part of the log at a time, so that no site waits for all of it.
  for (bool whole = false; !whole;) {
    const auto step = [&](const RunMoment& moment) -> Status {
      if (!copy) {
        CONSILIUM_ASSIGN_OR_RETURN(copy, store_->BeginCopy(LogPath(folder)));
      }
      CONSILIUM_ASSIGN_OR_RETURN(whole, copy->Step());
      if (!whole) return OkStatus();
      copied = moment;
      return LinkBlobs(folder_, folder, copied.blobs);
    };
    CONSILIUM_RETURN_IF_ERROR(coordinator_->HoldStill(step));
  }
  if (blobs_->Size(kFirstModelBlob).ok()) {
    CONSILIUM_RETURN_IF_ERROR(LinkBlobs(folder_, folder, {{std::string(kFirstModelBlob), ""}}));
    copied.blobs.push_back({std::string(kFirstModelBlob), ""});
  }
  return copied;
}

Result<std::vector<NeededBlob>> CopyClosedRun(const std::string& run_folder,
                                              const std::string& folder) {
  CONSILIUM_RETURN_IF_ERROR(MakeFolders(folder));
  CONSILIUM_ASSIGN_OR_RETURN(const auto log, SqliteDatabase::OpenStored(LogPath(run_folder)));
  CONSILIUM_ASSIGN_OR_RETURN(const auto copy, log->BeginCopy(LogPath(folder)));
  for (bool whole = false; !whole;) {
    CONSILIUM_ASSIGN_OR_RETURN(whole, copy->Step());
  }
  CONSILIUM_ASSIGN_OR_RETURN(const auto blobs, OpenDiskBlobStore(BlobFolder(run_folder)));
  CONSILIUM_ASSIGN_OR_RETURN(const std::vector<std::string> names, blobs->List(""));
  std::vector<NeededBlob> there;
  there.reserve(names.size());
  for (const std::string& name : names) there.push_back({name, ""});
  CONSILIUM_RETURN_IF_ERROR(LinkBlobs(run_folder, folder, there));
  return there;
}

}  // namespace consilium
