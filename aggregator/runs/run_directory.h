/// Which run a site's call is about: the federation service asks it before each call. Threads: any.
#pragma once

#include "aggregator/round_coordinator.h"
#include "aggregator/runs/run_offer.h"

#include <memory>
#include <utility>

namespace consilium {

class RunDirectory {
 public:
  virtual ~RunDirectory() = default;
  /// The run that the site should take part in now: it asks anew. One that it names in the request
  /// says that there is no other for it.
  /// Errors: kUnavailable: there is none; kNotFound: the one that it wants is not for it, or removed.
  virtual Result<std::shared_ptr<RoundCoordinator>> Offered(const SiteId& site,
                                                            const RunRequest& request) = 0;
  /// `run`, which was offered to it, also after that is over: the site is to be told. Empty: the one
  /// that was offered last. Errors: kNotFound: it was not.
  virtual Result<std::shared_ptr<RoundCoordinator>> Current(const SiteId& site,
                                                            const RunId& run) = 0;
};

/// One run for everybody.
class SingleRun final : public RunDirectory {
 public:
  /// `coordinator` must outlive it and what it hands out.
  explicit SingleRun(RoundCoordinator& coordinator)
      : coordinator_(std::shared_ptr<RoundCoordinator>(), &coordinator) {}
  Result<std::shared_ptr<RoundCoordinator>> Offered(const SiteId& /*site*/,
                                                    const RunRequest& /*request*/) override {
    return coordinator_;
  }
  Result<std::shared_ptr<RoundCoordinator>> Current(const SiteId& /*site*/,
                                                    const RunId& /*run*/) override {
    return coordinator_;
  }

 private:
  const std::shared_ptr<RoundCoordinator> coordinator_;
};

}  // namespace consilium
