/// Sites of one process take turns in simulated time, so that runs whose order of arrival matters
/// (fedbuff) have the same one each time.
///
/// A site's training takes as many ticks as it used images; all else takes none. The site whose time is
/// earliest acts, of equal ones the first by name, and it alone until it waits for its next turn; the
/// coordinator does its work between turns. Nothing hangs on the machine's speed or threads.
/// Threads  one per site, each with its own transport; the last to begin starts the order.
#pragma once

#include "aggregator/round_coordinator.h"
#include "common/federation/transport.h"

#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>

namespace consilium {

class ArrivalOrder {
 public:
  /// The coordinator has no worker. `sites`: all that will take part; both outlive the transports.
  ArrivalOrder(RoundCoordinator& coordinator, std::set<SiteId> sites)
      : coordinator_(coordinator), there_(std::move(sites)) {}

  /// Leaves the order when it is destroyed.
  std::unique_ptr<Transport> InOrder(const SiteId& site, std::unique_ptr<Transport> transport);

 private:
  class OrderedTransport;
  void Await(const SiteId& site, std::int64_t time);
  void Leave(const SiteId& site);
  bool IsNext(const SiteId& site) const;  // requires mutex_

  RoundCoordinator& coordinator_;
  std::mutex mutex_;  // guards the rest
  std::condition_variable changed_;
  std::set<SiteId> there_;
  std::map<SiteId, std::int64_t> waiting_;  // for their time
  std::optional<SiteId> acting_;
};

}  // namespace consilium
