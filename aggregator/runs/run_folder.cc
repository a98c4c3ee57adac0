#include "aggregator/runs/run_folder.h"

#include "aggregator/sqlite_store.h"
#include "common/config/run_config.h"
#include "common/security/sha256.h"

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

}  // namespace

std::string BlobFolder(const std::string& run_folder) {
  return (std::filesystem::path(run_folder) / "blobs").string();
}

Result<std::shared_ptr<RunFolder>> RunFolder::Open(const Options& options, const RunPlan& plan,
                                                   TensorFile initial) {
  const auto made = std::shared_ptr<RunFolder>(new RunFolder());
  made->plan_ = plan;
  CONSILIUM_ASSIGN_OR_RETURN(made->blobs_, OpenDiskBlobStore(BlobFolder(options.folder)));
  const std::string log = (std::filesystem::path(options.folder) / "rounds.sqlite").string();
  CONSILIUM_ASSIGN_OR_RETURN(made->store_, OpenSqliteRoundStore(log, StandsFor(plan, initial)));
  RoundCoordinator::Options run;
  run.plan = plan;
  run.initial = std::move(initial);
  run.blobs = made->blobs_.get();
  run.store = made->store_.get();
  run.clock = options.clock;
  run.hasher = Sha256();
  run.observer = options.observer;
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

}  // namespace consilium
