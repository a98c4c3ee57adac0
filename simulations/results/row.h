/// One line of the results: one method's model, scored on one task of one fold.
/// Threads: plain values.
#pragma once

#include "common/metrics/metrics.h"
#include "simulations/results/provenance.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace consilium {

struct Row {
  std::string protocol = "loco";
  std::string left_out;  ///< the fold: the left-out center or centers, "fold0", "test"
  std::string method;
  std::optional<std::string> site;  ///< `local` only: the center that trained alone
  std::string backbone;
  std::string task;
  std::uint64_t seed = 0;
  // How sites were combined; none for the methods that do not federate.
  std::optional<std::string> heads, weighting, transport, strategy;
  std::string precision = "fp32";
  int threads = 1;
  std::int64_t n_test = 0;
  TaskMetrics metrics;       ///< those of ReportedMetrics()
  std::string model_sha256;  ///< "" in a build without SHA-256
};

/// What a study found: the content of summary.json.
struct Summary {
  std::string version;  ///< of the program
  std::string cohort;   ///< the manifest's path, or how the cohort was generated
  std::vector<std::uint64_t> seeds;
  std::vector<std::string> backbones;
  std::vector<Row> rows;
  std::string protocol = "loco";
  PresetUse preset;
  std::vector<ListFault> list_faults;
};

}  // namespace consilium
