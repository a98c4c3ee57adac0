/// What operators ask of a RunDesk.
#include "aggregator/runs/deadline_proposal.h"
#include "aggregator/runs/ledger.h"
#include "aggregator/runs/run_desk.h"
#include "common/config/run_config.h"

#include <algorithm>
#include <filesystem>
#include <utility>

namespace consilium {

/// The first model goes into the run's folder as it comes; the run is there once that is whole,
/// checked, and its first change stored.
class StoredIntake final : public RunIntake {
 public:
  StoredIntake(RunDesk& desk, RunPlan plan, std::string actor, std::unique_ptr<BlobStore> blobs)
      : desk_(desk), plan_(std::move(plan)), actor_(std::move(actor)), blobs_(std::move(blobs)) {}

  ~StoredIntake() override {
    const std::lock_guard lock(desk_.mutex_);
    desk_.arriving_.erase(plan_.run);
    if (desk_.queue_.Find(plan_.run).ok()) return;
    std::error_code ignored;  // what stays is replaced when the name comes again
    std::filesystem::remove_all(desk_.FolderOf(plan_.run), ignored);
  }

  Status AppendModel(ByteView bytes) override {
    if (bytes.size() > kMaxModelFile - size_) {
      return InvalidArgument("the first model is larger than " + std::to_string(kMaxModelFile) +
                             " bytes");
    }
    CONSILIUM_RETURN_IF_ERROR(blobs_->Append(kFirstModelBlob, size_, bytes));
    size_ += bytes.size();
    return OkStatus();
  }

  Result<RunChange> Finish() override {
    if (size_ == 0) return InvalidArgument("the first model is empty");
    CONSILIUM_RETURN_IF_ERROR(blobs_->Commit(kFirstModelBlob));
    RunFolder::Options options;
    options.folder = desk_.FolderOf(plan_.run);
    options.clock = desk_.options_.clock;
    options.worker = false;
    // Opened once and closed: whatever speaks against the run is said now.
    CONSILIUM_RETURN_IF_ERROR(RunFolder::Open(options, plan_).status());
    const std::lock_guard lock(desk_.mutex_);
    const RunChange change{desk_.queue_.last_sequence() + 1,
                           desk_.options_.clock->Now(),
                           plan_.run,
                           RunState::kQueued,
                           "started",
                           actor_};
    RunQueue next = desk_.queue_;
    CONSILIUM_RETURN_IF_ERROR(next.Apply(change));
    CONSILIUM_RETURN_IF_ERROR(desk_.store_->AddRun(change, FormatRunPlan(plan_)));
    desk_.queue_ = std::move(next);
    desk_.AddEvent(plan_.run, actor_, "queued: started");
    return change;
  }

 private:
  RunDesk& desk_;
  const RunPlan plan_;
  const std::string actor_;
  const std::unique_ptr<BlobStore> blobs_;
  std::uint64_t size_ = 0;
};

Result<std::unique_ptr<RunIntake>> RunDesk::StartRun(const std::string& yaml,
                                                     const std::string& file_name,
                                                     const std::string& actor) {
  CONSILIUM_ASSIGN_OR_RETURN(const RunPlan plan, ParseRunPlan(yaml, file_name));
  const std::lock_guard lock(mutex_);
  CONSILIUM_RETURN_IF_ERROR(queue_.CheckNew(plan.run));
  if (!arriving_.insert(plan.run).second) {
    return AlreadyExists("run " + plan.run.str() + ": is being started by somebody else");
  }
  std::error_code failed;
  std::filesystem::remove_all(FolderOf(plan.run), failed);  // of a start that broke off
  auto blobs = OpenDiskBlobStore(BlobFolder(FolderOf(plan.run)));
  if (failed || !blobs.ok()) {
    arriving_.erase(plan.run);
    return failed ? Internal("run " + plan.run.str() + ": " + failed.message()) : blobs.status();
  }
  return std::unique_ptr<RunIntake>(
      std::make_unique<StoredIntake>(*this, plan, actor, std::move(blobs).value()));
}

Result<RunChange> RunDesk::Order(const RunId& run, RunOrder order, const std::string& cause,
                                 const std::string& actor) {
  const std::lock_guard lock(mutex_);
  CONSILIUM_ASSIGN_OR_RETURN(const RunState state, queue_.Decide(run, order));
  if (state == RunState::kRemoved && copying_) {
    return Unavailable("run " + run.str() + ": a backup is being made, try again in a moment");
  }
  CONSILIUM_ASSIGN_OR_RETURN(RunChange change,
                             Change(run, state, cause.empty() ? "ordered" : cause, actor));
  if (state == RunState::kRemoved) CONSILIUM_RETURN_IF_ERROR(RemoveFiles(run));
  return change;
}

/// Of a run that the store calls removed: what stays after a kill goes at the next start.
Status RunDesk::RemoveFiles(const RunId& run) {
  if (const auto open = open_.find(run); open != open_.end()) {
    open->second->coordinator().Shutdown();
    open_.erase(open);
  }
  summaries_.erase(run);
  std::error_code failed;
  std::filesystem::remove_all(FolderOf(run), failed);
  if (!failed) return OkStatus();
  return Internal("run " + run.str() + ": is removed, but not all of its files: " +
                  failed.message() + "; the rest goes when the aggregator starts again");
}

Result<RunSummary> RunDesk::Summarise(const RunId& run) {
  if (const auto known = summaries_.find(run); known != summaries_.end()) return known->second;
  CONSILIUM_ASSIGN_OR_RETURN(const RunQueue::Run* const known, queue_.Find(run));
  RunSummary summary;
  summary.last = known->changes.back();
  const Result<Folder> folder = Borrow(run);
  if (!folder.ok()) return summary;  // failed: its folder is what is wrong
  const RunSnapshot snapshot = (*folder)->coordinator().Snapshot();
  summary.round = snapshot.round;
  summary.rounds_planned = snapshot.rounds_planned;
  summary.sites = static_cast<int>(snapshot.sites.size());
  summary.best_loss = snapshot.best_loss;
  summary.trouble = snapshot.trouble;
  if (IsOver(known->state)) summaries_[run] = summary;
  return summary;
}

Result<std::vector<RunSummary>> RunDesk::Runs() {
  const std::lock_guard lock(mutex_);
  std::vector<RunSummary> summaries;
  summaries.reserve(queue_.order().size());
  for (const RunId& run : queue_.order()) {
    CONSILIUM_ASSIGN_OR_RETURN(RunSummary summary, Summarise(run));
    summaries.push_back(std::move(summary));
  }
  return summaries;
}

Result<RunDetail> RunDesk::Show(const RunId& run) {
  const std::lock_guard lock(mutex_);
  CONSILIUM_ASSIGN_OR_RETURN(const RunQueue::Run* const known, queue_.Find(run));
  RunDetail detail;
  detail.changes = known->changes;
  CONSILIUM_ASSIGN_OR_RETURN(detail.summary, Summarise(run));
  CONSILIUM_ASSIGN_OR_RETURN(detail.plan, store_->PlanOf(run));
  if (known->state == RunState::kFailed || known->state == RunState::kRemoved) return detail;
  CONSILIUM_ASSIGN_OR_RETURN(const Folder folder, Borrow(run));
  const RunSnapshot snapshot = folder->coordinator().Snapshot();
  std::map<SiteId, Millis> expected;
  for (const auto* list : {&snapshot.sites, &snapshot.turned_away}) {
    for (const RunSnapshot::Site& site : *list) {
      detail.sites.push_back({site.site, run, site.state, site.pulse});
      if (site.round_takes) expected[site.site] = *site.round_takes;
    }
  }
  CONSILIUM_ASSIGN_OR_RETURN(detail.rounds, LedgerOf(run, folder));
  if (!IsOver(known->state)) detail.proposed = ProposeDeadline(detail.rounds, expected);
  return detail;
}

Result<std::vector<SiteStatus>> RunDesk::Sites() {
  const std::lock_guard lock(mutex_);
  std::map<RunId, std::map<SiteId, RunSnapshot::Site>> states;
  for (const auto& [run, folder] : open_) {
    const RunSnapshot snapshot = folder->coordinator().Snapshot();
    for (const auto* list : {&snapshot.sites, &snapshot.turned_away}) {
      for (const RunSnapshot::Site& site : *list) states[run][site.site] = site;
    }
  }
  std::vector<SiteStatus> sites;
  sites.reserve(visits_.size());
  for (const auto& [site, visits] : visits_) {
    for (const RunId& run : visits) {
      CONSILIUM_ASSIGN_OR_RETURN(const RunQueue::Run* const known, queue_.Find(run));
      const RunSnapshot::Site& seen = states[run][site];
      std::string doing = seen.state.empty() ? "has not joined" : seen.state;
      if (IsOver(known->state)) doing = "the run is over";
      sites.push_back({site, run, doing, seen.pulse});
    }
  }
  return sites;
}

Result<TensorFile> RunDesk::Export(const RunId& run, std::optional<RoundNumber> round) {
  const std::lock_guard lock(mutex_);
  CONSILIUM_ASSIGN_OR_RETURN(const Folder folder, Borrow(run));
  auto model =
      round ? folder->coordinator().ModelAfter(*round) : folder->coordinator().FinalModel();
  if (!model.ok()) return model.status().WithContext("run " + run.str());
  return model;
}

std::vector<AdminEvent> RunDesk::Events(std::int64_t after, std::size_t limit, Millis patience) {
  std::unique_lock lock(events_mutex_);
  new_event_.wait_for(lock, patience, [&] { return last_event_ > after; });
  std::vector<AdminEvent> events;
  for (const AdminEvent& event : events_) {
    if (event.sequence > after && events.size() < limit) events.push_back(event);
  }
  return events;
}

}  // namespace consilium
