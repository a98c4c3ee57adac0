/// What a study is asked to do. Threads: plain values.
#pragma once

#include "common/base/result.h"
#include "common/federation/run_plan.h"
#include "common/training/compute_options.h"
#include "common/training/task_weighting.h"
#include "simulations/protocols/protocol.h"
#include "simulations/results/provenance.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace consilium {

enum class Method : std::uint8_t {
  kLocal,             ///< each center alone, on the target task
  kStl,               ///< the target task alone, pooled
  kMdmtCentral,       ///< all tasks, pooled
  kMdmtFederated,     ///< all tasks, centers as sites
  kTransfer,          ///< the target task from the backbone of the other task's model, pooled
  kMdmtAveragedInit,  ///< all tasks from the average of the single-task backbones, pooled
  kMdmtHarmonised,    ///< all tasks on images with labels of all of them, pooled
  kMdmtNoSharing,     ///< ablation: a network per task, each of the shape of all tasks' one, pooled
  kMdmtNoIndicator,   ///< ablation: missing labels are zeros, pooled
};
std::string_view ToString(Method method);
Result<Method> ParseMethod(std::string_view text);

enum class TransportKind : std::uint8_t { kInProcess, kGrpc };
std::string_view ToString(TransportKind kind);
Result<TransportKind> ParseTransport(std::string_view text);

struct StudyOptions {
  /// Of every training; run id, seed and number of sites are set per training.
  RunPlan plan;
  std::vector<Method> methods = {Method::kLocal, Method::kStl, Method::kMdmtCentral,
                                 Method::kMdmtFederated};
  ProtocolOptions protocol;
  PresetUse preset;
  double beta = 0.5;  ///< share of the target's backbone in kMdmtAveragedInit
  /// Of the methods that train several tasks in one place.
  TaskWeightingOptions task_weighting;
  std::vector<std::uint64_t> seeds = {1};
  int epochs = 0;          ///< of the methods that do not federate; 0: rounds x local epochs
  std::string weights;     ///< .safetensors of the backbone; empty: drawn from the seed
  ComputeOptions compute;  ///< of each training
  int jobs = 1;            ///< trainings (and sites of one) that compute at once
  TransportKind transport = TransportKind::kInProcess;
};

int CentralEpochs(const StudyOptions& options);

/// Of a run of `plan.rounds.expected_sites` sites: all of them, or as many as a buffer takes.
int QuorumOf(const RunPlan& plan);

/// Errors: kInvalidArgument, "field: what is wrong and what was expected"; the plan's own fields
/// included.
Status ValidateStudy(const StudyOptions& options);

/// Everything that decides the results, by the name of its option, in a fixed order.
std::vector<std::pair<std::string, std::string>> DescribeSettings(const StudyOptions& options);

}  // namespace consilium
