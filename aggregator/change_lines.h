/// What an event changed, in lines for a person. No file names, no patient data. Threads: pure.
#pragma once

#include "common/federation/round_engine.h"

#include <string>
#include <vector>

namespace consilium {

/// "site B joined", "round 3: 5 of 8 updates", "round 3 aggregated, validation loss 0.6430 (best
/// 0.6120 at round 2)", ...
std::vector<std::string> DescribeChange(const RoundEngine& before, const RoundEngine& after);

}  // namespace consilium
