/// The RoundCoordinator: what the engine decides is stored, then done.
///
/// An event is tried on a copy of the engine, stored, and only then the copy becomes the engine: a
/// refused event or a full disk changes nothing.
/// Time     goes on when the machine's clock is set back: deadlines and leases measure what has passed.
/// Locks    a site's spool lock, then mutex_; never the other way round. work_mutex_ (one worker at
///          a time) comes before mutex_. Blob bytes move without mutex_; observers run without any.
#pragma once

#include "aggregator/reduction.h"
#include "aggregator/round_coordinator.h"
#include "aggregator/sent_model.h"
#include "aggregator/update_spool.h"

#include <atomic>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <set>
#include <thread>

namespace consilium {

class StoredCoordinator final : public RoundCoordinator {
 public:
  StoredCoordinator(Options options, RunOffer offer, std::shared_ptr<const Layout> layout,
                    std::unique_ptr<UpdateCodec> codec, ModelCodec model_codec,
                    std::unique_ptr<AggregationStrategy> strategy);
  ~StoredCoordinator() override;

  /// Replays `log`, or begins one with model 0; then the worker starts.
  Status Start(const std::vector<Event>& log, const ModelRef& model0);

  RunOffer Offer() const override { return offer_; }
  Status Join(SiteDeclaration declaration) override;
  Result<Instruction> NextInstruction(const SiteId& site, Millis patience) override;
  Status ReadModel(const ModelRef& model, std::uint64_t offset,
                   std::span<std::byte> into) const override;
  Result<std::uint64_t> BeginUpdate(const UpdateHeader& header) override;
  Status AppendUpdate(const SiteId& site, RoundNumber round, std::uint64_t offset,
                      ByteView bytes) override;
  Status CommitUpdate(const UpdateHeader& header) override;
  Status SubmitEvaluation(EvaluationReport report) override;
  Status ReportProgress(const Progress& progress) override;

  void SetActivity(RunActivity activity) override;
  RunSnapshot Snapshot() const override;
  Result<std::vector<Event>> Log() const override;
  Status HoldStill(const std::function<Status(const RunMoment& moment)>& body) const override;
  bool WaitFinished(Millis patience) override;
  Result<TensorFile> FinalModel() const override;
  Result<TensorFile> ModelAfter(RoundNumber round) const override;
  ModelRef BestModel() const override;
  Status Pump() override;
  void Shutdown() override;

 private:
  /// When a site was heard of last, and what it said it does.
  struct Presence {
    Timestamp last_seen;
    int waiting_calls = 0;  // a site that waits for an instruction is not silent
    Progress progress;
  };
  enum class Standing { kExpected, kAcceptedBefore };
  /// What may find no room: one may while the other does.
  enum class Write : std::uint8_t { kUpdate, kEvent, kWork };
  static constexpr Millis kLongestWait{3'600'000};  // whatever a caller asks for

  // All of these require mutex_; what a site's call needs is in stored_coordinator_calls.cc.
  Timestamp Now();
  Status Apply(decltype(Event::what) what);
  /// Once, however often the site asks.
  Status Note(const SiteTurnedAway& away);
  Status RefuseLayout(const SiteId& site);
  Instruction AllowedInstruction(const SiteId& site) const;
  void Execute(const Command& command);
  Status Replay(const std::vector<Event>& events, const ModelRef& model0);
  void GiveWholeTime();
  Status Touch(const SiteId& site);
  Status CheckHeader(const UpdateHeader& header) const;
  Result<Standing> StandingOf(const UpdateHeader& header) const;
  RunSnapshot TakeSnapshot() const;
  LastHeard HeardOf(const SiteId& site) const;
  std::string StateOf(const SiteId& site, const RoundEngine::Site& known,
                      const SitePulse& pulse) const;

  // Without mutex_: of a site's call, and of the run's files (stored_coordinator_files.cc).
  Status CountUpdate(const UpdateHeader& header);
  Result<std::string> RoundsKept() const;
  Result<TensorFile> ModelFile(const ModelRef& model, std::optional<double> loss) const;
  Status RetirePending();
  /// Names below "models/" and "state/" that stay. Requires mutex_.
  std::set<std::string> ModelsKept(int state_slots) const;

  Status CheckSpooledUpdates() const;
  // Work, without mutex_ where bytes move (stored_coordinator_work.cc).
  bool MayWork() const;
  Status AggregatePending();
  Status PassDeadline();
  Status LoseSilentSites();
  void RunWorker();
  void Announce();
  Status Noted(Write write, Status status);

  const Options options_;
  const RunOffer offer_;
  const std::shared_ptr<const Layout> layout_;  // of the shared state
  const std::unique_ptr<UpdateCodec> codec_;
  const std::unique_ptr<AggregationStrategy> strategy_;
  const SentModels sent_models_;
  UpdateSpool spool_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;  // instructions, work or stopping_
  RoundEngine engine_;
  ModelRef sent_;  // the engine's model as it travels
  Timestamp last_event_;
  Timestamp last_clock_;
  Millis behind_{0};  // by how much the clock was set back while we looked
  std::map<SiteId, Presence> presence_;
  std::optional<SetDeadline> deadline_;
  std::optional<Aggregate> pending_;
  std::deque<Retire> retired_;
  std::vector<std::string> lines_;        // for the observer
  std::map<Write, std::string> trouble_;  // what failed last
  std::atomic<bool> in_trouble_{false};   // trouble_ is not empty
  RunActivity activity_;
  std::atomic<bool> stopping_{false};

  std::mutex work_mutex_;
  std::mutex worker_mutex_;  // guards worker_ while it is joined
  std::thread worker_;
};

}  // namespace consilium
