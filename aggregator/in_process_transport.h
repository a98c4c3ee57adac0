/// The transport of the simulator: a RoundCoordinator in the same process, with the same encoded
/// bytes that would cross the network. Threads: as Transport; one object per site.
#pragma once

#include "aggregator/round_coordinator.h"
#include "common/federation/transport.h"

#include <memory>

namespace consilium {

/// `coordinator` must outlive the transport.
std::unique_ptr<Transport> MakeInProcessTransport(SiteId site, RoundCoordinator& coordinator);

}  // namespace consilium
