/// How the updates of a round become the next global model.
///
/// The caller walks all updates chunk by chunk in SiteId order, so memory grows with neither sites
/// nor model: as many survey passes as the strategy asks for, then one that writes. A chunk never
/// crosses an entry, and results do not depend on where chunks are cut. Sums run in double in
/// SiteId order: the same bits whatever the order of arrival. name() is stored with results and
/// changes whenever the mathematics changes.
/// Groups     the backbone is one group, each task's head another; a site that counts nothing in a
///            group (weights.h) has no part in it. Of entries that are not trained see
///            strategies/buffer_rules.h.
/// Saved state state_slots() values per parameter, in blobs of the model's layout that are read and
///            written chunk by chunk beside it. What a strategy knows across rounds is there only.
/// Threads    a strategy is immutable; a RoundReducer belongs to one thread.
#pragma once

#include "common/base/bytes.h"
#include "common/base/result.h"
#include "common/federation/parameter_blob.h"
#include "common/federation/weights.h"

#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace consilium {

/// What is known of a site's update before any of it is read.
struct SiteFacts {
  SiteId site;
  std::int64_t images_used = 0;
  std::int64_t steps = 0;  ///< of its local optimiser
  SiteWeights weights;
  RoundNumber staleness = 0;  ///< under fedbuff: versions made since it was started from
};

/// One site's part in one chunk.
struct Contribution {
  double weight = 0;             ///< of the entry's group, from WeightOf
  std::int64_t images_used = 0;  ///< weight of running statistics
  ByteView values;               ///< the site's new state, as many bytes as `global`
  ByteView means;                ///< beside a running variance: the site's new running means
  ByteView started_from;  ///< under fedbuff: the same chunk of the version started from; or empty
};

struct RoundChunk {
  const EntrySpec& entry;
  ByteView global;                              ///< of the model that the round started from
  std::span<const Contribution> contributions;  ///< in the order of the SiteFacts
};

/// Where a chunk of the result goes; all spans are as long as the chunk.
struct ChunkResult {
  std::span<std::byte> next;
  std::span<const ByteView> state;                   ///< per slot, of the model started from
  std::span<const std::span<std::byte>> next_state;  ///< per slot
};

/// One round's way through the updates.
class RoundReducer {
 public:
  virtual ~RoundReducer() = default;
  /// Passes over all chunks before the one that writes.
  virtual int surveys() const { return 0; }
  /// Whether the survey reads this entry at all.
  virtual bool Surveys(const EntrySpec& entry) const;
  virtual Status Survey(int pass, const RoundChunk& chunk);
  /// After the last chunk of a survey.
  virtual Status Conclude(int pass);
  /// Writes all of `result`. Errors: kDataLoss for a value that is not finite (names the entry).
  virtual Status Reduce(const RoundChunk& chunk, const ChunkResult& result) = 0;
};

class AggregationStrategy {
 public:
  virtual ~AggregationStrategy() = default;
  virtual std::string_view name() const = 0;
  virtual int state_slots() const { return 0; }
  /// Of every value of a slot before the first round.
  virtual double initial_state(int slot) const;
  /// `sites` in SiteId order (fedbuff: of arrival): those whose updates are combined; must outlive the reducer.
  virtual std::unique_ptr<RoundReducer> Begin(std::span<const SiteFacts> sites) const = 0;
};

/// Of a valid plan's strategy, with its parameters. Errors: kInvalidArgument naming the known ones.
Result<std::unique_ptr<AggregationStrategy>> MakeStrategy(const RunPlan& plan);

}  // namespace consilium
