/// Which run a site's call is about: the federation service asks it before each call. Threads: any.
#pragma once

#include "aggregator/round_coordinator.h"

#include <memory>
#include <utility>

namespace consilium {

class RunDirectory {
 public:
  virtual ~RunDirectory() = default;
  /// The run that the site should take part in now: it asks anew.
  /// Errors: kUnavailable: there is none.
  virtual Result<std::shared_ptr<RoundCoordinator>> Offered(const SiteId& site) = 0;
  /// The run that was offered to it last, also after that is over: the site is to be told.
  virtual Result<std::shared_ptr<RoundCoordinator>> Current(const SiteId& site) = 0;
};

/// One run for everybody.
class SingleRun final : public RunDirectory {
 public:
  /// `coordinator` must outlive it and what it hands out.
  explicit SingleRun(RoundCoordinator& coordinator)
      : coordinator_(std::shared_ptr<RoundCoordinator>(), &coordinator) {}
  Result<std::shared_ptr<RoundCoordinator>> Offered(const SiteId& /*site*/) override {
    return coordinator_;
  }
  Result<std::shared_ptr<RoundCoordinator>> Current(const SiteId& /*site*/) override {
    return coordinator_;
  }

 private:
  const std::shared_ptr<RoundCoordinator> coordinator_;
};

}  // namespace consilium
