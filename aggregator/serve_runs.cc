#include "aggregator/grpc/server.h"
#include "aggregator/runs/run_desk.h"
#include "aggregator/serve.h"
#include "common/storage/file_io.h"

#include <thread>
#include <utility>

namespace consilium {
namespace {

constexpr Millis kTick{100};

/// Until interrupted. What keeps a run from going on is an event, and tried again.
void KeepGoing(RunDesk& desk, const Interrupt& interrupt) {
  while (!interrupt.Requested()) {
    static_cast<void>(desk.Tick());
    std::this_thread::sleep_for(kTick);
  }
}

}  // namespace

Status ServeRuns(const ServeConfig& config, const Interrupt& interrupt, DaemonLog& log) {
  FederationServer::Options options;
  CONSILIUM_ASSIGN_OR_RETURN(
      options.identity, ReadTlsIdentity(config.ca_file, config.certificate_file, config.key_file));
  const SystemClock clock;
  RunDesk::Options desk_options;
  desk_options.state_folder = config.state_folder;
  desk_options.clock = &clock;
  desk_options.retention.models = config.keep_models;
  desk_options.max_active_runs = config.max_active_runs;
  desk_options.log = [&log](const std::string& line) { log.Info(line); };
  CONSILIUM_ASSIGN_OR_RETURN(const auto desk, RunDesk::Open(std::move(desk_options)));

  options.listen = config.listen;
  options.service.on_fault = [&log](const std::string& line) { log.Error(line); };
  options.admin = desk.get();
  const auto runs = std::shared_ptr<RunDirectory>(std::shared_ptr<void>(), desk.get());
  CONSILIUM_ASSIGN_OR_RETURN(const auto server, FederationServer::Start(runs, std::move(options)));
  log.Info("listening on port " + std::to_string(server->port()));
  Status status = Cancelled("interrupted; started again, its runs go on");
  if (!config.port_file.empty()) {
    const std::string port = std::to_string(server->port()) + "\n";
    const Status written = WriteFileAtomically(config.port_file, AsBytes(port));
    if (!written.ok()) status = written;
  }
  if (status.code() == StatusCode::kCancelled) KeepGoing(*desk, interrupt);
  desk->Shutdown();
  server->Shutdown(Millis(2'000));
  return status;
}

}  // namespace consilium
