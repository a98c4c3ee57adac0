#include "aggregator/reduction.h"

#include "aggregator/blob_names.h"
#include "aggregator/chunk_walk.h"

#include <algorithm>
#include <vector>

namespace consilium {
namespace {

constexpr std::size_t kMinChunk = 4096;

/// One buffer per site, one for the old and one for the new model.
std::size_t ChunkLimit(std::size_t sites) {
  return std::clamp(kReductionMemory / (sites + 2), kMinChunk, kMaxChunk);
}

class RoundReduction {
 public:
  RoundReduction(const ReductionParts& parts, const Aggregate& aggregate)
      : parts_(parts),
        aggregate_(aggregate),
        limit_(ChunkLimit(aggregate.updates.size())),
        target_(ModelBlobName(aggregate.round + 1)),
        old_(limit_),
        new_(limit_),
        values_(aggregate.updates.size(), Bytes(limit_)) {
    if (parts_.hasher) hasher_ = parts_.hasher();
  }

  Result<ModelRef> Run(const std::function<bool()>& cancelled) {
    CONSILIUM_RETURN_IF_ERROR(parts_.blobs->Discard(target_));
    CONSILIUM_RETURN_IF_ERROR(parts_.blobs->Append(target_, 0, {}));
    CONSILIUM_RETURN_IF_ERROR(ForEachChunk(*parts_.layout, limit_, [&](const Chunk& chunk) {
      return cancelled() ? Cancelled("the aggregation was interrupted") : Step(chunk);
    }));
    CONSILIUM_RETURN_IF_ERROR(parts_.blobs->Commit(target_));
    return ModelRef{hasher_ ? hasher_->Finish() : "", parts_.layout->byte_size(),
                    aggregate_.round + 1};
  }

 private:
  Status Step(const Chunk& chunk) {
    const std::span<std::byte> before(old_.data(), chunk.size);
    const std::span<std::byte> after(new_.data(), chunk.size);
    CONSILIUM_RETURN_IF_ERROR(
        parts_.blobs->ReadAt(ModelBlobName(aggregate_.model.version), chunk.offset, before));
    std::vector<Contribution> contributions;
    for (std::size_t i = 0; i < aggregate_.updates.size(); ++i) {
      const auto& [site, images_used] = aggregate_.updates[i];
      const std::span<std::byte> values(values_[i].data(), chunk.size);
      CONSILIUM_RETURN_IF_ERROR(ReadUpdate(site, chunk.offset, values));
      const auto weights = aggregate_.weights.find(site);
      const double weight =
          weights == aggregate_.weights.end() ? 0.0 : WeightOf(weights->second, chunk.entry);
      contributions.push_back({weight, images_used, values});
    }
    CONSILIUM_RETURN_IF_ERROR(parts_.strategy->Reduce(chunk.entry, before, contributions, after));
    if (hasher_) hasher_->Update(after);
    return parts_.blobs->Append(target_, chunk.offset, after);
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
  std::size_t limit_;
  std::string target_;
  Bytes old_;
  Bytes new_;
  std::vector<Bytes> values_;  // one per update
  std::unique_ptr<Hasher> hasher_;
};

}  // namespace

Result<ModelRef> Reduce(const ReductionParts& parts, const Aggregate& aggregate,
                        const std::function<bool()>& cancelled) {
  return RoundReduction(parts, aggregate).Run(cancelled);
}

}  // namespace consilium
