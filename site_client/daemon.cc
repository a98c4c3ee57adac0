#include "site_client/daemon.h"

#include "common/nn/compute.h"
#include "common/security/certificates.h"
#include "common/security/sha256.h"
#include "common/security/tls_identity.h"
#include "common/storage/file_io.h"
#include "common/tensor_file/model_metadata.h"
#include "common/tensor_file/safetensors.h"
#include "common/training/cuda/recorded_work.h"
#include "common/training/precision_choice.h"
#include "site_client/grpc/grpc_transport.h"
#include "site_client/heartbeat_transport.h"
#include "site_client/set_aside.h"
#include "site_client/site_data.h"
#include "site_client/site_session.h"

#include <algorithm>
#include <filesystem>
#include <thread>
#include <utility>

namespace consilium {
namespace {

constexpr Millis kHeartbeat{1'000};
constexpr Millis kBetweenRuns{5'000};
constexpr Millis kPatience{3'000};  // how long an interrupt may go unheard

/// What stays the same over all runs.
struct Site {
  SiteId id;
  TlsIdentity identity;
  ComputeOptions compute;
};

Result<Site> ReadSite(const SiteConfig& config) {
  Site site;
  CONSILIUM_ASSIGN_OR_RETURN(
      site.identity, ReadTlsIdentity(config.ca_file, config.certificate_file, config.key_file));
  const Result<std::string> name = CommonNameOf(site.identity.certificate);
  if (!name.ok()) return name.status().WithContext(config.certificate_file);
  site.id = SiteId(*name);
  CONSILIUM_RETURN_IF_ERROR(SetDevices(site.compute, config.device));
  site.compute.checkpoint_activations = config.checkpoint_activations;
  site.compute.cuda_graphs = config.cuda_graphs;
  CONSILIUM_RETURN_IF_ERROR(
      CheckGraphs(site.compute, MakeWorkRecorder(site.compute.device) != nullptr));
  CONSILIUM_ASSIGN_OR_RETURN(site.compute.precision, ParsePrecision(config.precision));
  CONSILIUM_RETURN_IF_ERROR(CheckPrecision(site.compute.precision, site.compute.device));
  site.compute.threads = config.threads > 0 ? config.threads : AvailableThreads();
  std::error_code failed;
  std::filesystem::create_directories(config.state_folder, failed);
  if (failed) return InvalidArgument(config.state_folder + ": " + failed.message());
  return site;
}

// Runs differ in their layouts; a run's name is one that a folder may have (ValidatePlan).
std::filesystem::path FolderOf(const SiteConfig& config, const RunId& run) {
  return std::filesystem::path(config.state_folder) / run.str();
}

Result<std::shared_ptr<const Dataset>> LoadData(const SiteConfig& config, const RunPlan& plan,
                                                const Interrupt& interrupt, DaemonLog& log) {
  auto data =
      config.cohort.empty()
          ? LoadSiteCache(config.tensor_cache, plan)
          : LoadSiteCohort({config.cohort, config.center, AvailableThreads(), &interrupt}, plan);
  CONSILIUM_RETURN_IF_ERROR(data.status());
  const std::string run = "run " + plan.run.str() + ": ";
  log.Info(run + std::to_string((*data)->samples.size()) + " images");
  const std::string list = (FolderOf(config, plan.run) / "unreadable-images.txt").string();
  CONSILIUM_RETURN_IF_ERROR(WriteSetAsideList(**data, list));
  for (const std::string& line : SetAsideLines(**data, list)) log.Warn(run + line);
  return data;
}

/// Of one run: its precision chosen.
Result<ComputeOptions> ComputeFor(const SiteConfig& config, const Site& site, const RunPlan& plan,
                                  DaemonLog& log) {
  ComputeOptions compute = site.compute;
  SetComputeThreads(compute.threads);
  const std::filesystem::path cache = std::filesystem::path(config.state_folder) / "precision.json";
  CONSILIUM_ASSIGN_OR_RETURN(const PrecisionChoice choice,
                             ResolvePrecision(plan, compute, cache.string()));
  compute.precision = choice.precision;
  std::string line = "run ";
  line.append(plan.run.str()).append(": computes on ").append(DevicesText(compute));
  line.append(" with ").append(std::to_string(compute.threads)).append(" threads in ");
  line.append(ToString(choice.precision)).append(" (").append(choice.reason).append(")");
  log.Info(line);
  return compute;
}

SessionOptions OptionsOf(const SiteConfig& config, const Site& site, const RunId& run,
                         const ComputeOptions& compute, Transport& transport,
                         const Interrupt& interrupt, DaemonLog& log) {
  SessionOptions options;
  options.runner.site = site.id;
  options.runner.compute = compute;
  options.runner.state_folder = FolderOf(config, run).string();
  options.runner.hasher = Sha256();
  options.runner.interrupt = &interrupt;
  options.runner.on_progress = [&transport, &log](const Progress& progress) {
    // A heartbeat transport only remembers it.
    static_cast<void>(transport.SendProgress(progress).ok());
    if (progress.steps_done < progress.steps_planned) return;
    log.Info("round " + std::to_string(progress.round) + ": trained " +
             std::to_string(progress.steps_done) + " steps");
  };
  options.runner.notify = [&log](const std::string& line) { log.Info(line); };
  options.patience = kPatience;
  options.load_data = [&](const RunPlan& plan) { return LoadData(config, plan, interrupt, log); };
  return options;
}

Status WriteLocalState(SessionResult result, const SiteId& site, const std::string& path) {
  TensorFile file;
  file.blob = std::move(result.local_state);
  if (file.blob.layout == nullptr) {
    CONSILIUM_ASSIGN_OR_RETURN(file.blob.layout, Layout::Make({}));
  }
  ModelMetadata metadata = MetadataOf(result.plan);
  metadata.round = result.best_version - 1;
  // The shared state that these heads and statistics belong to.
  metadata.parent_sha256 = result.best_model.digest;
  file.metadata = FormatModelMetadata(metadata);
  file.metadata["site"] = site.str();
  return WriteFileAtomically(path, SerializeSafetensors(file));
}

void Wait(Millis length, const Interrupt& interrupt) {
  constexpr Millis kSlice{100};
  for (Millis rest = length; rest.count() > 0 && !interrupt.Requested(); rest -= kSlice) {
    std::this_thread::sleep_for(std::min(rest, kSlice));
  }
}

/// Until the aggregator offers another run than `finished`.
Status AwaitAnotherRun(Transport& transport, const RunId& finished, const Interrupt& interrupt) {
  while (!interrupt.Requested()) {
    const Result<RunOffer> offer = transport.GetRun();
    if (offer.ok() && offer->plan.run != finished) return OkStatus();
    // An aggregator may well be away between two runs.
    if (!offer.ok() && offer.status().code() != StatusCode::kUnavailable) return offer.status();
    Wait(kBetweenRuns, interrupt);
  }
  return Cancelled("interrupted");
}

}  // namespace

Status RunDaemon(const SiteConfig& config, const Interrupt& interrupt, DaemonLog& log) {
  CONSILIUM_ASSIGN_OR_RETURN(const Site site, ReadSite(config));
  GrpcTransportOptions options;
  options.aggregator = config.aggregator;
  options.identity = site.identity;
  options.hasher = Sha256();
  options.retry_for = config.retry_for;
  options.interrupt = &interrupt;
  options.on_retry = [&log](const Status& why, Millis pause) {
    log.Warn("aggregator: " + std::string(ToString(why.code())) + ": " + why.message() +
             "; again in " + std::to_string(pause.count()) + " ms");
  };
  CONSILIUM_ASSIGN_OR_RETURN(const auto network, MakeGrpcTransport(std::move(options)));
  for (;;) {
    RunId run;
    {
      HeartbeatTransport transport(*network, kHeartbeat);
      CONSILIUM_ASSIGN_OR_RETURN(const RunOffer offer, transport.GetRun());
      run = offer.plan.run;
      CONSILIUM_ASSIGN_OR_RETURN(const ComputeOptions compute,
                                 ComputeFor(config, site, offer.plan, log));
      CONSILIUM_ASSIGN_OR_RETURN(SessionResult result,
                                 RunSiteSession(transport, OptionsOf(config, site, run, compute,
                                                                     transport, interrupt, log)));
      log.Info("run " + run.str() + " finished: best version " +
               std::to_string(result.best_version));
      if (!config.local_state_out.empty()) {
        CONSILIUM_RETURN_IF_ERROR(
            WriteLocalState(std::move(result), site.id, config.local_state_out));
      }
      // An aggregator that is gone already needs no goodbye.
      static_cast<void>(network->Leave().ok());
    }
    if (config.exit_when_finished) return OkStatus();
    CONSILIUM_RETURN_IF_ERROR(AwaitAnotherRun(*network, run, interrupt));
  }
}

}  // namespace consilium
