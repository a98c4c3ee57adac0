/// Runs a RoundEngine: events in, commands out, everything stored.
///
/// One coordinator serves one run. Each event is stored before it is applied, so Open() on the same
/// stores after a crash replays the log and goes on: an acknowledged update is never lost and never
/// counted twice. Site-facing calls take the SiteId that the transport authenticated; the site
/// field of a header is overwritten.
/// Threads  all methods may be called from any thread. Aggregation and deadlines run on one worker
///          thread of the coordinator (Options::worker), or inside Pump() where tests want
///          everything in order.
/// Disk     what finds no room is refused before it is acknowledged (kResourceExhausted: the caller
///          tries again) and seen in RunSnapshot::trouble; with room again it goes on by itself.
/// Errors   kFailedPrecondition for a late update (names the current round), kAlreadyExists for
///          other bytes under the same (run, round, site), kDataLoss for a digest that does not
///          match, kInvalidArgument for a declaration or header that contradicts the run (names
///          site and field).
#pragma once

#include "aggregator/retention.h"
#include "aggregator/round_store.h"
#include "common/base/clock.h"
#include "common/base/hasher.h"
#include "common/base/result.h"
#include "common/federation/liveness.h"
#include "common/federation/messages.h"
#include "common/federation/round_engine.h"
#include "common/storage/blob_store.h"
#include "common/tensor_file/safetensors.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace consilium {

/// What a person wants to see of a run.
struct RunSnapshot {
  RoundPhase phase = RoundPhase::kOpening;
  RoundNumber round = 0;
  int rounds_planned = 0;
  RoundNumber best_version = 0;
  std::optional<double> best_loss;
  std::vector<std::pair<RoundNumber, std::optional<double>>> history;
  struct Site {
    SiteId site;
    std::string state;  ///< "waiting", "training 3/10", "submitted", "evaluating", "lost", ...
    SitePulse pulse = {};
    std::optional<Millis> round_takes = {};  ///< all its planned steps, at its measured pace
  };
  std::vector<Site> sites;
  std::vector<Site>
      turned_away;      ///< never joined; their state is "refused: ..." or "abstained: ..."
  std::string trouble;  ///< what cannot be done for the moment and is tried again; "": nothing
};

/// A file that a run needs to go on.
struct NeededBlob {
  std::string name;
  std::string digest;  ///< empty: not known
};
/// What goes with the event log of a moment.
struct RunMoment {
  RoundNumber round = 0;
  std::vector<NeededBlob> blobs;
};

/// Told of each change worth a line; called without locks held, from any thread.
using CoordinatorObserver = std::function<void(const std::string& line, const RunSnapshot&)>;

/// What an operator allows a run to do.
enum class RunActivity : std::uint8_t {
  kActive,
  kPaused,  ///< nothing new begins: sites wait, no deadline passes; what they send is still taken
  kEnded,   ///< as paused, and sites that ask are told that the run is over
};

/// Of the run's engine; what replays a log needs the same.
RoundEngine::Options EngineOptionsOf(const RunPlan& plan);

class RoundCoordinator {
 public:
  struct Options {
    RunPlan plan;
    TensorFile initial;  ///< the file that consilium-sim init made: complete state
    BlobStore* blobs = nullptr;
    RoundStore* store = nullptr;
    const Clock* clock = nullptr;
    HasherFactory hasher;  ///< empty: digests are absent and unchecked
    CoordinatorObserver observer;
    Retention retention;
    bool worker = true;
    RunActivity activity = RunActivity::kActive;
  };
  static Result<std::unique_ptr<RoundCoordinator>> Open(Options options);
  virtual ~RoundCoordinator() = default;

  virtual RunOffer Offer() const = 0;
  virtual Status Join(SiteDeclaration declaration) = 0;
  /// Waits up to `patience` for something other than kWait. Also counts as a sign of life.
  virtual Result<Instruction> NextInstruction(const SiteId& site, Millis patience) = 0;
  /// Bytes [offset, offset + into.size()) of a model of this run.
  virtual Status ReadModel(const ModelRef& model, std::uint64_t offset,
                           std::span<std::byte> into) const = 0;

  /// How many bytes of this update are spooled already (byte_size if it was accepted before): send
  /// the rest.
  virtual Result<std::uint64_t> BeginUpdate(const UpdateHeader& header) = 0;
  virtual Status AppendUpdate(const SiteId& site, RoundNumber round, std::uint64_t offset,
                              ByteView bytes) = 0;
  /// Acknowledges: checked, synced, stored. The same update again is ok.
  virtual Status CommitUpdate(const UpdateHeader& header) = 0;
  virtual Status SubmitEvaluation(EvaluationReport report) = 0;
  virtual Status ReportProgress(const Progress& progress) = 0;

  /// Not stored: whoever opens the run sets it anew. Active again, sites get the whole deadline.
  virtual void SetActivity(RunActivity activity) = 0;

  virtual RunSnapshot Snapshot() const = 0;
  /// All events so far.
  virtual Result<std::vector<Event>> Log() const = 0;
  /// Calls `body` with the files that the event log of this moment names; until it returns nothing is
  /// stored and none of them is removed. It must be short and call nothing of the coordinator's.
  virtual Status HoldStill(const std::function<Status(const RunMoment& moment)>& body) const = 0;
  /// True once the run is finished; waits up to `patience`.
  virtual bool WaitFinished(Millis patience) = 0;
  /// The result: best version's shared state, with its metadata (model_metadata.h). Requires finished.
  virtual Result<TensorFile> FinalModel() const = 0;
  /// The model that `round` gave, as FinalModel; also while the run goes on.
  /// Errors: kNotFound: none yet, or removed since (names the rounds whose models are kept).
  virtual Result<TensorFile> ModelAfter(RoundNumber round) const = 0;
  virtual ModelRef BestModel() const = 0;
  /// Does all work that is due: aggregation, deadlines, lost sites. For coordinators without
  /// worker.
  virtual Status Pump() = 0;
  /// Wakes all waiting calls with kUnavailable and stops the worker.
  virtual void Shutdown() = 0;
};

}  // namespace consilium
