#include "site_client/daemon.h"

#include "common/nn/compute.h"
#include "common/security/certificates.h"
#include "common/security/sha256.h"
#include "common/security/tls_identity.h"
#include "common/storage/blob_store.h"
#include "common/storage/file_io.h"
#include "common/tensor_file/model_metadata.h"
#include "common/tensor_file/safetensors.h"
#include "common/training/cuda/recorded_work.h"
#include "common/training/precision_choice.h"
#include "site_client/compute_slot.h"
#include "site_client/grpc/grpc_transport.h"
#include "site_client/heartbeat_transport.h"
#include "site_client/run_places.h"
#include "site_client/run_sessions.h"
#include "site_client/set_aside.h"
#include "site_client/site_data.h"
#include "site_client/site_session.h"

#include <algorithm>
#include <filesystem>
#include <semaphore>
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
  if (config.cuda_graphs && config.max_runs > 1) {
    return InvalidArgument(
        "cuda-graphs: runs beside each other would disturb the recording, expected "
        "max-runs 1");
  }
  CONSILIUM_ASSIGN_OR_RETURN(site.compute.precision, ParsePrecision(config.precision));
  CONSILIUM_RETURN_IF_ERROR(CheckPrecision(site.compute.precision, site.compute.device));
  site.compute.threads = config.threads > 0 ? config.threads : AvailableThreads();
  // Said now, not when a run comes.
  const std::string& images = config.cohort.empty() ? config.tensor_cache : config.cohort;
  std::error_code failed;
  if (!std::filesystem::exists(images, failed)) {
    return InvalidArgument(images + ": there is no such file");
  }
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
                                  std::counting_semaphore<>* slot, DaemonLog& log) {
  const ComputeSlot turn(slot);  // what is tried out is timed
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
    log.Info("run " + progress.run.str() + ": round " + std::to_string(progress.round) +
             ": trained " + std::to_string(progress.steps_done) + " steps");
  };
  options.on_activity = [&transport, run](SiteActivity activity, RoundNumber round) {
    Progress progress;
    progress.run = run;
    progress.round = round;
    progress.activity = activity;
    static_cast<void>(transport.SendProgress(progress).ok());
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

GrpcTransportOptions OptionsOf(const SiteConfig& config, const Site& site,
                               const Interrupt& interrupt, DaemonLog& log) {
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
  return options;
}

/// What a session shares with those beside it.
struct Beside {
  std::counting_semaphore<>* slot = nullptr;  ///< whose turn it is to compute
  RunSessions::SetPaused set_paused;
};

/// Until the run is over.
Status TakePart(const SiteConfig& config, const Site& site, const RunOffer& offer,
                const Beside& beside, const Interrupt& interrupt, DaemonLog& log) {
  const RunId& run = offer.plan.run;
  GrpcTransportOptions network_options = OptionsOf(config, site, interrupt, log);
  network_options.run = run;
  CONSILIUM_ASSIGN_OR_RETURN(network_options.downloads,
                             OpenDiskBlobStore((FolderOf(config, run) / "download").string()));
  network_options.notify = [&log](const std::string& line) { log.Warn(line); };
  CONSILIUM_ASSIGN_OR_RETURN(const auto network, MakeGrpcTransport(std::move(network_options)));
  const SystemClock clock;
  HeartbeatTransport transport(*network, kHeartbeat, clock);
  CONSILIUM_ASSIGN_OR_RETURN(const ComputeOptions compute,
                             ComputeFor(config, site, offer.plan, beside.slot, log));
  SessionOptions options = OptionsOf(config, site, run, compute, transport, interrupt, log);
  options.compute_slots = beside.slot;
  options.on_instruction = beside.set_paused;
  CONSILIUM_ASSIGN_OR_RETURN(SessionResult result, RunSiteSession(transport, std::move(options)));
  log.Info("run " + run.str() + " finished: best version " + std::to_string(result.best_version));
  if (!config.local_state_out.empty()) {
    CONSILIUM_RETURN_IF_ERROR(WriteLocalState(std::move(result), site.id, config.local_state_out));
  }
  // An aggregator that is gone already needs no goodbye.
  static_cast<void>(network->Leave().ok());
  return OkStatus();
}

Result<RunOffer> AskForARun(const SiteConfig& config, const Site& site, const Interrupt& interrupt,
                            DaemonLog& log) {
  CONSILIUM_ASSIGN_OR_RETURN(const auto network,
                             MakeGrpcTransport(OptionsOf(config, site, interrupt, log)));
  return network->GetRun();
}

/// Run after run, as many at once as there is room for, until interrupted.
class RunServer {
 public:
  RunServer(const SiteConfig& config, const Site& site, const Interrupt& interrupt, DaemonLog& log)
      : interrupt_(interrupt),
        log_(log),
        places_(config.max_runs),
        sessions_([&config, &site, &log, this](const RunOffer& offer, const Interrupt& stop,
                                               const RunSessions::SetPaused& set_paused) {
          return TakePart(config, site, offer, {&slot_, set_paused}, stop, log);
        }) {
    options_ = OptionsOf(config, site, interrupt, log);
    options_.runs_of_site = [this] {
      return RunsOfSite{{places_.taken().begin(), places_.taken().end()},
                        {places_.ended().begin(), places_.ended().end()}};
    };
  }

  Status Serve() {
    CONSILIUM_ASSIGN_OR_RETURN(const auto network, MakeGrpcTransport(options_));
    while (!interrupt_.Requested()) {
      if (HasRoom()) {
        CONSILIUM_ASSIGN_OR_RETURN(const bool begun, Begin(*network));
        if (begun) continue;
      }
      CONSILIUM_RETURN_IF_ERROR(AwaitChange());
    }
    return Cancelled("interrupted");
  }

 private:
  /// False: there is no other run for the site now.
  Result<bool> Begin(Transport& network) {
    const Result<RunOffer> offer = network.GetRun();
    // An aggregator may well be away between two runs.
    if (offer.status().code() == StatusCode::kUnavailable && heard_) return false;
    CONSILIUM_RETURN_IF_ERROR(offer.status());
    heard_ = true;
    if (!places_.Take(offer->plan.run)) return false;
    sessions_.Start(*offer);
    return true;
  }

  bool HasRoom() const { return places_.HasRoom(sessions_.Paused()); }

  /// Until a session ends or makes room, or it is time to ask for another run.
  Status AwaitChange() {
    constexpr Millis kSlice{100};
    const bool had_room = HasRoom();
    for (Millis rest = kBetweenRuns; rest.count() > 0 && !interrupt_.Requested(); rest -= kSlice) {
      const auto ended = sessions_.Next(kSlice);
      if (ended) return AfterEnd(*ended);
      if (HasRoom() && !had_room) return OkStatus();
    }
    return OkStatus();
  }

  Status AfterEnd(const RunSessions::Ended& ended) {
    if (ended.status.code() == StatusCode::kNotFound) {
      places_.Forget(ended.run);
    } else {
      places_.End(ended.run);
    }
    if (ended.status.ok()) return OkStatus();
    if (!ConcernsTheRunAlone(ended.status)) return ended.status;
    log_.Error("run " + ended.run.str() + ": takes no part: " + ended.status.message() +
               "; waits for other runs");
    return OkStatus();
  }

  const Interrupt& interrupt_;
  DaemonLog& log_;
  RunPlaces places_;
  GrpcTransportOptions options_;
  bool heard_ = false;  // of a run
  std::counting_semaphore<> slot_{1};
  RunSessions sessions_;  // ends first
};

}  // namespace

Status RunDaemon(const SiteConfig& config, const Interrupt& interrupt, DaemonLog& log) {
  CONSILIUM_ASSIGN_OR_RETURN(const Site site, ReadSite(config));
  if (config.exit_when_finished) {
    CONSILIUM_ASSIGN_OR_RETURN(const RunOffer offer, AskForARun(config, site, interrupt, log));
    return TakePart(config, site, offer, {}, interrupt, log);
  }
  return RunServer(config, site, interrupt, log).Serve();
}

}  // namespace consilium
