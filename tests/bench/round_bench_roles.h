/// The processes of round_bench.cc: one aggregator, sites that do not train, and the same bytes
/// without the product around them. They meet in one folder. Threads: see each function.
#pragma once

#include "common/base/result.h"
#include "common/federation/messages.h"
#include "common/security/tls_identity.h"
#include "common/tensor_file/safetensors.h"

#include <string>
#include <vector>

namespace consilium {

struct RoundBenchSetup {
  std::string folder;                ///< initial.safetensors, ca/, and what the processes write
  std::string codec = "fp32";        ///< of updates
  std::string model_codec = "fp32";  ///< of the model on its way to the sites
  int sites = 2;
  int rounds = 10;  ///< measured; one more warms up
};

std::string SiteName(int index);
RunPlan PlanOf(const RoundBenchSetup& setup);
Result<TlsIdentity> IdentityOf(const RoundBenchSetup& setup, const std::string& name);
Result<TensorFile> InitialOf(const RoundBenchSetup& setup);
/// What a site of this index sends, the same in each round.
Result<Bytes> UpdateOf(const RoundBenchSetup& setup, const TensorFile& initial, int site);
/// Bytes of the model that each site fetches.
Result<std::uint64_t> SentSizeOf(const RoundBenchSetup& setup, const TensorFile& initial);
/// TCP port that another process wrote into `file`; waits for it.
Result<int> AwaitPort(const std::string& file);

/// Of the calling process.
struct ProcessCosts {
  double cpu_seconds = 0;       ///< user and system
  double peak_rss_mib = 0;      ///< since its start
  double loopback_mb = 0;       ///< received by this machine's loopback interface, all processes
  double seconds_of_clock = 0;  ///< of a clock that never goes back
};
ProcessCosts CostsSoFar();

/// What is measured of a round, over all rounds but the first.
struct RoundFigures {
  std::vector<double> seconds;  ///< per round
  double cpu_seconds = 0;       ///< of the server's process, per round
  double peak_rss_mib = 0;      ///< of the server's process
  double wire_mb = 0;           ///< per round, each byte counted once
  std::uint64_t lost = 0;       ///< updates that a round went on without
};

/// The product's aggregator until all sites know that the run is over. One thread beside gRPC's.
Result<RoundFigures> ServeRounds(const RoundBenchSetup& setup);
/// The product's transport of sites [first, first + count), one thread each.
Status TakePart(const RoundBenchSetup& setup, int first, int count);

/// The limit: a TLS stream per site, digests, files synced, one reduction. One thread per site.
Result<RoundFigures> ServeStreams(const RoundBenchSetup& setup);
Status TakePartInStreams(const RoundBenchSetup& setup, int site);

}  // namespace consilium
