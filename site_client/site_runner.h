/// One instruction in, one report out: what a site does in a round, used by the daemon and the
/// simulator alike.
///
/// Holds the site's data and its local state (local heads and statistics, per model version), never
/// a socket. Local state    after each local training of version v the heads and local statistics
/// belong to version v + 1; the
///                states of the latest and of the best version are kept, on disk if `state_folder`
///                is set.
/// Random         every draw from streams (plan.seed, site, round, purpose).
/// Threads        one thread runs a SiteRunner; it sets its intra-op thread count on entry.
/// Errors         kInvalidArgument: the plan contradicts the data (names site and field).
/// kCancelled: interrupted.
#pragma once

#include "common/base/hasher.h"
#include "common/base/interrupt.h"
#include "common/base/result.h"
#include "common/data/dataset.h"
#include "common/data/splits.h"
#include "common/federation/messages.h"
#include "common/nn/multi_task_net.h"
#include "common/tensor_file/safetensors.h"

#include <torch/types.h>

#include <functional>
#include <memory>
#include <string>
#include <variant>

namespace consilium {

struct SiteUpdate {
  UpdateHeader header;
  Bytes encoded;
};
using SiteReport = std::variant<SiteUpdate, EvaluationReport>;

class SiteRunner {
 public:
  struct Options {
    SiteId site;
    torch::Device device{torch::kCPU};
    int threads = 1;
    std::string state_folder;  ///< empty: local state lives in memory only
    HasherFactory hasher;
    NetFactory make_net = MakeNet;
    const Interrupt* interrupt = nullptr;
    std::function<void(const Progress&)> on_progress;
  };
  /// `initial`: the run's complete first model, canonical bytes. The split is SplitByPatient(data,
  /// all, plan.validation_fraction, plan.seed, site).
  static Result<std::unique_ptr<SiteRunner>> Create(Options options, const RunOffer& offer,
                                                    std::shared_ptr<const Dataset> data,
                                                    const Bytes& initial);
  virtual ~SiteRunner() = default;

  virtual SiteDeclaration Declaration() const = 0;
  /// kTrain or kEvaluate, with the model's canonical bytes (shared layout).
  virtual Result<SiteReport> Execute(const Instruction& instruction, const Bytes& model) = 0;
  /// Local heads and statistics that belong to model `version`, named as in the complete state:
  /// empty blob if the run shares everything. Only a simulator's own sites are asked for this
  /// (docs/architecture.md, "Heads").
  virtual Result<ParameterBlob> LocalState(RoundNumber version) const = 0;
};

}  // namespace consilium
