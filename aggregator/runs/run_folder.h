/// A run on disk: its event log, its models and its spooled updates in one folder.
///
/// Holds     rounds.sqlite (sqlite_store.h), blobs/ (blob_names.h); of runs that operators started
///           also blobs/first/model.safetensors, as it came.
/// Threads   plain; the coordinator has its own rules.
#pragma once

#include "aggregator/round_coordinator.h"
#include "aggregator/sqlite_store.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace consilium {

inline constexpr std::string_view kFirstModelBlob = "first/model.safetensors";
inline constexpr std::string_view kEventLogFile = "rounds.sqlite";
/// No file with a first model is larger.
inline constexpr std::uint64_t kMaxModelFile = std::uint64_t{1} << 36;

class RunFolder {
 public:
  struct Options {
    std::string folder;
    const Clock* clock = nullptr;
    CoordinatorObserver observer;
    Retention retention;
    bool worker = true;
    RunActivity activity = RunActivity::kActive;
  };
  /// Begins the run or goes on with it. Errors: as RoundCoordinator::Open and the stores;
  /// kFailedPrecondition if the folder belongs to another plan or first model.
  static Result<std::shared_ptr<RunFolder>> Open(const Options& options, const RunPlan& plan,
                                                 TensorFile initial);
  /// The same with the first model that lies in the folder.
  static Result<std::shared_ptr<RunFolder>> Open(const Options& options, const RunPlan& plan);

  /// The event log of one moment and the files that it names, also in the new folder `folder` of the
  /// same file system: a copy of the log, links to the files. Rounds go on meanwhile.
  Result<RunMoment> CopyTo(const std::string& folder) const;

  const RunPlan& plan() const { return plan_; }
  RoundCoordinator& coordinator() { return *coordinator_; }

 private:
  explicit RunFolder(std::string folder) : folder_(std::move(folder)) {}
  const std::string folder_;
  RunPlan plan_;
  // In this order: the coordinator ends before what it writes to.
  std::unique_ptr<BlobStore> blobs_;
  std::unique_ptr<SqliteRoundStore> store_;
  std::unique_ptr<RoundCoordinator> coordinator_;
};

std::string BlobFolder(const std::string& run_folder);
/// As RunFolder::CopyTo, of a run that nobody has open: with all files that are there.
Result<std::vector<NeededBlob>> CopyClosedRun(const std::string& run_folder,
                                              const std::string& folder);

}  // namespace consilium
