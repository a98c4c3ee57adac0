#include "simulations/processes/grpc_runner.h"

#include "common/config/run_config.h"
#include "common/data/tensor_cache.h"
#include "common/security/certificates.h"
#include "common/storage/file_io.h"
#include "simulations/processes/child_process.h"
#include "site_client/compute_slot.h"

#include <chrono>
#include <filesystem>
#include <numeric>
#include <thread>
#include <unistd.h>

namespace consilium {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kPollInterval{20};
constexpr milliseconds kStartLimit{60'000};
constexpr std::uint64_t kMaxModel = std::uint64_t{8} << 30;
constexpr std::uint64_t kMaxLog = 64 << 20;

/// The last line that a process wrote, for an error message.
std::string LastLine(const std::string& log_path) {
  const Result<Bytes> log = ReadFile(log_path, kMaxLog);
  if (!log.ok()) return "no log";
  std::string_view text = AsText(*log);
  while (!text.empty() && text.back() == '\n') text.remove_suffix(1);
  return std::string(text.substr(text.find_last_of('\n') + 1));
}

Result<TensorFile> ReadTensorFile(const std::string& path) {
  CONSILIUM_ASSIGN_OR_RETURN(const Bytes file, ReadFile(path, kMaxModel));
  return ParseSafetensors(file, path);
}

class ProcessRun {
 public:
  ProcessRun(const FederatedRun& run, std::string programs)
      : run_(run), programs_(std::move(programs)), folder_(run.work_folder) {}

  Result<FederatedModel> Run();

 private:
  struct Process {
    std::string name;
    std::string log;
    ChildProcess child;
  };

  std::string At(const std::string& name) const { return folder_ + "/" + name; }
  std::string Data(const std::string& site) const { return At(site + ".tensors"); }
  std::string LocalState(const std::string& site) const { return At(site + ".safetensors"); }

  Status WriteInputs();
  Status Start(const std::string& name, const std::string& program,
               std::vector<std::string> arguments);
  Status StartAggregator();
  Result<std::string> WaitForPort();
  Status StartSites(const std::string& port);
  Status WaitForAll();
  /// Whether every process has ended well; an error if one has not.
  Result<bool> AllDone();
  Status Execute();
  Result<FederatedModel> ReadOutputs() const;

  const FederatedRun& run_;
  std::string programs_;
  std::string folder_;
  std::vector<Process> processes_;
};

Status ProcessRun::WriteInputs() {
  std::error_code error;
  fs::remove_all(folder_, error);
  fs::create_directories(folder_, error);
  if (error) return InvalidArgument(folder_ + ": cannot be made: " + error.message());
  ThrowAwayCaOptions ca;
  ca.folder = At("ca");
  for (const auto& [site, data] : run_.sites) {
    ca.sites.push_back(site);
    Indices all(data->samples.size());
    std::iota(all.begin(), all.end(), 0);
    CONSILIUM_RETURN_IF_ERROR(WriteTensorCache(Data(site), *data, all));
  }
  CONSILIUM_RETURN_IF_ERROR(MakeThrowAwayCa(ca));
  CONSILIUM_RETURN_IF_ERROR(WriteFileAtomically(At("run.yaml"), AsBytes(FormatRunPlan(run_.plan))));
  return WriteFileAtomically(At("init.safetensors"), SerializeSafetensors(run_.initial));
}

Status ProcessRun::Start(const std::string& name, const std::string& program,
                         std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), programs_ + "/" + program);
  const std::string log = At(name + ".log");
  CONSILIUM_ASSIGN_OR_RETURN(ChildProcess child, ChildProcess::Start(arguments, log));
  processes_.push_back({name, log, std::move(child)});
  return OkStatus();
}

Status ProcessRun::StartAggregator() {
  return Start("aggregator", "consilium-aggregator",
               {"serve",
                "--run",
                At("run.yaml"),
                "--model",
                At("init.safetensors"),
                "--state",
                At("aggregator"),
                "--listen",
                "127.0.0.1:0",
                "--ca",
                At("ca/ca.crt"),
                "--cert",
                At("ca/aggregator.crt"),
                "--key",
                At("ca/aggregator.key"),
                "--port-file",
                At("port"),
                "--exit-when-finished",
                "--result",
                At("result.safetensors")});
}

Result<std::string> ProcessRun::WaitForPort() {
  const auto limit = steady_clock::now() + kStartLimit;
  while (steady_clock::now() < limit) {
    if (fs::exists(At("port"))) {
      CONSILIUM_ASSIGN_OR_RETURN(const Bytes port, ReadFile(At("port"), 64));
      const std::string_view text = AsText(port);
      return std::string(text.substr(0, text.find_first_of("\r\n")));
    }
    CONSILIUM_RETURN_IF_ERROR(AllDone().status());
    std::this_thread::sleep_for(kPollInterval);
  }
  return DeadlineExceeded("aggregator: did not listen in time, see " + At("aggregator.log"));
}

Status ProcessRun::StartSites(const std::string& port) {
  for (const auto& [site, data] : run_.sites) {
    std::vector<std::string> arguments{"--aggregator",
                                       "127.0.0.1:" + port,
                                       "--ca",
                                       At("ca/ca.crt"),
                                       "--cert",
                                       At("ca/" + site + ".crt"),
                                       "--key",
                                       At("ca/" + site + ".key"),
                                       "--state",
                                       At("state." + site),
                                       "--tensor-cache",
                                       Data(site),
                                       "--device",
                                       DevicesText(run_.compute),
                                       "--threads",
                                       std::to_string(run_.compute.threads),
                                       "--precision",
                                       std::string(ToString(run_.compute.precision)),
                                       "--local-state-out",
                                       LocalState(site),
                                       "--exit-when-finished"};
    if (run_.compute.checkpoint_activations) arguments.emplace_back("--checkpoint-activations");
    CONSILIUM_RETURN_IF_ERROR(Start(site, "consilium-site", std::move(arguments)));
  }
  return OkStatus();
}

Result<bool> ProcessRun::AllDone() {
  bool all_done = true;
  for (Process& process : processes_) {
    const std::optional<int> code = process.child.Poll();
    if (!code) {
      all_done = false;
    } else if (*code != 0) {
      return Internal(process.name + ": its process ended with code " + std::to_string(*code) +
                      " (" + LastLine(process.log) + "), see " + process.log);
    }
  }
  return all_done;
}

Status ProcessRun::WaitForAll() {
  for (;;) {
    CONSILIUM_ASSIGN_OR_RETURN(const bool all_done, AllDone());
    if (all_done) return OkStatus();
    if (run_.interrupt != nullptr && run_.interrupt->Requested()) return Cancelled("interrupted");
    std::this_thread::sleep_for(kPollInterval);
  }
}

Status ProcessRun::Execute() {
  CONSILIUM_RETURN_IF_ERROR(StartAggregator());
  CONSILIUM_ASSIGN_OR_RETURN(const std::string port, WaitForPort());
  CONSILIUM_RETURN_IF_ERROR(StartSites(port));
  return WaitForAll();
}

Result<FederatedModel> ProcessRun::ReadOutputs() const {
  FederatedModel model;
  CONSILIUM_ASSIGN_OR_RETURN(TensorFile result, ReadTensorFile(At("result.safetensors")));
  model.shared = std::move(result.blob);
  for (const auto& [site, data] : run_.sites) {
    CONSILIUM_ASSIGN_OR_RETURN(TensorFile local, ReadTensorFile(LocalState(site)));
    model.local[site] = std::move(local.blob);
  }
  return model;
}

Result<FederatedModel> ProcessRun::Run() {
  const ComputeSlot slot(run_.compute_slots);
  CONSILIUM_RETURN_IF_ERROR(WriteInputs());
  const Status status = Execute();
  processes_.clear();  // whatever still runs, ends
  CONSILIUM_RETURN_IF_ERROR(status);
  CONSILIUM_ASSIGN_OR_RETURN(FederatedModel model, ReadOutputs());
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
  return model;
}

}  // namespace

Status CheckGrpcRunner(const std::string& program_folder) {
  for (const std::string program : {"consilium-aggregator", "consilium-site"}) {
    std::string path = program_folder;
    path.append("/").append(program);
    if (access(path.c_str(), X_OK) != 0) {
      return InvalidArgument("transport: grpc needs the program " + path +
                             ", which is not there; build it or use in-process");
    }
  }
  return OkStatus();
}

FederatedRunner GrpcRunner(const std::string& program_folder) {
  return
      [program_folder](const FederatedRun& run) { return ProcessRun(run, program_folder).Run(); };
}

}  // namespace consilium
