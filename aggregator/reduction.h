/// The spooled updates of a round become the next model, through fixed buffers.
///
/// As many passes over all chunks as the strategy surveys, then one that writes the model and, beside
/// it, the strategy's state. Memory stays near kReductionMemory whatever the number of sites and the
/// size of the model. The result depends on the updates and the saved state alone, not on when they
/// came: doing it again after a crash writes the same bytes.
/// Rounded  where the sites received a rounded model, a state that they send counts as this model and
///          what the site changed of what it received (decision 0018): rounding is lost by nobody.
/// Threads  Reduce may run beside uploads to other names. Chunks are read, decoded and, under
///          strategies without surveys, combined by several threads; they are surveyed and written
///          in order, so the bits do not depend on how many there are.
#pragma once

#include "aggregator/sent_model.h"
#include "common/base/hasher.h"
#include "common/codec/update_codec.h"
#include "common/federation/round_engine.h"
#include "common/federation/strategy.h"
#include "common/storage/blob_store.h"

#include <functional>
#include <memory>

namespace consilium {

inline constexpr std::size_t kMaxChunk = std::size_t{1} << 20;
inline constexpr std::size_t kReductionMemory = std::size_t{24} << 20;

struct ReductionParts {
  std::shared_ptr<const Layout> layout;  ///< of the shared state
  const UpdateCodec* codec = nullptr;    ///< of that layout
  const AggregationStrategy* strategy = nullptr;
  BlobStore* blobs = nullptr;
  HasherFactory hasher;
  int threads = 0;  ///< that read and combine; 0: as many as there are cores, 8 at most
  const SentModels* sent = nullptr;  ///< what the sites started from; null: the model as it is
};

/// Writes and commits the strategy's state of version `aggregate.round + 1`, then that model. `cancelled` is asked between chunks.
/// Errors: kCancelled; kDataLoss for an update that cannot be decoded or is not finite; as
/// BlobStore.
Result<ModelRef> Reduce(const ReductionParts& parts, const Aggregate& aggregate,
                        const std::function<bool()>& cancelled);

}  // namespace consilium
