/// Which versions of the protocol between sites and aggregator a program speaks, and which one two
/// programs use. A version counts the changes that an older side would misread; fields that it may
/// ignore need none. Pure. Threads: any.
#pragma once

#include "common/base/ids.h"
#include "common/base/result.h"

#include <cstdint>

namespace consilium {

/// Both ends included; a message without them reads as 0 to 0, which nobody speaks.
struct ProtocolRange {
  std::uint32_t oldest = 0;
  std::uint32_t newest = 0;
};

/// What this build speaks.
constexpr ProtocolRange kProtocols{1, 1};

/// The newest that both speak.
/// Errors: kFailedPrecondition, naming the site, both ranges and the side that is to be renewed.
Result<std::uint32_t> AgreedProtocol(const SiteId& site, ProtocolRange of_site,
                                     ProtocolRange of_aggregator);

}  // namespace consilium
