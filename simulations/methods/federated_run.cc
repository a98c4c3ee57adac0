#include "simulations/methods/federated_run.h"

#include "aggregator/in_process_transport.h"
#include "aggregator/round_coordinator.h"
#include "common/federation/strategies/requirements.h"
#include "simulations/methods/arrival_order.h"
#include "simulations/methods/update_watch.h"
#include "site_client/site_session.h"

#include <algorithm>
#include <mutex>
#include <set>
#include <thread>

namespace consilium {
namespace {

/// What the site threads found, collected under one mutex.
struct Outcome {
  std::mutex mutex;
  Status first_error;
  FederatedModel model;
};

void RunSite(const FederatedRun& run, const std::string& center, RoundCoordinator& coordinator,
             UpdateWatch& watch, ArrivalOrder* order, Outcome& outcome) {
  SessionOptions session;
  session.runner.site = SiteId(center);
  session.runner.compute = run.compute;
  session.runner.hasher = run.hasher;
  session.runner.make_net = run.make_net;
  session.runner.interrupt = run.interrupt;
  if (const auto told = run.splits.find(center); told != run.splits.end()) {
    session.runner.split = told->second;
  }
  session.load_data = [data = run.sites.at(center)](const RunPlan&) {
    return Result<std::shared_ptr<const Dataset>>(data);
  };
  session.compute_slots = run.compute_slots;
  const SiteId site = session.runner.site;
  auto transport = watch.Watched(MakeInProcessTransport(site, coordinator));
  if (order != nullptr) transport = order->InOrder(site, std::move(transport));
  Result<SessionResult> result = RunSiteSession(*transport, std::move(session));

  const std::lock_guard lock(outcome.mutex);
  if (result.ok()) {
    outcome.model.local[center] = std::move(result->local_state);
    outcome.model.best_version = result->best_version;
  } else if (outcome.first_error.ok()) {
    outcome.first_error = result.status().WithContext("site '" + center + "'");
    coordinator.Shutdown();
  }
}

CoordinatorObserver Watch(const FederatedRun& run) {
  return [&run](const std::string&, const RunSnapshot& snapshot) {
    if (!run.on_step || snapshot.sites.empty()) return;
    const auto in = std::count_if(snapshot.sites.begin(), snapshot.sites.end(),
                                  [](const auto& site) { return site.state == "submitted"; });
    run.on_step(
        snapshot.round + static_cast<double>(in) / static_cast<double>(snapshot.sites.size()),
        snapshot.round);
  };
}

}  // namespace

Result<FederatedModel> RunInProcess(const FederatedRun& run) {
  const SystemClock clock;
  const auto blobs = MakeMemoryBlobStore();
  const auto store = MakeMemoryRoundStore();
  RoundCoordinator::Options options;
  options.plan = run.plan;
  options.initial = run.initial;
  options.blobs = blobs.get();
  options.store = store.get();
  // Under fedbuff the order of arrival makes the result: it is the same in each run.
  const bool in_order = BufferOf(run.plan).has_value();
  const SimulatedClock standing{Timestamp{0}};
  options.clock = &clock;
  if (in_order) options.clock = &standing;
  options.worker = !in_order;
  options.hasher = run.hasher;
  options.observer = Watch(run);
  CONSILIUM_ASSIGN_OR_RETURN(const std::unique_ptr<RoundCoordinator> coordinator,
                             RoundCoordinator::Open(std::move(options)));
  CONSILIUM_ASSIGN_OR_RETURN(const std::unique_ptr<UpdateWatch> watch,
                             UpdateWatch::Make(run.plan, run.initial.blob));
  std::set<SiteId> names;
  for (const auto& [center, data] : run.sites) names.emplace(center);
  ArrivalOrder order(*coordinator, std::move(names));
  Outcome outcome;
  {
    std::vector<std::jthread> threads;
    for (const auto& [center, data] : run.sites) {
      threads.emplace_back([&, name = center] {
        RunSite(run, name, *coordinator, *watch, in_order ? &order : nullptr, outcome);
      });
    }
  }
  CONSILIUM_RETURN_IF_ERROR(outcome.first_error);
  CONSILIUM_ASSIGN_OR_RETURN(TensorFile final, coordinator->FinalModel());
  outcome.model.shared = std::move(final.blob);
  for (const auto& [version, loss] : coordinator->Snapshot().history) {
    outcome.model.losses.push_back(loss);
  }
  // Updates of one buffer start from different models.
  if (!in_order) outcome.model.update_cosines = watch->Cosines();
  outcome.model.bytes_to_sites = watch->bytes_to_sites();
  outcome.model.bytes_from_sites = watch->bytes_from_sites();
  coordinator->Shutdown();
  return std::move(outcome.model);
}

}  // namespace consilium
