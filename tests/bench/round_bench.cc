/// Rounds without training: what it costs to move the models of a round, beside the same bytes
/// without the product.
///
///   round_bench --model resnet50 --sites 12 --rounds 10 [--json]
///   round_bench --model resnet50 --sites 12 --codec bf16+difference --model-codec bf16
///   round_bench --model tiny --sites 1000 --rounds 20 --in-process-sites 1000 --no-limit
///
/// One process is the aggregator (FederationServer over RoundCoordinator, SQLite, files), one per
/// site speaks to it through GrpcTransport with a certificate of its own: mutual TLS on loopback.
/// The updates are made before the first round; one round warms up, the median of the others
/// counts. Then the same processes without the product: plain TLS 1.3 streams, digests, synced
/// files, one reduction by all cores (limit_seconds). The program starts itself for every role.
#include "common/security/certificates.h"
#include "common/storage/file_io.h"
#include "tests/bench/round_bench_roles.h"
#include "tests/support/process.h"
#include "tests/support/random_state.h"
#include "tests/support/temp_folder.h"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <sys/resource.h>

namespace consilium {
namespace {

constexpr Millis kLongestRun{3'600'000};

struct Options {
  RoundBenchSetup setup;
  std::string model = "resnet50";
  std::string role;
  int first = 0;
  int in_process_sites = 1;
  bool no_limit = false;
  bool json = false;
};

nlohmann::ordered_json ToJson(const RoundFigures& figures) {
  return {{"seconds", figures.seconds},
          {"cpu_seconds", figures.cpu_seconds},
          {"peak_rss_mib", figures.peak_rss_mib},
          {"wire_mb", figures.wire_mb},
          {"lost", figures.lost}};
}

double Median(std::vector<double> values) {
  std::ranges::sort(values);
  return values.at(values.size() / 2);
}

/// 64 KiB of one matrix: a run of many sites moves messages, not bytes.
TensorFile TinyModel() {
  const auto layout = Layout::Make({{"backbone.weight", ElementType::kFloat32, {128, 124}},
                                    {"heads.prognosis.weight", ElementType::kFloat32, {4, 124}}})
                          .value();
  return {RandomState(layout, 1, 0.05), {}};
}

std::string OwnPath() { return std::filesystem::read_symlink("/proc/self/exe").string(); }

Status MakeModel(const Options& options) {
  const std::string path = options.setup.folder + "/initial.safetensors";
  if (options.model == "tiny") return WriteFileAtomically(path, SerializeSafetensors(TinyModel()));
  const std::string maker =
      (std::filesystem::path(OwnPath()).parent_path() / "round_bench_model").string();
  Process process({maker, "--backbone", options.model, "--out", path},
                  options.setup.folder + "/model");
  if (process.Wait(kLongestRun) == 0) return OkStatus();
  return InvalidArgument("model: " + process.Errors());
}

Status MakeCertificates(const RoundBenchSetup& setup) {
  ThrowAwayCaOptions ca;
  ca.folder = setup.folder + "/ca";
  for (int i = 0; i < setup.sites; ++i) ca.sites.push_back(SiteName(i));
  return MakeThrowAwayCa(ca);
}

Process StartRole(const Options& options, const std::string& role, int first) {
  return Process(
      {OwnPath(), "--role", role, "--folder", options.setup.folder, "--codec", options.setup.codec,
       "--model-codec", options.setup.model_codec, "--sites", std::to_string(options.setup.sites),
       "--rounds", std::to_string(options.setup.rounds), "--first", std::to_string(first),
       "--in-process-sites", std::to_string(options.in_process_sites)},
      options.setup.folder + "/" + role + std::to_string(first));
}

/// A server and its sites until the end; what the server printed.
Result<nlohmann::json> RunProcesses(const Options& options, const std::string& server_role,
                                    const std::string& site_role, int sites_per_process) {
  Process server = StartRole(options, server_role, 0);
  std::vector<Process> sites;
  for (int first = 0; first < options.setup.sites; first += sites_per_process) {
    sites.push_back(StartRole(options, site_role, first));
  }
  for (Process& site : sites) {
    if (site.Wait(kLongestRun) != 0) return Internal(site_role + ": " + site.Errors());
  }
  if (server.Wait(kLongestRun) != 0) return Internal(server_role + ": " + server.Errors());
  return nlohmann::json::parse(server.Output());
}

Result<nlohmann::ordered_json> Measure(const Options& options) {
  CONSILIUM_RETURN_IF_ERROR(MakeModel(options));
  CONSILIUM_RETURN_IF_ERROR(MakeCertificates(options.setup));
  CONSILIUM_ASSIGN_OR_RETURN(
      const auto product, RunProcesses(options, "aggregator", "sites", options.in_process_sites));
  CONSILIUM_ASSIGN_OR_RETURN(const TensorFile initial, InitialOf(options.setup));
  nlohmann::ordered_json row{
      {"model", options.model},
      {"codec", options.setup.codec},
      {"model_codec", options.setup.model_codec},
      {"sites", options.setup.sites},
      {"rounds", options.setup.rounds},
      {"state_mb", static_cast<double>(initial.blob.bytes.size()) / 1e6},
      {"seconds_per_round", Median(product["seconds"])},
      {"fastest_round", std::ranges::min(product["seconds"].get<std::vector<double>>())},
      {"slowest_round", std::ranges::max(product["seconds"].get<std::vector<double>>())},
      {"server_peak_rss_mib", product["peak_rss_mib"]},
      {"server_cpu_seconds", product["cpu_seconds"]},
      {"wire_mb", product["wire_mb"]},
      {"lost_sites", product["lost"]}};
  if (options.no_limit) return row;
  CONSILIUM_ASSIGN_OR_RETURN(const auto limit,
                             RunProcesses(options, "stream-server", "stream-site", 1));
  row["limit_seconds"] = Median(limit["seconds"]);
  row["times_limit"] = Median(product["seconds"]) / Median(limit["seconds"]);
  return row;
}

void Print(const nlohmann::ordered_json& row, bool json) {
  if (json) {
    std::cout << row.dump() << '\n';
    return;
  }
  for (const auto& [key, value] : row.items()) std::cout << key << ": " << value << '\n';
}

/// A thousand connections need more files than a shell allows.
void RaiseFileLimit() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

Status PlayRole(const Options& options) {
  CONSILIUM_RETURN_IF_ERROR(AllowOnlyTls13());
  if (options.role == "sites") {
    const int count = std::min(options.in_process_sites, options.setup.sites - options.first);
    return TakePart(options.setup, options.first, count);
  }
  if (options.role == "stream-site") return TakePartInStreams(options.setup, options.first);
  const bool product = options.role == "aggregator";
  CONSILIUM_ASSIGN_OR_RETURN(const RoundFigures figures,
                             product ? ServeRounds(options.setup) : ServeStreams(options.setup));
  std::cout << ToJson(figures).dump() << '\n';
  return OkStatus();
}

Status Run(Options options) {
  RaiseFileLimit();
  if (!options.role.empty()) return PlayRole(options);
  const TempFolder folder;
  options.setup.folder = folder.path();
  CONSILIUM_ASSIGN_OR_RETURN(const nlohmann::ordered_json row, Measure(options));
  Print(row, options.json);
  return OkStatus();
}

int Main(int argc, char** argv) {
  CLI::App app("what a round costs beside its training");
  Options options;
  app.add_option("--model", options.model, "tiny, or a backbone's name");
  app.add_option("--sites", options.setup.sites)->check(CLI::Range(1, 9999));
  app.add_option("--rounds", options.setup.rounds)->check(CLI::Range(1, 10000));
  app.add_option("--codec", options.setup.codec, "of the updates");
  app.add_option("--model-codec", options.setup.model_codec, "of the model: fp32 or bf16");
  app.add_option("--in-process-sites", options.in_process_sites, "sites that share one process")
      ->check(CLI::Range(1, 9999));
  app.add_flag("--no-limit", options.no_limit, "leave the plain streams out");
  app.add_flag("--json", options.json);
  app.add_option("--role", options.role)->group("");
  app.add_option("--folder", options.setup.folder)->group("");
  app.add_option("--first", options.first)->group("");
  CLI11_PARSE(app, argc, argv);
  const Status status = Run(std::move(options));
  if (!status.ok()) std::cerr << status << '\n';
  return ExitCode(status);
}

}  // namespace
}  // namespace consilium

int main(int argc, char** argv) { return consilium::Main(argc, argv); }
