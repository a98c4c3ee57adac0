#include "aggregator/runs/run_desk.h"

#include "aggregator/runs/ledger.h"
#include "common/config/run_config.h"
#include "common/federation/selection.h"

#include <algorithm>
#include <filesystem>
#include <utility>

namespace consilium {
namespace {

constexpr std::size_t kEventsKept = 10'000;
const char* const kSelf = "aggregator";

RunActivity ActivityOf(RunState state) {
  if (state == RunState::kPaused) return RunActivity::kPaused;
  // A run that came to its end by itself still tidies its files up.
  const bool broken_off = state == RunState::kCancelled || state == RunState::kFailed;
  return broken_off ? RunActivity::kEnded : RunActivity::kActive;
}

/// Trying again may help: the disk, or another process.
bool MayPass(const Status& status) {
  return status.code() == StatusCode::kUnavailable ||
         status.code() == StatusCode::kResourceExhausted;
}

}  // namespace

Result<std::unique_ptr<RunDesk>> RunDesk::Open(Options options) {
  const std::filesystem::path state(options.state_folder);
  std::error_code failed;
  std::filesystem::create_directories(state / "runs", failed);
  if (!failed) std::filesystem::remove_all(BackupsFolder(options.state_folder), failed);
  if (failed) return InvalidArgument(options.state_folder + ": " + failed.message());
  CONSILIUM_ASSIGN_OR_RETURN(auto store, SqliteRunStore::Open((state / "runs.sqlite").string()));
  auto desk = std::unique_ptr<RunDesk>(new RunDesk(std::move(options), std::move(store)));
  {
    const std::lock_guard lock(desk->mutex_);
    CONSILIUM_RETURN_IF_ERROR(desk->Restore());
  }
  return desk;
}

RunDesk::~RunDesk() { Shutdown(); }

Status RunDesk::Restore() {
  CONSILIUM_ASSIGN_OR_RETURN(const std::vector<RunChange> changes, store_->Changes());
  for (const RunChange& change : changes) {
    const Status applied = queue_.Apply(change);
    if (!applied.ok()) return DataLoss("the stored states contradict: " + applied.message());
    events_.push_back({++last_event_, change.at, change.run, change.actor,
                       std::string(ToString(change.state)) + ": " + change.cause});
  }
  while (events_.size() > kEventsKept) events_.pop_front();
  CONSILIUM_ASSIGN_OR_RETURN(visits_, store_->Visits());
  SweepRuns();
  return OkStatus();
}

/// What a kill left: folders of removed runs, and of starts that broke off before there was a log.
void RunDesk::SweepRuns() {
  const std::filesystem::path runs = std::filesystem::path(options_.state_folder) / "runs";
  std::error_code ignored;  // tried again at the next start
  std::vector<std::filesystem::path> left;
  for (const auto& entry : std::filesystem::directory_iterator(runs, ignored)) {
    const auto known = queue_.Find(RunId(entry.path().filename().string()));
    const bool removed = known.ok() && (*known)->state == RunState::kRemoved;
    const bool broken_off = !known.ok() && !std::filesystem::exists(entry.path() / kEventLogFile);
    if (removed || broken_off) left.push_back(entry.path());
  }
  for (const std::filesystem::path& folder : left) std::filesystem::remove_all(folder, ignored);
}

std::string RunDesk::FolderOf(const RunId& run) const {
  return (std::filesystem::path(options_.state_folder) / "runs" / run.str()).string();
}

void RunDesk::AddEvent(const RunId& run, const std::string& actor, const std::string& text) {
  {
    const std::lock_guard lock(events_mutex_);
    events_.push_back({++last_event_, options_.clock->Now(), run, actor, text});
    if (events_.size() > kEventsKept) events_.pop_front();
  }
  new_event_.notify_all();
  if (options_.log) options_.log(run.empty() ? text : "run " + run.str() + ": " + text);
}

Result<RunChange> RunDesk::Change(const RunId& run, RunState state, const std::string& cause,
                                  const std::string& actor) {
  const RunChange change{
      queue_.last_sequence() + 1, options_.clock->Now(), run, state, cause, actor};
  RunQueue next = queue_;
  CONSILIUM_RETURN_IF_ERROR(next.Apply(change));
  CONSILIUM_RETURN_IF_ERROR(store_->Append(change));
  queue_ = std::move(next);
  if (const auto open = open_.find(run); open != open_.end()) {
    open->second->coordinator().SetActivity(ActivityOf(state));
  }
  AddEvent(run, actor, std::string(ToString(state)) + ": " + cause);
  return change;
}

Result<RunDesk::Folder> RunDesk::Make(const RunId& run, bool worker) {
  CONSILIUM_ASSIGN_OR_RETURN(const RunQueue::Run* const known, queue_.Find(run));
  if (known->state == RunState::kRemoved) {
    const RunChange& removed = known->changes.back();
    return NotFound("run " + run.str() + ": was removed by " + removed.actor + " (" +
                    removed.cause + "), its models and its log are gone");
  }
  CONSILIUM_ASSIGN_OR_RETURN(const std::string yaml, store_->PlanOf(run));
  CONSILIUM_ASSIGN_OR_RETURN(const RunPlan plan, ParseRunPlan(yaml, "run " + run.str()));
  RunFolder::Options options;
  options.folder = FolderOf(run);
  options.clock = options_.clock;
  options.retention = options_.retention;
  options.observer = [this, run](const std::string& line, const RunSnapshot&) {
    AddEvent(run, kSelf, line);
  };
  options.worker = worker;
  options.activity = ActivityOf(known->state);
  return RunFolder::Open(options, plan);
}

Result<RunDesk::Folder> RunDesk::OpenFolder(const RunId& run) {
  if (stopping_) return Unavailable("the aggregator is shutting down");
  const auto known = open_.find(run);
  if (known != open_.end()) return known->second;
  CONSILIUM_ASSIGN_OR_RETURN(Folder folder, Make(run, true));
  open_[run] = folder;
  return folder;
}

Result<RunDesk::Folder> RunDesk::Borrow(const RunId& run) {
  const auto known = open_.find(run);
  if (known != open_.end()) return known->second;
  return Make(run, false);
}

Result<std::shared_ptr<RoundCoordinator>> RunDesk::CoordinatorOf(const RunId& run) {
  CONSILIUM_ASSIGN_OR_RETURN(const Folder folder, OpenFolder(run));
  return std::shared_ptr<RoundCoordinator>(folder, &folder->coordinator());
}

// --- Runs go on ---------------------------------------------------------------------------------

Status RunDesk::Tick() {
  const std::lock_guard lock(mutex_);
  if (stopping_) return OkStatus();
  Status status = GoOn();
  if (status.message() != trouble_) {
    trouble_ = status.message();
    AddEvent(RunId(), kSelf, status.ok() ? "goes on" : "cannot go on, trying again: " + trouble_);
  }
  return status;
}

Status RunDesk::GoOn() {
  Status first = OkStatus();
  for (const RunId& run : queue_.Active()) {
    const Status followed = Follow(run);
    if (first.ok()) first = followed;
  }
  const Status opened = OpenNext();
  if (first.ok()) first = opened;
  CloseUnvisited();
  return first;
}

Status RunDesk::OpenNext() {
  const std::optional<RunId> next = queue_.NextToOpen();
  if (!next) return OkStatus();
  const Status opened = OpenFolder(*next).status();
  if (MayPass(opened)) return opened.WithContext("run " + next->str());
  if (opened.ok()) return Change(*next, RunState::kWaiting, "waits for its sites", kSelf).status();
  return Change(*next, RunState::kFailed, opened.message(), kSelf).status();
}

Status RunDesk::Follow(const RunId& run) {
  const Result<Folder> folder = OpenFolder(run);
  if (!folder.ok() && MayPass(folder.status())) {
    return folder.status().WithContext("run " + run.str());
  }
  if (!folder.ok()) {
    return Change(run, RunState::kFailed, folder.status().message(), kSelf).status();
  }
  const RunSnapshot snapshot = (*folder)->coordinator().Snapshot();
  if (!queue_.AfterPhase(run, snapshot.phase, true)) return OkStatus();
  std::string missing;
  std::string done = "all rounds are done";
  if (snapshot.phase == RoundPhase::kFinished) {
    CONSILIUM_ASSIGN_OR_RETURN(const std::vector<LedgerRound> rounds, LedgerOf(run, *folder));
    const RunPlan& plan = (*folder)->plan();
    // A buffer is filled by whoever comes first, the same site twice if need be.
    const int agreed = BufferOf(plan) ? 1 : AgreedSites(plan.rounds);
    missing = WhatIsMissing(rounds, agreed);
    const ModelRef best = (*folder)->coordinator().BestModel();
    done.append(", best version ").append(std::to_string(best.version));
    done.append(", state ").append(best.digest);
  }
  while (const auto state = queue_.AfterPhase(run, snapshot.phase, missing.empty())) {
    std::string cause = "the sites are there";
    if (*state == RunState::kFinished) cause = done;
    if (*state == RunState::kIncomplete) cause = std::string(missing).append("; ").append(done);
    CONSILIUM_RETURN_IF_ERROR(Change(run, *state, cause, kSelf).status());
  }
  return OkStatus();
}

Result<std::vector<LedgerRound>> RunDesk::LedgerOf(const RunId& run, const Folder& folder) {
  CONSILIUM_ASSIGN_OR_RETURN(const std::vector<Event> log, folder->coordinator().Log());
  auto rounds = MakeLedger(EngineOptionsOf(folder->plan()), log);
  if (!rounds.ok()) return rounds.status().WithContext("run " + run.str());
  return rounds;
}

void RunDesk::CloseUnvisited() {
  if (copying_) return;
  std::erase_if(open_, [this](const auto& entry) {
    const RunId& run = entry.first;
    const auto known = queue_.Find(run);
    if (!known.ok() || !IsOver((*known)->state)) return false;
    return std::ranges::none_of(visits_, [&](const auto& of_site) {
      return std::ranges::find(of_site.second, run) != of_site.second.end();
    });
  });
}

void RunDesk::Shutdown() {
  std::map<RunId, Folder> closing;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    closing.swap(open_);
  }
  for (const auto& [run, folder] : closing) folder->coordinator().Shutdown();
}

// --- Sites --------------------------------------------------------------------------------------

Result<std::shared_ptr<RoundCoordinator>> RunDesk::Offered(const SiteId& site,
                                                           const RunRequest& request) {
  const std::lock_guard lock(mutex_);
  if (stopping_) return Unavailable("the aggregator is shutting down");
  const auto known = visits_.find(site);
  const std::vector<RunId> visits = known == visits_.end() ? std::vector<RunId>() : known->second;
  const auto admits = [&](const RunId& run) {
    const Result<Folder> folder = OpenFolder(run);
    return folder.ok() && Admits((*folder)->plan().rounds, site);
  };
  const std::optional<RunChoice> choice = ChooseRun(queue_, visits, request, admits);
  if (!choice) {
    if (!request.wanted.empty()) {
      return NotFound("run " + request.wanted.str() + ": is not there for site " + site.str());
    }
    return Unavailable(queue_.Active().empty()
                           ? "no run is active now"
                           : "no run that is active has a use for site " + site.str());
  }
  if (choice->visits != visits) {
    CONSILIUM_RETURN_IF_ERROR(store_->SetVisits(site, choice->visits));
    visits_[site] = choice->visits;
  }
  return CoordinatorOf(choice->run);
}

Result<std::shared_ptr<RoundCoordinator>> RunDesk::Current(const SiteId& site, const RunId& run) {
  const std::lock_guard lock(mutex_);
  const auto visits = visits_.find(site);
  if (visits == visits_.end()) {
    return NotFound("site " + site.str() + ": is in no run, expected GetRun first");
  }
  if (run.empty()) return CoordinatorOf(visits->second.back());
  if (std::ranges::find(visits->second, run) != visits->second.end()) return CoordinatorOf(run);
  return NotFound("site " + site.str() + ": is not in run " + run.str() +
                  ", expected GetRun first");
}

}  // namespace consilium
