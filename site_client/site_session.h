/// A site's life in one run: GetRun, Join, then instructions until the run ends.
///
/// Errors of the transport that may pass (kUnavailable, kDeadlineExceeded) are retried by the
/// transport itself; a round that closed without us (kFailedPrecondition) is left and the next
/// instruction asked for; an aggregator that does not know the site (kNotFound: it was restored from a
/// backup) is joined again. Threads: runs in the caller's thread until the run is over or `interrupt`
/// is requested (kCancelled).
#pragma once

#include "common/federation/transport.h"
#include "site_client/site_runner.h"

#include <functional>
#include <memory>
#include <semaphore>

namespace consilium {

struct SessionOptions {
  SiteRunner::Options runner;
  /// Data for a plan: which tasks and what image size are known only once the run is offered.
  std::function<Result<std::shared_ptr<const Dataset>>(const RunPlan&)> load_data;
  /// Taken while training or evaluating: bounds how many sites, or runs of one site, compute at once.
  /// May be null.
  std::counting_semaphore<>* compute_slots = nullptr;
  Millis patience{10'000};  ///< of one NextInstruction
  /// Told when the site begins to wait for its turn to compute, to train or to evaluate. May be empty.
  std::function<void(SiteActivity activity, RoundNumber round)> on_activity;
  /// Told with each instruction whether an operator has paused the run. May be empty.
  std::function<void(bool paused)> on_instruction;
};

struct SessionResult {
  RunPlan plan;
  RoundNumber best_version = 0;
  ModelRef best_model;
  ParameterBlob local_state;  ///< of the best version
};

Result<SessionResult> RunSiteSession(Transport& transport, SessionOptions options);

}  // namespace consilium
