/// A run on disk: its event log, its models and its spooled updates in one folder.
///
/// Holds     rounds.sqlite (sqlite_store.h), blobs/ (blob_names.h); of runs that operators started
///           also blobs/first/model.safetensors, as it came.
/// Threads   plain; the coordinator has its own rules.
#pragma once

#include "aggregator/round_coordinator.h"

#include <memory>
#include <string>

namespace consilium {

inline constexpr std::string_view kFirstModelBlob = "first/model.safetensors";
/// No file with a first model is larger.
inline constexpr std::uint64_t kMaxModelFile = std::uint64_t{1} << 36;

class RunFolder {
 public:
  struct Options {
    std::string folder;
    const Clock* clock = nullptr;
    CoordinatorObserver observer;
    bool worker = true;
    RunActivity activity = RunActivity::kActive;
  };
  /// Begins the run or goes on with it. Errors: as RoundCoordinator::Open and the stores;
  /// kFailedPrecondition if the folder belongs to another plan or first model.
  static Result<std::shared_ptr<RunFolder>> Open(const Options& options, const RunPlan& plan,
                                                 TensorFile initial);
  /// The same with the first model that lies in the folder.
  static Result<std::shared_ptr<RunFolder>> Open(const Options& options, const RunPlan& plan);

  const RunPlan& plan() const { return plan_; }
  RoundCoordinator& coordinator() { return *coordinator_; }

 private:
  RunFolder() = default;
  RunPlan plan_;
  // In this order: the coordinator ends before what it writes to.
  std::unique_ptr<BlobStore> blobs_;
  std::unique_ptr<RoundStore> store_;
  std::unique_ptr<RoundCoordinator> coordinator_;
};

std::string BlobFolder(const std::string& run_folder);

}  // namespace consilium
