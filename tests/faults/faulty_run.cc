#include "tests/faults/faulty_run.h"

#include "aggregator/blob_names.h"
#include "aggregator/reduction.h"
#include "common/base/random_stream.h"
#include "tests/faults/faulty_stores.h"
#include "tests/support/fnv_hasher.h"

#include <algorithm>
#include <memory>
#include <span>

namespace consilium {
namespace {

constexpr int kSites = 3;
constexpr std::size_t kChunk = 17;
constexpr Millis kStep{100};
constexpr int kLongestRun = 4'000;  // steps: more than six minutes

enum class Turn : std::uint8_t { kQuiet, kFinished };

/// A site that makes one call per turn and keeps to the transport's rules: what may pass is tried
/// again, an upload that is refused in its middle begins again, a round that is over is left.
class SteppedSite {
 public:
  explicit SteppedSite(SiteId site) : site_(std::move(site)) {}

  /// A changed chunk may wait in the aggregator's draft for the site's next life.
  void Restart() {
    const bool changed = changed_;
    *this = SteppedSite(site_);
    changed_ = changed;
  }
  void CutConnection() {
    if (upload_) upload_->begun = false;
  }
  void SendNextChunkTwice() { twice_ = true; }
  void ChangeNextChunk() { change_ = true; }
  void SendNextUpdateTwice() { repeat_ = true; }

  /// Calls `note(header)` for each update that is acknowledged.
  template <typename Note>
  Result<Turn> Step(RoundCoordinator& run, const Note& note) {
    if (!joined_) {
      CONSILIUM_RETURN_IF_ERROR(run.Join(FakeDeclaration(site_.str())));
      joined_ = true;
      return Turn::kQuiet;
    }
    if (!upload_) return Ask(run);
    Status status = Upload(run, note);
    if (upload_ && status.code() == StatusCode::kFailedPrecondition) {
      // Whether it is too late is BeginUpdate's word.
      if (!upload_->begun)
        upload_.reset();
      else
        upload_->begun = false;
      status = OkStatus();
    }
    if (upload_ && status.code() == StatusCode::kDataLoss && std::exchange(changed_, false)) {
      upload_->begun = false;
      status = OkStatus();
    }
    CONSILIUM_RETURN_IF_ERROR(status);
    return Turn::kQuiet;
  }

 private:
  struct Transfer {
    FakeUpdate update;
    bool begun = false;
    std::size_t sent = 0;
  };

  Result<Turn> Ask(RoundCoordinator& run) {
    CONSILIUM_ASSIGN_OR_RETURN(const Instruction told, run.NextInstruction(site_, Millis{0}));
    if (told.kind == InstructionKind::kFinish) return Turn::kFinished;
    if (told.kind == InstructionKind::kEvaluate) {
      const Status status = run.SubmitEvaluation(EvaluateFake(site_, told.model.version));
      if (status.code() != StatusCode::kFailedPrecondition) CONSILIUM_RETURN_IF_ERROR(status);
    }
    if (told.kind == InstructionKind::kTrain) {
      Bytes model(static_cast<std::size_t>(told.model.byte_size));
      CONSILIUM_RETURN_IF_ERROR(run.ReadModel(told.model, 0, model));
      if (Digest(FnvHash(), model) != told.model.digest) return Internal("another model was read");
      upload_ = Transfer{TrainFake(site_, told.round, model), false, 0};
    }
    return Turn::kQuiet;
  }

  template <typename Note>
  Status Upload(RoundCoordinator& run, const Note& note) {
    const UpdateHeader& header = upload_->update.header;
    if (!upload_->begun) {
      CONSILIUM_ASSIGN_OR_RETURN(const std::uint64_t at, run.BeginUpdate(header));
      upload_->begun = true;
      upload_->sent = static_cast<std::size_t>(at);
      return OkStatus();
    }
    if (upload_->sent < upload_->update.encoded.size()) return SendChunk(run);
    CONSILIUM_RETURN_IF_ERROR(run.CommitUpdate(header));
    note(header);
    if (std::exchange(repeat_, false)) return SendAgain(run, header);
    upload_.reset();
    return OkStatus();
  }

  Status SendChunk(RoundCoordinator& run) {
    const UpdateHeader& header = upload_->update.header;
    const ByteView rest = ByteView(upload_->update.encoded).subspan(upload_->sent);
    const ByteView part = rest.first(std::min(kChunk, rest.size()));
    Bytes bytes(part.begin(), part.end());
    if (std::exchange(change_, false)) {
      bytes[bytes.size() / 2] ^= std::byte{0x10};
      changed_ = true;
    }
    CONSILIUM_RETURN_IF_ERROR(run.AppendUpdate(site_, header.round, upload_->sent, bytes));
    if (std::exchange(twice_, false)) {
      const Status again = run.AppendUpdate(site_, header.round, upload_->sent, bytes);
      if (again.ok()) return Internal("a chunk counted twice");
    }
    upload_->sent += bytes.size();
    return OkStatus();
  }

  Status SendAgain(RoundCoordinator& run, const UpdateHeader& header) {
    const Result<std::uint64_t> at = run.BeginUpdate(header);
    const bool in_time = at.ok() && *at == header.byte_size;
    const bool too_late = at.status().code() == StatusCode::kFailedPrecondition;
    const Status kept =
        at.ok() && !in_time ? Internal("an acknowledged update is asked for again") : OkStatus();
    if (in_time || too_late) upload_.reset();
    CONSILIUM_RETURN_IF_ERROR(kept);
    return in_time || too_late ? OkStatus() : at.status();
  }

  SiteId site_;
  bool joined_ = false;
  std::optional<Transfer> upload_;
  bool twice_ = false;
  bool change_ = false;
  bool changed_ = false;  // a chunk of the upload was
  bool repeat_ = false;
};

class FaultyWorld {
 public:
  FaultyWorld(const RunPlan& plan, const FaultSchedule& schedule)
      : plan_(plan), schedule_(schedule), turns_(StreamSeed(schedule.seed, {"turns"})) {
    for (int i = 0; i < kSites; ++i) sites_.emplace_back(SiteId(std::string(1, char('A' + i))));
  }

  Result<FaultyRunResult> Play() {
    auto next = schedule_.faults.begin();
    int since_last = 0;
    for (int step = 0; since_last < kLongestRun; ++step) {
      clock_.Advance(kStep);
      while (next != schedule_.faults.end() && next->step <= step) Strike(*next++, step);
      since_last = next == schedule_.faults.end() ? since_last + 1 : 0;
      CONSILIUM_RETURN_IF_ERROR(Recover(step));
      if (!run_) continue;
      CONSILIUM_RETURN_IF_ERROR(TakeTurn(step).WithContext("step " + std::to_string(step)));
      if (run_ && !trouble_.dark() && run_->Snapshot().phase == RoundPhase::kFinished) {
        return Conclude();
      }
    }
    return DeadlineExceeded("the run does not end");
  }

 private:
  static constexpr int kNever = 1'000'000'000;

  void Strike(const Fault& fault, int step) {
    const auto site = static_cast<std::size_t>(fault.site);
    switch (fault.kind) {
      case FaultKind::kSiteKilled:
        return sites_[site].Restart();
      case FaultKind::kSiteAway:
      case FaultKind::kDelay:
        away_until_[site] = std::max(away_until_[site], step + static_cast<int>(fault.amount));
        return;
      case FaultKind::kSiteLeaves:
        leaver_ = site;
        return;
      case FaultKind::kConnectionCut:
        return sites_[site].CutConnection();
      case FaultKind::kChunkTwice:
        return sites_[site].SendNextChunkTwice();
      case FaultKind::kChunkCorrupt:
        return sites_[site].ChangeNextChunk();
      case FaultKind::kUpdateTwice:
        return sites_[site].SendNextUpdateTwice();
      case FaultKind::kAggregatorKilled:
        run_.reset();
        opens_at_ = step + static_cast<int>(fault.amount);
        return;
      case FaultKind::kPowerCut:
        return trouble_.CutPower(fault.amount, false);
      case FaultKind::kPowerCutAfter:
        return trouble_.CutPower(fault.amount, true);
      case FaultKind::kDiskFull:
        trouble_.Fill();
        room_at_ = std::max(room_at_, step + static_cast<int>(fault.amount));
        return;
      case FaultKind::kClockForward:
        return clock_.Advance(Millis{1'000 * fault.amount});
      case FaultKind::kClockBack:
        return clock_.Advance(Millis{-1'000 * fault.amount});
    }
  }

  /// What comes back by itself: power, room, the aggregator. And who leaves: a run that waits for
  /// its first sites would wait for it.
  Status Recover(int step) {
    const bool begun = run_ && run_->Snapshot().phase != RoundPhase::kGathering;
    if (leaver_ && begun) away_until_[*leaver_] = kNever;
    if (step >= room_at_) trouble_.MakeRoom();
    if (trouble_.dark()) {
      run_.reset();
      trouble_.RestorePower();
    }
    if (run_ || step < opens_at_) return OkStatus();
    Result<std::unique_ptr<RoundCoordinator>> opened = Open();
    if (opened.ok()) {
      run_ = std::move(*opened);
      return OkStatus();
    }
    return MayPass(opened.status()) ? OkStatus() : opened.status();
  }

  Result<std::unique_ptr<RoundCoordinator>> Open() {
    return RoundCoordinator::Open(FakeOptions(plan_, troubled_blobs_, troubled_store_, clock_));
  }

  /// One call of one site, or the aggregator's own work.
  Status TakeTurn(int step) {
    const auto who = static_cast<std::size_t>(turns_.Below(kSites + 1));
    if (who == kSites) return UnlessItMayPass(run_->Pump());
    if (step < away_until_[who]) return OkStatus();
    const auto note = [this](const UpdateHeader& header) {
      result_.acknowledged.emplace(std::pair(header.round, header.site), header.digest);
    };
    return UnlessItMayPass(sites_[who].Step(*run_, note).status());
  }

  static bool MayPass(const Status& status) {
    return status.code() == StatusCode::kUnavailable ||
           status.code() == StatusCode::kResourceExhausted;
  }
  static Status UnlessItMayPass(const Status& status) {
    return MayPass(status) ? OkStatus() : status;
  }

  Result<FaultyRunResult> Conclude() {
    CONSILIUM_ASSIGN_OR_RETURN(const TensorFile model, run_->FinalModel());
    result_.model = model.blob.bytes;
    CONSILIUM_ASSIGN_OR_RETURN(result_.log, store_->Load());
    return std::move(result_);
  }

  const RunPlan& plan_;
  const FaultSchedule& schedule_;
  RandomStream turns_;
  SimulatedClock clock_{Timestamp{1'700'000'000'000}};
  DiskTrouble trouble_;
  std::unique_ptr<BlobStore> blobs_ = MakeMemoryBlobStore();
  std::unique_ptr<RoundStore> store_ = MakeMemoryRoundStore();
  TroubledBlobStore troubled_blobs_{*blobs_, trouble_};
  TroubledRoundStore troubled_store_{*store_, trouble_};
  std::unique_ptr<RoundCoordinator> run_;
  std::vector<SteppedSite> sites_;
  std::vector<int> away_until_ = std::vector<int>(kSites, 0);
  std::optional<std::size_t> leaver_;
  int opens_at_ = 0;
  int room_at_ = 0;
  FaultyRunResult result_;
};

using UpdateName = std::pair<RoundNumber, SiteId>;

/// By the rounds that they name: those of a buffer started from different versions.
std::vector<UpdateName> UpdatesOf(const Aggregate& aggregate) {
  std::vector<UpdateName> updates;
  for (std::size_t i = 0; i < aggregate.updates.size(); ++i) {
    const bool buffered = !aggregate.origins.empty();
    updates.emplace_back(buffered ? aggregate.origins[i].started_from : aggregate.round,
                         aggregate.updates[i].first);
  }
  return updates;
}

/// The log's run with nothing around it: updates are made from the models before, combined in one
/// go, and never spooled.
class CalmRun {
 public:
  explicit CalmRun(const RunPlan& plan)
      : layout_(FakeInitialModel().blob.layout),
        strategy_(MakeStrategy(plan).value()),
        codec_(MakeCodec(plan.codec, layout_).value()) {
    Put(ModelBlobName(0), FakeInitialModel().blob.bytes);
  }

  Result<ModelRef> Combine(const Aggregate& aggregate) {
    for (const auto& [round, site] : UpdatesOf(aggregate)) {
      Put(UpdateBlobName(round, site), TrainFake(site, round, Model(round)).encoded);
    }
    const ReductionParts parts{layout_, codec_.get(), strategy_.get(), blobs_.get(), FnvHash(), 1};
    return Reduce(parts, aggregate, [] { return false; });
  }
  Bytes Model(RoundNumber version) const { return blobs_->ReadAll(ModelBlobName(version)).value(); }
  std::string DigestOf(RoundNumber round, const SiteId& site) const {
    return TrainFake(site, round, Model(round)).header.digest;
  }

 private:
  void Put(const std::string& name, const Bytes& bytes) {
    CONSILIUM_CHECK(blobs_->Append(name, 0, bytes).ok() && blobs_->Commit(name).ok());
  }

  std::shared_ptr<const Layout> layout_;
  std::unique_ptr<AggregationStrategy> strategy_;
  std::unique_ptr<UpdateCodec> codec_;
  std::unique_ptr<BlobStore> blobs_ = MakeMemoryBlobStore();
};

Status CheckAcknowledged(const FaultyRunResult& result, const Aggregate& aggregate,
                         const CalmRun& calm) {
  std::set<SiteId> used;
  for (const auto& [site, images] : aggregate.updates) {
    if (!used.insert(site).second) return Internal("an update counted twice");
  }
  for (const auto& [key, digest] : result.acknowledged) {
    const auto& [round, site] = key;
    if (round != aggregate.round) continue;
    const std::string at = "round " + std::to_string(round) + ", site " + site.str() + ": ";
    if (!used.contains(site)) return Internal(at + "an acknowledged update was not used");
    if (digest != calm.DigestOf(round, site)) return Internal(at + "another update was sent");
  }
  return OkStatus();
}

}  // namespace

RunPlan FaultyPlan(const std::string& strategy) {
  RunPlan plan = FakePlan(/*rounds=*/4, kSites);
  plan.strategy = strategy;
  plan.rounds.quorum = 2;
  if (strategy == "fedbuff") {
    plan.strategy_options.buffer_size = 2;
    plan.rounds.rounds = 6;
  }
  plan.rounds.deadline = Millis{20'000};
  plan.rounds.site_lease = Millis{8'000};
  return plan;
}

Result<FaultyRunResult> PlayFaults(const RunPlan& plan, const FaultSchedule& schedule) {
  return FaultyWorld(plan, schedule).Play();
}

Status CheckFaultyRun(const RunPlan& plan, const FaultyRunResult& result) {
  RoundEngine engine(EngineOptionsOf(plan));
  CalmRun calm(plan);
  std::set<UpdateName> logged;
  std::vector<UpdateName> arrived;
  std::vector<UpdateName> used;
  std::optional<ModelRef> expected;
  for (const Event& event : result.log) {
    if (const auto* spooled = std::get_if<UpdateSpooled>(&event.what)) {
      if (!logged.emplace(spooled->round, spooled->site).second) {
        return Internal("an update stands in the log twice");
      }
      arrived.emplace_back(spooled->round, spooled->site);
    }
    if (const auto* stored = std::get_if<ModelStored>(&event.what)) {
      if (!expected || !(stored->model == *expected)) {
        return Internal("model " + std::to_string(stored->model.version) +
                        " is not what its updates give");
      }
    }
    for (const Command& command : engine.Step(event)) {
      if (std::holds_alternative<Reject>(command))
        return Internal("the log holds what was refused");
      const auto* aggregate = std::get_if<Aggregate>(&command);
      if (aggregate == nullptr) continue;
      for (const UpdateName& update : UpdatesOf(*aggregate)) used.push_back(update);
      if (!engine.IsBuffered()) {
        CONSILIUM_RETURN_IF_ERROR(CheckAcknowledged(result, *aggregate, calm));
      }
      CONSILIUM_ASSIGN_OR_RETURN(expected, calm.Combine(*aggregate));
    }
  }
  for (const auto& [key, digest] : result.acknowledged) {
    if (!logged.contains(key)) return Internal("an acknowledged update is not in the log");
    const bool sent = !engine.IsBuffered() || digest == calm.DigestOf(key.first, key.second);
    if (!sent) return Internal("another update was sent");
  }
  // What a buffer holds when the run ends is all that is left.
  const bool in_order = used.size() <= arrived.size() &&
                        std::ranges::equal(used, std::span(arrived).first(used.size()));
  if (engine.IsBuffered() && !in_order) return Internal("updates are not used as they arrived");
  if (engine.phase() != RoundPhase::kFinished) return Internal("the log does not end");
  if (calm.Model(engine.best_model().version) == result.model) return OkStatus();
  return Internal("the result is not the best model");
}

}  // namespace consilium
