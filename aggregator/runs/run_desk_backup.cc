/// How a RunDesk is copied while its runs go on.
///
/// The queue first, then each run: a run that went on in between is ahead of the queue, which catches
/// up when it is opened, as after a kill.
#include "aggregator/runs/run_desk.h"

#include <filesystem>
#include <utility>

namespace consilium {

/// Keeps folders open, and other backups away, while one is made.
class RunDesk::CopyingScope {
 public:
  explicit CopyingScope(RunDesk& desk) : desk_(desk) {}
  CopyingScope(const CopyingScope&) = delete;
  CopyingScope& operator=(const CopyingScope&) = delete;
  ~CopyingScope() {
    const std::lock_guard lock(desk_.mutex_);
    desk_.copying_ = false;
  }

 private:
  RunDesk& desk_;
};

Result<std::unique_ptr<BackupSource>> RunDesk::Backup(const std::string& actor) {
  std::unique_ptr<StoreSnapshot> snapshot;
  std::vector<BackedUpRun> runs;
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return Unavailable("the aggregator is shutting down");
    if (copying_) return Unavailable("another backup is being made, try again in a moment");
    const std::string folder =
        (std::filesystem::path(BackupsFolder(options_.state_folder)) / std::to_string(++backups_))
            .string();
    CONSILIUM_ASSIGN_OR_RETURN(snapshot, StoreSnapshot::Make(folder, options_.clock->Now()));
    CONSILIUM_ASSIGN_OR_RETURN(runs, CopyQueue(*snapshot));
    copying_ = true;
  }
  const CopyingScope copying(*this);
  for (BackedUpRun& run : runs) {
    const std::string name = run.run.str();
    CONSILIUM_RETURN_IF_ERROR(CopyRun(std::move(run), *snapshot).WithContext("run " + name));
  }
  const BackupStart& start = snapshot->start();
  std::string text = "backup: ";
  text.append(std::to_string(start.files)).append(" files, ");
  text.append(std::to_string(start.byte_size)).append(" bytes");
  AddEvent(RunId(), actor, text);
  return std::unique_ptr<BackupSource>(std::move(snapshot));
}

/// The runs of the copied queue whose folders belong to the backup.
Result<std::vector<BackedUpRun>> RunDesk::CopyQueue(StoreSnapshot& snapshot) {
  CONSILIUM_ASSIGN_OR_RETURN(const auto copy, store_->BeginCopy(snapshot.PathOf("runs.sqlite")));
  for (bool whole = false; !whole;) {
    CONSILIUM_ASSIGN_OR_RETURN(whole, copy->Step());
  }
  CONSILIUM_RETURN_IF_ERROR(snapshot.Add("runs.sqlite", ""));
  std::vector<BackedUpRun> runs;
  runs.reserve(queue_.order().size());
  for (const RunId& run : queue_.order()) {
    CONSILIUM_ASSIGN_OR_RETURN(const RunQueue::Run* const known, queue_.Find(run));
    // Of a failed run the files are what is wrong, of a removed one they are gone; what is known of
    // it is in the queue.
    const bool copied = known->state != RunState::kFailed && known->state != RunState::kRemoved;
    if (copied) runs.push_back({run, known->state, std::nullopt});
  }
  return runs;
}

Status RunDesk::CopyRun(BackedUpRun run, StoreSnapshot& snapshot) {
  const std::string target = snapshot.PathOf(StoreSnapshot::RunPath(run.run));
  Folder open;
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return Unavailable("the aggregator is shutting down");
    const auto known = open_.find(run.run);
    if (known == open_.end()) {
      // Nobody opens it meanwhile: that takes the same mutex.
      CONSILIUM_ASSIGN_OR_RETURN(const std::vector<NeededBlob> blobs,
                                 CopyClosedRun(FolderOf(run.run), target));
      return snapshot.AddRun(run, blobs);
    }
    open = known->second;
  }
  CONSILIUM_ASSIGN_OR_RETURN(const RunMoment moment, open->CopyTo(target));
  if (!IsOver(run.state)) run.round = moment.round;
  return snapshot.AddRun(run, moment.blobs);
}

}  // namespace consilium
