/// One instruction in, one report out: what a site does in a round, used by the daemon and the
/// simulator alike.
///
/// Holds the site's data and its local state (local heads and statistics, per model version), never
/// a socket.
/// Strategies   what a strategy changes at a site: local_training.h, control_variates.h; ditto trains
///              a second, own model beside the one that all train (Li et al. 2021, arXiv 2012.04221):
///              as many epochs, each gradient pulled to the round's model by ditto_lambda.
/// Local state  training from version v leaves the heads and local statistics of version v + 1.
/// Kept
///              are those of the latest version, of the one trained from (a round without quorum is
///              repeated) and of the best; on disk too if `state_folder` is set, so that a
///              restarted site goes on with them. A site that missed rounds goes on from its
///              newest.
/// Checkpoints  with a `state_folder`, each local epoch that others of its round follow leaves one
///              (round_checkpoint.h): a site that was killed in a round goes on from there, to the
///              same bits, once it is given the same round and model.
/// Models       what was evaluated is still in the network when the next round trains from it: Held
///              saves one of two downloads per round.
/// Codec        as the plan says; what it leaves out of an update is added to the next one
///              (update_packer.h), on disk beside the local state.
/// Random       every draw from streams (plan.seed, "train", site, round, epoch): the same
///              instruction again gives the same bits.
/// Threads      one thread runs a SiteRunner; it sets its intra-op thread count on entry.
/// Errors       kInvalidArgument: the plan contradicts the data (names site and field).
///              kCancelled: interrupted. kDataLoss: a model of another size, a loss not finite.
#pragma once

#include "common/base/hasher.h"
#include "common/base/interrupt.h"
#include "common/base/result.h"
#include "common/data/dataset.h"
#include "common/data/splits.h"
#include "common/federation/messages.h"
#include "common/nn/multi_task_net.h"
#include "common/tensor_file/safetensors.h"
#include "common/training/compute_options.h"

#include <torch/types.h>

#include <functional>
#include <memory>
#include <optional>
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
    ComputeOptions compute;
    /// Instead of the split that the site draws: a simulator's, from published lists.
    std::optional<Split> split;
    std::string state_folder;  ///< of this run and site; empty: local state lives in memory only
    HasherFactory hasher;
    NetFactory make_net = MakeNet;
    const Interrupt* interrupt = nullptr;
    std::function<void(const Progress&)> on_progress;  ///< after every step
    /// What the site's operator may want to know, without names of pictures. May be empty.
    std::function<void(const std::string& line)> notify;
  };
  /// Makes the network; the data need not fit the plan yet, which Begin and the aggregator judge.
  /// The split is SplitUsable(data, plan.validation_fraction, plan.seed, site).
  static Result<std::unique_ptr<SiteRunner>> Create(Options options, const RunOffer& offer,
                                                    std::shared_ptr<const Dataset> data);
  virtual ~SiteRunner() = default;

  virtual SiteDeclaration Declaration() const = 0;
  /// `initial`: the run's complete first model, canonical bytes. Before all that follows.
  virtual Status Begin(const Bytes& initial) = 0;
  /// The canonical bytes of `model`, where it is the one evaluated last and its digest is known:
  /// training begins from it, and need not fetch it again. Empty otherwise, and under scaffold,
  /// whose models hold more than the network.
  virtual Result<Bytes> Held(const ModelRef& model) const = 0;
  /// The canonical bytes of what was fetched for an instruction (model_codec.h).
  virtual Result<Bytes> Unpacked(Bytes fetched) const = 0;
  /// kTrain or kEvaluate, with the model's canonical bytes (shared layout).
  virtual Result<SiteReport> Execute(const Instruction& instruction, Bytes model) = 0;
  /// The aggregator has the update: the round's checkpoints go.
  virtual void Delivered() = 0;
  /// Local heads of the tasks that the site trains, and statistics, that belong to model `version`,
  /// named as in the complete state: empty blob if the run shares everything. Under ditto the site's
  /// own model: all of it but the heads of tasks that it does not train. It stays at the
  /// site (--local-state-out) or with a simulator's own sites (docs/architecture.md, "Heads").
  virtual Result<ParameterBlob> LocalState(RoundNumber version) const = 0;
};

}  // namespace consilium
