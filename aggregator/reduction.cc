#include "aggregator/reduction.h"

#include "aggregator/blob_names.h"
#include "aggregator/chunk_walk.h"
#include "common/federation/strategies/buffer_rules.h"

#include <algorithm>
#include <vector>

namespace consilium {
namespace {

constexpr std::size_t kMinChunk = 4096;

/// What of the model, its updates and the strategy's state lies in memory at once.
std::size_t BuffersOf(std::size_t sites, std::size_t slots, bool pools_variances) {
  const std::size_t per_site = pools_variances ? 2 : 1;  // with the means beside a variance
  return per_site * sites + 2 * slots + 2;
}

std::size_t ChunkLimit(std::size_t buffers) {
  return std::clamp(kReductionMemory / buffers, kMinChunk, kMaxChunk);
}

bool PoolsVariances(const Layout& layout) {
  return std::ranges::any_of(
      layout.entries(), [&](const EntrySpec& entry) { return MeanBeside(layout, entry) >= 0; });
}

std::vector<SiteFacts> FactsOf(const Aggregate& aggregate) {
  std::vector<SiteFacts> facts;
  facts.reserve(aggregate.updates.size());
  for (const auto& [site, images_used] : aggregate.updates) {
    const auto steps = aggregate.steps.find(site);
    const auto weights = aggregate.weights.find(site);
    facts.push_back({site, images_used, steps == aggregate.steps.end() ? 0 : steps->second,
                     weights == aggregate.weights.end() ? SiteWeights() : weights->second});
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

class RoundReduction {
 public:
  RoundReduction(const ReductionParts& parts, const Aggregate& aggregate)
      : parts_(parts),
        aggregate_(aggregate),
        facts_(FactsOf(aggregate)),
        slots_(static_cast<std::size_t>(parts.strategy->state_slots())),
        limit_(ChunkLimit(BuffersOf(facts_.size(), slots_, PoolsVariances(*parts.layout)))),
        target_(ModelBlobName(aggregate.round + 1)),
        reducer_(parts.strategy->Begin(facts_)),
        old_(limit_),
        new_(limit_),
        values_(facts_.size(), Bytes(limit_)),
        means_(facts_.size()),
        state_(slots_, Bytes(limit_)),
        next_state_(slots_, Bytes(limit_)) {
    if (parts_.hasher) hasher_ = parts_.hasher();
  }

  Result<ModelRef> Run(const std::function<bool()>& cancelled) {
    for (int pass = 0; pass < reducer_->surveys(); ++pass) {
      CONSILIUM_RETURN_IF_ERROR(Walk(cancelled, [&](const Chunk& chunk) {
        return reducer_->Surveys(chunk.entry) ? Survey(pass, chunk) : OkStatus();
      }));
      CONSILIUM_RETURN_IF_ERROR(reducer_->Conclude(pass));
    }
    CONSILIUM_RETURN_IF_ERROR(BeginBlobs());
    CONSILIUM_RETURN_IF_ERROR(Walk(cancelled, [&](const Chunk& chunk) { return Combine(chunk); }));
    // The model last: where it is, its state is. What a crash leaves is written again, the same.
    for (std::size_t slot = 0; slot < slots_; ++slot) {
      CONSILIUM_RETURN_IF_ERROR(parts_.blobs->Commit(NextStateName(slot)));
    }
    CONSILIUM_RETURN_IF_ERROR(parts_.blobs->Commit(target_));
    return ModelRef{hasher_ ? hasher_->Finish() : "", parts_.layout->byte_size(),
                    aggregate_.round + 1};
  }

 private:
  template <typename Visit>
  Status Walk(const std::function<bool()>& cancelled, const Visit& visit) {
    return ForEachChunk(*parts_.layout, limit_, [&](const Chunk& chunk) {
      return cancelled() ? Cancelled("the aggregation was interrupted") : visit(chunk);
    });
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

  Status Survey(int pass, const Chunk& chunk) {
    std::vector<Contribution> contributions;
    CONSILIUM_RETURN_IF_ERROR(Read(chunk, contributions));
    return reducer_->Survey(pass, {chunk.entry, Before(chunk), contributions});
  }

  Status Combine(const Chunk& chunk) {
    std::vector<Contribution> contributions;
    CONSILIUM_RETURN_IF_ERROR(Read(chunk, contributions));
    std::vector<ByteView> state;
    std::vector<std::span<std::byte>> next_state;
    state.reserve(slots_);
    next_state.reserve(slots_);
    for (std::size_t slot = 0; slot < slots_; ++slot) {
      CONSILIUM_RETURN_IF_ERROR(ReadState(slot, chunk));
      state.push_back(ByteView(state_[slot]).first(chunk.size));
      next_state.push_back(std::span(next_state_[slot]).first(chunk.size));
    }
    const std::span<std::byte> after = std::span(new_).first(chunk.size);
    CONSILIUM_RETURN_IF_ERROR(
        reducer_->Reduce({chunk.entry, Before(chunk), contributions}, {after, state, next_state}));
    if (hasher_) hasher_->Update(after);
    for (std::size_t slot = 0; slot < slots_; ++slot) {
      CONSILIUM_RETURN_IF_ERROR(
          parts_.blobs->Append(NextStateName(slot), chunk.offset, next_state[slot]));
    }
    return parts_.blobs->Append(target_, chunk.offset, after);
  }

  ByteView Before(const Chunk& chunk) const { return ByteView(old_).first(chunk.size); }

  /// The chunk of the model before, and of every update.
  Status Read(const Chunk& chunk, std::vector<Contribution>& contributions) {
    CONSILIUM_RETURN_IF_ERROR(parts_.blobs->ReadAt(
        ModelBlobName(aggregate_.model.version), chunk.offset, std::span(old_).first(chunk.size)));
    const std::ptrdiff_t mean = MeanBeside(*parts_.layout, chunk.entry);
    contributions.reserve(facts_.size());
    for (std::size_t i = 0; i < facts_.size(); ++i) {
      const std::span<std::byte> values = std::span(values_[i]).first(chunk.size);
      CONSILIUM_RETURN_IF_ERROR(ReadUpdate(facts_[i].site, chunk.offset, values));
      if (mean >= 0) {
        means_[i].resize(chunk.size);
        const std::uint64_t offset =
            OffsetInEntry(chunk) + parts_.layout->offset(static_cast<std::size_t>(mean));
        CONSILIUM_RETURN_IF_ERROR(ReadUpdate(facts_[i].site, offset, means_[i]));
      }
      contributions.push_back({WeightOf(facts_[i].weights, chunk.entry), facts_[i].images_used,
                               values, mean >= 0 ? ByteView(means_[i]) : ByteView()});
    }
    return OkStatus();
  }

  std::uint64_t OffsetInEntry(const Chunk& chunk) const {
    const auto entry = static_cast<std::size_t>(&chunk.entry - parts_.layout->entries().data());
    return chunk.offset - parts_.layout->offset(entry);
  }

  Status ReadState(std::size_t slot, const Chunk& chunk) {
    const std::span<std::byte> into = std::span(state_[slot]).first(chunk.size);
    if (aggregate_.model.version == 0) {
      Fill(chunk.entry, parts_.strategy->initial_state(static_cast<int>(slot)), into);
      return OkStatus();
    }
    return parts_.blobs->ReadAt(StateBlobName(aggregate_.model.version, static_cast<int>(slot)),
                                chunk.offset, into);
  }

  Status ReadUpdate(const SiteId& site, std::uint64_t offset, std::span<std::byte> into) const {
    const std::string name = UpdateBlobName(aggregate_.round, site);
    const EncodedReader read = [&](std::uint64_t at, std::span<std::byte> bytes) {
      return parts_.blobs->ReadAt(name, at, bytes);
    };
    const EncodedReader base = [&](std::uint64_t at, std::span<std::byte> bytes) {
      return parts_.blobs->ReadAt(ModelBlobName(aggregate_.model.version), at, bytes);
    };
    return parts_.codec->DecodeRange(read, base, offset, into)
        .WithContext("update of site " + site.str());
  }

  const ReductionParts& parts_;
  const Aggregate& aggregate_;
  std::vector<SiteFacts> facts_;  // in the order of the updates
  std::size_t slots_;
  std::size_t limit_;
  std::string target_;
  std::unique_ptr<RoundReducer> reducer_;
  Bytes old_;
  Bytes new_;
  std::vector<Bytes> values_;  // one per update
  std::vector<Bytes> means_;   // one per update, where the chunk is of a running variance
  std::vector<Bytes> state_;   // one per slot
  std::vector<Bytes> next_state_;
  std::unique_ptr<Hasher> hasher_;
};

}  // namespace

Result<ModelRef> Reduce(const ReductionParts& parts, const Aggregate& aggregate,
                        const std::function<bool()>& cancelled) {
  return RoundReduction(parts, aggregate).Run(cancelled);
}

}  // namespace consilium
