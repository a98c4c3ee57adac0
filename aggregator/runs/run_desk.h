/// The runs of an aggregator: takes orders of operators, opens the runs whose turn it is, and tells
/// each site which runs it is in.
///
/// What is decided where: RunQueue says which state may follow, RoundCoordinator runs the rounds;
/// here both are stored and carried out. A change is stored before it is applied: after a kill the
/// same queue and states are read back.
/// Sites    which run a site is offered: run_offer.h. What it was offered is stored (visits), so that
///          it learns how a run ended even when others are on.
/// Folder   runs.sqlite (sqlite_run_store.h), runs/RUN/ (run_folder.h), backups/ while one is sent.
/// Locks    mutex_, then a coordinator's own; observers of coordinators take events_mutex_ alone.
/// Threads  any; Tick by one thread.
#pragma once

#include "aggregator/runs/run_admin.h"
#include "aggregator/runs/run_directory.h"
#include "aggregator/runs/run_folder.h"
#include "aggregator/runs/run_queue.h"
#include "aggregator/runs/store_snapshot.h"
#include "aggregator/sqlite_run_store.h"

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <set>

namespace consilium {

class RunDesk final : public RunDirectory, public RunAdmin {
 public:
  struct Options {
    std::string state_folder;
    const Clock* clock = nullptr;
    Retention retention;      ///< of each run
    int max_active_runs = 1;  ///< at a time
    /// Told of each event, in one line; from any thread. May be empty.
    std::function<void(const std::string& line)> log;
  };
  static Result<std::unique_ptr<RunDesk>> Open(Options options);
  ~RunDesk() override;

  /// Opens the runs whose turn it is, and notes what the active ones have come to. Errors: what keeps
  /// one from going on for the moment, which is also an event and keeps no other from it; a run that
  /// can never go on becomes failed.
  Status Tick();
  /// Ends all waiting calls and closes all runs; nothing may be asked afterwards.
  void Shutdown();

  Result<std::shared_ptr<RoundCoordinator>> Offered(const SiteId& site,
                                                    const RunRequest& request) override;
  Result<std::shared_ptr<RoundCoordinator>> Current(const SiteId& site, const RunId& run) override;

  Result<std::unique_ptr<RunIntake>> StartRun(const std::string& yaml, const std::string& file_name,
                                              const std::string& actor) override;
  Result<RunChange> Order(const RunId& run, RunOrder order, const std::string& cause,
                          const std::string& actor) override;
  Result<std::vector<RunSummary>> Runs() override;
  Result<RunDetail> Show(const RunId& run) override;
  Result<std::vector<SiteStatus>> Sites() override;
  Result<TensorFile> Export(const RunId& run, std::optional<RoundNumber> round) override;
  Result<std::unique_ptr<BackupSource>> Backup(const std::string& actor) override;
  std::vector<AdminEvent> Events(std::int64_t after, std::size_t limit, Millis patience) override;

 private:
  friend class StoredIntake;
  class CopyingScope;
  using Folder = std::shared_ptr<RunFolder>;

  RunDesk(Options options, std::unique_ptr<SqliteRunStore> store)
      : options_(std::move(options)), store_(std::move(store)), queue_(options_.max_active_runs) {}

  // All of these require mutex_.
  Status Restore();
  Status RemoveFiles(const RunId& run);
  void SweepRuns();
  Result<RunChange> Change(const RunId& run, RunState state, const std::string& cause,
                           const std::string& actor);
  Result<Folder> OpenFolder(const RunId& run);
  /// As OpenFolder, but what is opened for this call alone closes with it.
  Result<Folder> Borrow(const RunId& run);
  Result<Folder> Make(const RunId& run, bool worker);
  Result<std::shared_ptr<RoundCoordinator>> CoordinatorOf(const RunId& run);
  Status GoOn();
  Status OpenNext();
  Status Follow(const RunId& run);
  Result<RunSummary> Summarise(const RunId& run);
  Result<std::vector<LedgerRound>> LedgerOf(const RunId& run, const Folder& folder);
  void CloseUnvisited();
  Result<std::vector<BackedUpRun>> CopyQueue(StoreSnapshot& snapshot);

  // Takes mutex_ itself.
  Status CopyRun(BackedUpRun run, StoreSnapshot& snapshot);

  std::string FolderOf(const RunId& run) const;
  void AddEvent(const RunId& run, const std::string& actor, const std::string& text);

  const Options options_;
  std::mutex mutex_;
  const std::unique_ptr<SqliteRunStore> store_;
  RunQueue queue_;
  std::map<RunId, Folder> open_;
  std::map<SiteId, std::vector<RunId>> visits_;  // latest last
  std::set<RunId> arriving_;
  std::map<RunId, RunSummary> summaries_;  // of runs that are over
  bool copying_ = false;                   // a backup is being made: no folder may close or go
  std::int64_t backups_ = 0;
  bool stopping_ = false;
  std::string trouble_;  // why the last Tick failed

  std::mutex events_mutex_;
  std::condition_variable new_event_;
  std::deque<AdminEvent> events_;
  std::int64_t last_event_ = 0;
};

}  // namespace consilium
