/// Work in two halves over a list: the first side by side, the second in order.
///
/// Threads: `load` runs on several threads, each with a worker number of its own; `finish` of an
/// item runs on the thread that loaded it, after that of the item before, one at a time.
#pragma once

#include "common/base/status.h"

#include <cstddef>
#include <functional>

namespace consilium {

using WalkHalf = std::function<Status(std::size_t worker, std::size_t item)>;

/// Calls load, then finish for items 0 to `items` - 1 on `workers` threads (the caller's is one of
/// them). Errors: the first in the order of the items; no finish follows it.
Status OrderedWalk(std::size_t items, std::size_t workers, const WalkHalf& load,
                   const WalkHalf& finish);

}  // namespace consilium
