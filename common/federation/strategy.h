/// How the updates of a round become the next global model.
///
/// The caller walks all updates chunk by chunk in SiteId order, so memory grows with neither sites
/// nor model. A chunk never crosses an entry. Sums run in double in that order: the same bits
/// whatever the order of arrival. name() is stored with results and changes whenever the
/// mathematics changes.
/// Threads: none inside; one strategy per run, chunks of different entries may be reduced by
/// different threads only through different objects.
#pragma once

#include "common/base/bytes.h"
#include "common/base/result.h"
#include "common/federation/parameter_blob.h"
#include "common/federation/weights.h"

#include <memory>
#include <span>
#include <string_view>

namespace consilium {

/// One site's part in one chunk.
struct Contribution {
  double weight = 0;             ///< of the entry's group, from WeightOf
  std::int64_t images_used = 0;  ///< weight of running statistics
  ByteView values;               ///< the site's new state, as many bytes as `global`
};

class AggregationStrategy {
 public:
  virtual ~AggregationStrategy() = default;
  virtual std::string_view name() const = 0;
  /// `global`: the chunk of the model that the round started from; writes `next`, of equal size.
  /// Contributions are in SiteId order. Errors: kDataLoss for a value that is not finite (names the
  /// entry).
  virtual Status Reduce(const EntrySpec& entry, ByteView global,
                        std::span<const Contribution> contributions,
                        std::span<std::byte> next) const = 0;
};

/// "fedavg". Errors: kInvalidArgument naming the known strategies.
Result<std::unique_ptr<AggregationStrategy>> MakeStrategy(std::string_view name);

}  // namespace consilium
