#include "aggregator/reduction.h"

#include "aggregator/blob_names.h"
#include "aggregator/chunk_walk.h"
#include "aggregator/ordered_walk.h"
#include "common/federation/strategies/buffer_rules.h"

#include <algorithm>
#include <thread>
#include <vector>

namespace consilium {
namespace {

constexpr std::size_t kMinChunk = 4096;
constexpr std::size_t kRoomyChunk = 65'536;
constexpr std::size_t kMostWorkers = 8;

/// What of the model, its updates and the strategy's state lies in memory at once.
std::size_t BuffersOf(std::size_t sites, std::size_t slots, bool pools_variances, bool rounded,
                      bool buffered) {
  // With the means beside a variance, and what each update of a buffer started from.
  const std::size_t per_site = 1 + (pools_variances ? 1 : 0) + (buffered ? 1 : 0);
  return per_site * sites + 2 * slots + (rounded ? 3 : 2);
}

std::size_t ChunkLimit(std::size_t buffers) {
  return std::clamp(kReductionMemory / buffers, kMinChunk, kMaxChunk);
}

/// No more threads than leave each a chunk worth the call.
std::size_t WorkersFor(int wanted, std::size_t buffers) {
  const std::size_t cores = std::max(1U, std::thread::hardware_concurrency());
  const std::size_t most = wanted > 0 ? static_cast<std::size_t>(wanted) : cores;
  const std::size_t roomy = kReductionMemory / (buffers * kRoomyChunk);
  return std::clamp<std::size_t>(most, 1, std::clamp<std::size_t>(roomy, 1, kMostWorkers));
}

bool PoolsVariances(const Layout& layout) {
  return std::ranges::any_of(
      layout.entries(), [&](const EntrySpec& entry) { return MeanBeside(layout, entry) >= 0; });
}

std::vector<SiteFacts> FactsOf(const Aggregate& aggregate) {
  std::vector<SiteFacts> facts;
  facts.reserve(aggregate.updates.size());
  for (std::size_t i = 0; i < aggregate.updates.size(); ++i) {
    const auto& [site, images_used] = aggregate.updates[i];
    const auto steps = aggregate.steps.find(site);
    const auto weights = aggregate.weights.find(site);
    facts.push_back({site, images_used, steps == aggregate.steps.end() ? 0 : steps->second,
                     weights == aggregate.weights.end() ? SiteWeights() : weights->second,
                     aggregate.origins.empty() ? 0 : aggregate.origins[i].staleness});
  }
  return facts;
}

/// Every element of the chunk, in the entry's type; integers are 0.
void Fill(const EntrySpec& entry, double value, std::span<std::byte> chunk) {
  std::ranges::fill(chunk, std::byte{0});
  const std::size_t size = ElementSize(entry.type);
  const auto narrow = static_cast<float>(value);
  for (std::size_t at = 0; at < chunk.size() && entry.type != ElementType::kInt64; at += size) {
    if (entry.type == ElementType::kFloat32) {
      std::memcpy(chunk.data() + at, &narrow, size);
    } else {
      std::memcpy(chunk.data() + at, &value, size);
    }
  }
}

/// A site's float32 values, as if it had started from `kept` and not from `received`.
void MoveToKept(ByteView kept, ByteView received, std::span<std::byte> values) {
  for (std::size_t at = 0; at < values.size(); at += sizeof(float)) {
    float from = 0;
    float to = 0;
    float value = 0;
    std::memcpy(&from, received.data() + at, sizeof(from));
    std::memcpy(&to, kept.data() + at, sizeof(to));
    std::memcpy(&value, values.data() + at, sizeof(value));
    value += to - from;
    std::memcpy(values.data() + at, &value, sizeof(value));
  }
}

/// What one thread holds of a chunk.
struct ChunkBuffers {
  ChunkBuffers(std::size_t sites, std::size_t slots, std::size_t limit)
      : before(limit),
        after(limit),
        values(sites, Bytes(limit)),
        means(sites),
        started_from(sites),
        state(slots, Bytes(limit)),
        next_state(slots, Bytes(limit)) {}

  Bytes before;
  Bytes received;  // where it differs from `before`
  Bytes after;
  std::vector<Bytes> values;        // one per update
  std::vector<Bytes> means;         // one per update, where the chunk is of a running variance
  std::vector<Bytes> started_from;  // one per update, under fedbuff
  std::vector<Bytes> state;         // one per slot
  std::vector<Bytes> next_state;
  std::vector<Contribution> contributions;  // views of the buffers above
  std::unique_ptr<RoundReducer> reducer;    // null: the one of all
};

class RoundReduction {
 public:
  RoundReduction(const ReductionParts& parts, const Aggregate& aggregate)
      : parts_(parts),
        aggregate_(aggregate),
        facts_(FactsOf(aggregate)),
        slots_(static_cast<std::size_t>(parts.strategy->state_slots())),
        target_(ModelBlobName(aggregate.round + 1)),
        reducer_(parts.strategy->Begin(facts_)) {
    const bool rounded = parts.sent != nullptr && parts.sent->RoundsAny();
    const std::size_t buffers = BuffersOf(facts_.size(), slots_, PoolsVariances(*parts.layout),
                                          rounded, !aggregate.origins.empty());
    const std::size_t workers = WorkersFor(parts.threads, buffers);
    const std::size_t limit = ChunkLimit(buffers * workers);
    workers_.reserve(workers);
    for (std::size_t i = 0; i < workers; ++i) {
      workers_.emplace_back(facts_.size(), slots_, limit);
      // A reducer that has surveyed all chunks is the only one that knows the result.
      if (reducer_->surveys() == 0) workers_.back().reducer = parts.strategy->Begin(facts_);
    }
    const Status listed = ForEachChunk(*parts.layout, limit, [&](const Chunk& chunk) {
      chunks_.push_back(chunk);
      return OkStatus();
    });
    CONSILIUM_CHECK(listed.ok());
    if (parts_.hasher) hasher_ = parts_.hasher();
  }

  Result<ModelRef> Run(const std::function<bool()>& cancelled) {
    for (int pass = 0; pass < reducer_->surveys(); ++pass) {
      CONSILIUM_RETURN_IF_ERROR(SurveyAll(pass, cancelled));
      CONSILIUM_RETURN_IF_ERROR(reducer_->Conclude(pass));
    }
    CONSILIUM_RETURN_IF_ERROR(BeginBlobs());
    CONSILIUM_RETURN_IF_ERROR(CombineAll(cancelled));
    // The model last: where it is, its state is. What a crash leaves is written again, the same.
    for (std::size_t slot = 0; slot < slots_; ++slot) {
      CONSILIUM_RETURN_IF_ERROR(parts_.blobs->Commit(NextStateName(slot)));
    }
    CONSILIUM_RETURN_IF_ERROR(parts_.blobs->Commit(target_));
    return ModelRef{hasher_ ? hasher_->Finish() : "", parts_.layout->byte_size(),
                    aggregate_.round + 1};
  }

 private:
  Status SurveyAll(int pass, const std::function<bool()>& cancelled) {
    const auto load = [&](std::size_t worker, std::size_t item) {
      if (cancelled()) return Cancelled("the aggregation was interrupted");
      const Chunk& chunk = chunks_[item];
      return reducer_->Surveys(chunk.entry) ? Read(chunk, workers_[worker]) : OkStatus();
    };
    const auto finish = [&](std::size_t worker, std::size_t item) {
      const Chunk& chunk = chunks_[item];
      if (!reducer_->Surveys(chunk.entry)) return OkStatus();
      return reducer_->Survey(pass, RoundChunkOf(chunk, workers_[worker]));
    };
    return OrderedWalk(chunks_.size(), workers_.size(), load, finish);
  }

  Status CombineAll(const std::function<bool()>& cancelled) {
    const auto load = [&](std::size_t worker, std::size_t item) -> Status {
      if (cancelled()) return Cancelled("the aggregation was interrupted");
      ChunkBuffers& own = workers_[worker];
      CONSILIUM_RETURN_IF_ERROR(Read(chunks_[item], own));
      for (std::size_t slot = 0; slot < slots_; ++slot) {
        CONSILIUM_RETURN_IF_ERROR(ReadState(slot, chunks_[item], own));
      }
      return own.reducer ? Combine(chunks_[item], own, *own.reducer) : OkStatus();
    };
    const auto finish = [&](std::size_t worker, std::size_t item) -> Status {
      ChunkBuffers& own = workers_[worker];
      if (!own.reducer) CONSILIUM_RETURN_IF_ERROR(Combine(chunks_[item], own, *reducer_));
      return Write(chunks_[item], own);
    };
    return OrderedWalk(chunks_.size(), workers_.size(), load, finish);
  }

  Status BeginBlobs() const {
    std::vector<std::string> names{target_};
    names.reserve(slots_ + 1);
    for (std::size_t slot = 0; slot < slots_; ++slot) names.push_back(NextStateName(slot));
    for (const std::string& name : names) {
      CONSILIUM_RETURN_IF_ERROR(parts_.blobs->Discard(name));
      CONSILIUM_RETURN_IF_ERROR(parts_.blobs->Append(name, 0, {}));
    }
    return OkStatus();
  }

  std::string NextStateName(std::size_t slot) const {
    return StateBlobName(aggregate_.round + 1, static_cast<int>(slot));
  }

  static RoundChunk RoundChunkOf(const Chunk& chunk, const ChunkBuffers& own) {
    return {chunk.entry, ByteView(own.before).first(chunk.size), own.contributions};
  }

  Status Combine(const Chunk& chunk, ChunkBuffers& own, RoundReducer& reducer) const {
    std::vector<ByteView> state;
    std::vector<std::span<std::byte>> next_state;
    state.reserve(slots_);
    next_state.reserve(slots_);
    for (std::size_t slot = 0; slot < slots_; ++slot) {
      state.push_back(ByteView(own.state[slot]).first(chunk.size));
      next_state.push_back(std::span(own.next_state[slot]).first(chunk.size));
    }
    const std::span<std::byte> after = std::span(own.after).first(chunk.size);
    return reducer.Reduce(RoundChunkOf(chunk, own), {after, state, next_state});
  }

  Status Write(const Chunk& chunk, const ChunkBuffers& own) const {
    const ByteView after = ByteView(own.after).first(chunk.size);
    if (hasher_) hasher_->Update(after);
    for (std::size_t slot = 0; slot < slots_; ++slot) {
      CONSILIUM_RETURN_IF_ERROR(parts_.blobs->Append(
          NextStateName(slot), chunk.offset, ByteView(own.next_state[slot]).first(chunk.size)));
    }
    return parts_.blobs->Append(target_, chunk.offset, after);
  }

  /// The chunk of the model before, and of every update.
  Status Read(const Chunk& chunk, ChunkBuffers& own) const {
    CONSILIUM_RETURN_IF_ERROR(parts_.blobs->ReadAt(ModelBlobName(aggregate_.model.version),
                                                   chunk.offset,
                                                   std::span(own.before).first(chunk.size)));
    const bool rounded = parts_.sent != nullptr && parts_.sent->Rounds(chunk.entry);
    if (rounded) {
      own.received.resize(chunk.size);
      CONSILIUM_RETURN_IF_ERROR(
          parts_.sent->Received(aggregate_.model.version)(chunk.offset, own.received));
    }
    const std::ptrdiff_t mean = MeanBeside(*parts_.layout, chunk.entry);
    own.contributions.clear();
    own.contributions.reserve(facts_.size());
    for (std::size_t i = 0; i < facts_.size(); ++i) {
      const std::span<std::byte> values = std::span(own.values[i]).first(chunk.size);
      CONSILIUM_RETURN_IF_ERROR(ReadUpdate(i, chunk.offset, values));
      if (rounded) MoveToKept(own.before, own.received, values);
      if (mean >= 0) {
        own.means[i].resize(chunk.size);
        const std::uint64_t offset =
            OffsetInEntry(chunk) + parts_.layout->offset(static_cast<std::size_t>(mean));
        CONSILIUM_RETURN_IF_ERROR(ReadUpdate(i, offset, own.means[i]));
      }
      own.contributions.push_back({WeightOf(facts_[i].weights, chunk.entry),
                                   facts_[i].images_used,
                                   values,
                                   mean >= 0 ? ByteView(own.means[i]) : ByteView(),
                                   {}});
      if (aggregate_.origins.empty()) continue;
      own.started_from[i].resize(chunk.size);
      CONSILIUM_RETURN_IF_ERROR(StartOfSite(i)(chunk.offset, own.started_from[i]));
      own.contributions.back().started_from = own.started_from[i];
    }
    return OkStatus();
  }

  std::uint64_t OffsetInEntry(const Chunk& chunk) const {
    const auto entry = static_cast<std::size_t>(&chunk.entry - parts_.layout->entries().data());
    return chunk.offset - parts_.layout->offset(entry);
  }

  Status ReadState(std::size_t slot, const Chunk& chunk, ChunkBuffers& own) const {
    const std::span<std::byte> into = std::span(own.state[slot]).first(chunk.size);
    if (aggregate_.model.version == 0) {
      Fill(chunk.entry, parts_.strategy->initial_state(static_cast<int>(slot)), into);
      return OkStatus();
    }
    return parts_.blobs->ReadAt(StateBlobName(aggregate_.model.version, static_cast<int>(slot)),
                                chunk.offset, into);
  }

  /// The round that the update was sent for: under fedbuff that of the version it started from.
  RoundNumber RoundOf(std::size_t update) const {
    return aggregate_.origins.empty() ? aggregate_.round : aggregate_.origins[update].started_from;
  }

  EncodedReader StartOfSite(std::size_t update) const {
    const RoundNumber version =
        aggregate_.origins.empty() ? aggregate_.model.version : RoundOf(update);
    if (parts_.sent != nullptr) return parts_.sent->Received(version);
    return [this, version](std::uint64_t at, std::span<std::byte> bytes) {
      return parts_.blobs->ReadAt(ModelBlobName(version), at, bytes);
    };
  }

  Status ReadUpdate(std::size_t update, std::uint64_t offset, std::span<std::byte> into) const {
    const SiteId& site = facts_[update].site;
    const std::string name = UpdateBlobName(RoundOf(update), site);
    const EncodedReader read = [&](std::uint64_t at, std::span<std::byte> bytes) {
      return parts_.blobs->ReadAt(name, at, bytes);
    };
    return parts_.codec->DecodeRange(read, StartOfSite(update), offset, into)
        .WithContext("update of site " + site.str());
  }

  const ReductionParts& parts_;
  const Aggregate& aggregate_;
  std::vector<SiteFacts> facts_;  // in the order of the updates
  std::size_t slots_;
  std::string target_;
  std::unique_ptr<RoundReducer> reducer_;
  std::vector<ChunkBuffers> workers_;
  std::vector<Chunk> chunks_;
  std::unique_ptr<Hasher> hasher_;
};

}  // namespace

Result<ModelRef> Reduce(const ReductionParts& parts, const Aggregate& aggregate,
                        const std::function<bool()>& cancelled) {
  return RoundReduction(parts, aggregate).Run(cancelled);
}

}  // namespace consilium
