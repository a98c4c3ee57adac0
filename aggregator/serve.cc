#include "aggregator/serve.h"

#include "aggregator/grpc/server.h"
#include "aggregator/runs/run_folder.h"
#include "common/config/run_config.h"
#include "common/storage/file_io.h"

#include <chrono>
#include <mutex>
#include <set>
#include <thread>
#include <utility>

namespace consilium {
namespace {

constexpr Millis kTick{200};

/// Which sites have left the finished run.
class Farewell {
 public:
  void Left(const SiteId& site) {
    const std::lock_guard lock(mutex_);
    left_.insert(site);
  }
  bool AllLeft(const RunSnapshot& snapshot) const {
    const std::lock_guard lock(mutex_);
    for (const RunSnapshot::Site& site : snapshot.sites) {
      if (site.state != "lost" && !left_.contains(site.site)) return false;
    }
    return true;
  }

 private:
  mutable std::mutex mutex_;
  std::set<SiteId> left_;
};

struct Inputs {
  RunPlan plan;
  TensorFile initial;
  TlsIdentity identity;
};

Result<Inputs> ReadInputs(const ServeConfig& config) {
  Inputs inputs;
  CONSILIUM_ASSIGN_OR_RETURN(inputs.plan, ReadRunPlan(config.run_file));
  CONSILIUM_ASSIGN_OR_RETURN(
      inputs.identity, ReadTlsIdentity(config.ca_file, config.certificate_file, config.key_file));
  const Result<Bytes> model = ReadFile(config.model_file, kMaxModelFile);
  if (!model.ok()) return InvalidArgument(model.status().message());
  CONSILIUM_ASSIGN_OR_RETURN(inputs.initial, ParseSafetensors(*model, config.model_file));
  return inputs;
}

Status WriteResult(const RoundCoordinator& coordinator, const std::string& path) {
  CONSILIUM_ASSIGN_OR_RETURN(const TensorFile result, coordinator.FinalModel());
  return WriteFileAtomically(path, SerializeSafetensors(result));
}

/// Waits until the run is finished; kCancelled if interrupted before.
Status AwaitEnd(RoundCoordinator& coordinator, const Interrupt& interrupt) {
  while (!coordinator.WaitFinished(kTick)) {
    if (interrupt.Requested()) return Cancelled("interrupted; started again, the run goes on");
  }
  return OkStatus();
}

/// Stays while sites may still ask: until all have left, or for one lease, or forever.
void Linger(const RoundCoordinator& coordinator, const Farewell& farewell, Millis lease,
            bool forever, const Interrupt& interrupt) {
  const auto until = std::chrono::steady_clock::now() + lease;
  while (!interrupt.Requested()) {
    if (!forever &&
        (farewell.AllLeft(coordinator.Snapshot()) || std::chrono::steady_clock::now() > until)) {
      return;
    }
    std::this_thread::sleep_for(kTick);
  }
}

}  // namespace

Status Serve(const ServeConfig& config, const Interrupt& interrupt, DaemonLog& log) {
  CONSILIUM_ASSIGN_OR_RETURN(Inputs inputs, ReadInputs(config));
  const SystemClock clock;
  const RunPlan plan = inputs.plan;
  RunFolder::Options options;
  options.folder = config.state_folder;
  options.clock = &clock;
  options.retention.models = config.keep_models;
  options.observer = [&log](const std::string& line, const RunSnapshot&) { log.Info(line); };
  CONSILIUM_ASSIGN_OR_RETURN(const auto folder,
                             RunFolder::Open(options, plan, std::move(inputs.initial)));
  RoundCoordinator& coordinator = folder->coordinator();

  Farewell farewell;
  FederationServer::Options server_options;
  server_options.listen = config.listen;
  server_options.identity = std::move(inputs.identity);
  server_options.service.on_fault = [&log](const std::string& line) { log.Error(line); };
  server_options.service.on_left = [&farewell](const SiteId& site) { farewell.Left(site); };
  CONSILIUM_ASSIGN_OR_RETURN(const auto server,
                             FederationServer::Start(coordinator, std::move(server_options)));
  log.Info("run " + plan.run.str() + ": listening on port " + std::to_string(server->port()));

  Status status = OkStatus();
  if (!config.port_file.empty()) {
    status = WriteFileAtomically(config.port_file, AsBytes(std::to_string(server->port()) + "\n"));
  }
  if (status.ok()) status = AwaitEnd(coordinator, interrupt);
  if (status.ok() && !config.result_file.empty()) {
    status = WriteResult(coordinator, config.result_file);
  }
  if (status.ok()) {
    const ModelRef best = coordinator.BestModel();
    log.Info("run " + plan.run.str() + " finished: best version " + std::to_string(best.version) +
             ", model_sha256 " + best.digest);
    Linger(coordinator, farewell, plan.rounds.site_lease, !config.exit_when_finished, interrupt);
  }
  coordinator.Shutdown();
  server->Shutdown(Millis(2'000));
  return status;
}

}  // namespace consilium
