#include "tests/bench/round_bench_roles.h"

#include "aggregator/grpc/server.h"
#include "aggregator/round_coordinator.h"
#include "aggregator/sqlite_store.h"
#include "common/base/random_stream.h"
#include "common/codec/model_codec.h"
#include "common/codec/update_codec.h"
#include "common/security/sha256.h"
#include "common/storage/file_io.h"
#include "site_client/grpc/grpc_transport.h"
#include "tests/support/random_state.h"

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <set>
#include <sstream>
#include <sys/resource.h>
#include <thread>

namespace consilium {
namespace {

constexpr std::uint64_t kMaxModelFile = std::uint64_t{1} << 33;
constexpr Millis kTick{20};
constexpr std::chrono::seconds kLongestFarewell{60};

double SecondsOf(const timeval& time) {
  return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
}

/// The first number behind `key` in a file of the kernel; 0 without one.
double NumberBehind(const char* file, const std::string& key) {
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    const std::size_t at = line.find(key);
    if (at == std::string::npos) continue;
    double value = 0;
    std::istringstream(line.substr(at + key.size())) >> value;
    return value;
  }
  return 0;
}

/// Notes when rounds begin and end, and who has heard of the end.
class Stopwatch {
 public:
  /// Each round's start and the run's end are told in a line of their own, once, by whichever thread
  /// brought it about: the snapshot may be of a later moment, and the last line may come last of all.
  void Look(const std::string& line, const RunSnapshot& snapshot) {
    const std::lock_guard lock(mutex_);
    const bool end = line.find("finished") != std::string::npos;
    if (end || line.find("started") != std::string::npos) marks_.push_back(CostsSoFar());
    finished_ = finished_ || end;
    for (const RunSnapshot::Site& site : snapshot.sites) {
      if (site.state == "lost") lost_.insert(site.site);
    }
  }
  void Left(const SiteId& site) {
    const std::lock_guard lock(mutex_);
    left_.insert(site);
  }
  /// Whether the end was told, to `sites` sites too.
  bool IsOver(int sites) const {
    const std::lock_guard lock(mutex_);
    return finished_ && left_.size() >= static_cast<std::size_t>(sites);
  }
  /// Requires a finished run of two rounds or more.
  RoundFigures Figures() const {
    const std::lock_guard lock(mutex_);
    CONSILIUM_CHECK(marks_.size() >= 3);
    RoundFigures figures;
    for (std::size_t i = 2; i < marks_.size(); ++i) {
      figures.seconds.push_back(marks_[i].seconds_of_clock - marks_[i - 1].seconds_of_clock);
    }
    const auto rounds = static_cast<double>(figures.seconds.size());
    figures.cpu_seconds = (marks_.back().cpu_seconds - marks_[1].cpu_seconds) / rounds;
    figures.wire_mb = (marks_.back().loopback_mb - marks_[1].loopback_mb) / rounds;
    figures.peak_rss_mib = marks_.back().peak_rss_mib;
    figures.lost = lost_.size();
    return figures;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<ProcessCosts> marks_;  // at the start of each round, and at the end
  std::set<SiteId> lost_;
  std::set<SiteId> left_;
  bool finished_ = false;
};

/// One site's part in a run.
class IdleSite {
 public:
  IdleSite(std::unique_ptr<Transport> transport, SiteId site, const Bytes& update,
           std::string digest)
      : transport_(std::move(transport)),
        site_(std::move(site)),
        update_(update),
        digest_(std::move(digest)) {}

  Status Run() {
    CONSILIUM_ASSIGN_OR_RETURN(const RunOffer offer, transport_->GetRun());
    SiteDeclaration declaration;
    declaration.site = site_;
    declaration.train_images = kImages;
    for (const TaskSpec& task : offer.plan.tasks)
      declaration.tasks.push_back({task.id, kImages, 0});
    declaration.layout_fingerprint = offer.layout_fingerprint;
    CONSILIUM_RETURN_IF_ERROR(transport_->Join(declaration));
    while (true) {
      CONSILIUM_ASSIGN_OR_RETURN(const Instruction told,
                                 transport_->NextInstruction(Millis{10'000}));
      if (told.kind == InstructionKind::kFinish) return transport_->Leave();
      if (told.kind != InstructionKind::kTrain) continue;
      CONSILIUM_RETURN_IF_ERROR(transport_->FetchModel(told.model).status());
      CONSILIUM_RETURN_IF_ERROR(Submit(offer.plan, told.round));
    }
  }

 private:
  static constexpr std::int64_t kImages = 100;

  Status Submit(const RunPlan& plan, RoundNumber round) {
    UpdateHeader header;
    header.run = plan.run;
    header.round = round;
    header.site = site_;
    header.codec = plan.codec;
    header.digest = digest_;
    header.byte_size = update_.size();
    header.images_used = kImages;
    header.steps = 1;
    const Status status = transport_->SubmitUpdate(header, update_);
    return status.code() == StatusCode::kFailedPrecondition ? OkStatus() : status;
  }

  std::unique_ptr<Transport> transport_;
  SiteId site_;
  const Bytes& update_;
  std::string digest_;
};

}  // namespace

std::string SiteName(int index) {
  char name[16];
  std::snprintf(name, sizeof(name), "site-%04d", index);
  return name;
}

RunPlan PlanOf(const RoundBenchSetup& setup) {
  RunPlan plan;
  plan.run = RunId("round-bench");
  plan.tasks = {PrognosisTask(), BrixiaTask("zones").value()};
  plan.heads = HeadsMode::kShared;
  plan.codec = setup.codec;
  plan.model_codec = setup.model_codec;
  plan.rounds.rounds = setup.rounds + 1;
  plan.rounds.expected_sites = plan.rounds.quorum = setup.sites;
  plan.rounds.site_lease = Millis{600'000};
  return plan;
}

Result<TlsIdentity> IdentityOf(const RoundBenchSetup& setup, const std::string& name) {
  std::string own = setup.folder;
  own.append("/ca/").append(name);
  return ReadTlsIdentity(setup.folder + "/ca/ca.crt", own + ".crt", own + ".key");
}

Result<TensorFile> InitialOf(const RoundBenchSetup& setup) {
  const std::string path = setup.folder + "/initial.safetensors";
  CONSILIUM_ASSIGN_OR_RETURN(const Bytes file, ReadFile(path, kMaxModelFile));
  return ParseSafetensors(file, path);
}

Result<Bytes> UpdateOf(const RoundBenchSetup& setup, const TensorFile& initial, int site) {
  const ParameterBlob state = Moved(initial.blob, 1 + static_cast<std::uint64_t>(site), 1e-3F);
  CONSILIUM_ASSIGN_OR_RETURN(const auto codec, MakeCodec(setup.codec, state.layout));
  CONSILIUM_ASSIGN_OR_RETURN(EncodedUpdate update, codec->Encode(state, initial.blob.bytes, {}));
  return std::move(update.bytes);
}

Result<std::uint64_t> SentSizeOf(const RoundBenchSetup& setup, const TensorFile& initial) {
  CONSILIUM_ASSIGN_OR_RETURN(const ModelCodec codec,
                             ModelCodec::Make(setup.model_codec, initial.blob.layout));
  return codec.encoded_size();
}

Result<int> AwaitPort(const std::string& file) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (std::chrono::steady_clock::now() < until) {
    int port = 0;
    if (std::ifstream(file) >> port && port > 0) return port;
    std::this_thread::sleep_for(kTick);
  }
  return DeadlineExceeded(file + ": no port after a minute");
}

ProcessCosts CostsSoFar() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  ProcessCosts costs;
  costs.cpu_seconds = SecondsOf(usage.ru_utime) + SecondsOf(usage.ru_stime);
  costs.peak_rss_mib = NumberBehind("/proc/self/status", "VmHWM:") / 1024;
  costs.loopback_mb = NumberBehind("/proc/net/dev", " lo:") / 1e6;
  costs.seconds_of_clock =
      std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
  return costs;
}

Result<RoundFigures> ServeRounds(const RoundBenchSetup& setup) {
  CONSILIUM_ASSIGN_OR_RETURN(const auto blobs, OpenDiskBlobStore(setup.folder + "/blobs"));
  CONSILIUM_ASSIGN_OR_RETURN(const auto store,
                             OpenSqliteRoundStore(setup.folder + "/rounds.sqlite", "round_bench"));
  const SystemClock clock;
  Stopwatch watch;
  RoundCoordinator::Options options;
  options.plan = PlanOf(setup);
  CONSILIUM_ASSIGN_OR_RETURN(options.initial, InitialOf(setup));
  options.blobs = blobs.get();
  options.store = store.get();
  options.clock = &clock;
  options.hasher = Sha256();
  options.observer = [&watch](const std::string& line, const RunSnapshot& snapshot) {
    watch.Look(line, snapshot);
  };
  CONSILIUM_ASSIGN_OR_RETURN(const auto coordinator, RoundCoordinator::Open(std::move(options)));
  FederationServer::Options server_options;
  CONSILIUM_ASSIGN_OR_RETURN(server_options.identity, IdentityOf(setup, "aggregator"));
  server_options.service.on_left = [&watch](const SiteId& site) { watch.Left(site); };
  CONSILIUM_ASSIGN_OR_RETURN(const auto server,
                             FederationServer::Start(*coordinator, std::move(server_options)));
  CONSILIUM_RETURN_IF_ERROR(
      WriteFileAtomically(setup.folder + "/rounds.port", AsBytes(std::to_string(server->port()))));
  while (!coordinator->WaitFinished(Millis{1'000})) {
  }
  const auto until = std::chrono::steady_clock::now() + kLongestFarewell;
  while (!watch.IsOver(setup.sites) && std::chrono::steady_clock::now() < until) {
    std::this_thread::sleep_for(kTick);
  }
  coordinator->Shutdown();
  server->Shutdown(Millis{2'000});
  return watch.Figures();
}

Status TakePart(const RoundBenchSetup& setup, int first, int count) {
  CONSILIUM_ASSIGN_OR_RETURN(const TensorFile initial, InitialOf(setup));
  CONSILIUM_ASSIGN_OR_RETURN(const Bytes update, UpdateOf(setup, initial, first));
  const std::string digest = Digest(Sha256(), update);
  CONSILIUM_ASSIGN_OR_RETURN(const int port, AwaitPort(setup.folder + "/rounds.port"));
  std::vector<Status> ends(static_cast<std::size_t>(count));
  const auto live = [&](int index) -> Status {
    GrpcTransportOptions options;
    options.aggregator = "127.0.0.1:" + std::to_string(port);
    CONSILIUM_ASSIGN_OR_RETURN(options.identity, IdentityOf(setup, SiteName(index)));
    options.hasher = Sha256();
    CONSILIUM_ASSIGN_OR_RETURN(auto transport, MakeGrpcTransport(std::move(options)));
    return IdleSite(std::move(transport), SiteId(SiteName(index)), update, digest).Run();
  };
  std::vector<std::thread> threads;
  threads.reserve(ends.size());
  for (int i = 0; i < count; ++i) {
    threads.emplace_back([&, i] { ends[static_cast<std::size_t>(i)] = live(first + i); });
  }
  for (std::thread& thread : threads) thread.join();
  for (const Status& status : ends) CONSILIUM_RETURN_IF_ERROR(status);
  return OkStatus();
}

}  // namespace consilium
