#include "common/federation/strategies/fed_buff.h"

#include "common/federation/strategies/buffer_rules.h"
#include "common/federation/strategies/elements.h"

namespace consilium {
namespace {

class BufferedReducer final : public RoundReducer {
 public:
  BufferedReducer(const FedBuffOptions& options, std::span<const SiteFacts> updates)
      : server_learning_rate_(options.server_learning_rate) {
    for (const SiteFacts& update : updates) {
      factors_.push_back(StalenessFactor(update.staleness, options.staleness_exponent));
    }
  }

  Status Reduce(const RoundChunk& chunk, const ChunkResult& result) override {
    if (!IsTrained(chunk.entry)) return CombineBuffer(chunk, result.next);
    CONSILIUM_CHECK(chunk.contributions.size() == factors_.size());
    moved_.assign(CountOf(chunk), 0.0);
    for (std::size_t i = 0; i < factors_.size(); ++i) {
      // Each update against the version that it started from.
      const Contribution& one = chunk.contributions[i];
      const std::vector<double> factor{one.weight * factors_[i]};
      const ByteView start = one.started_from.empty() ? chunk.global : one.started_from;
      const RoundChunk own{chunk.entry, start, std::span(&one, 1)};
      CONSILIUM_RETURN_IF_ERROR(SumDifferences(own, factor, difference_));
      for (std::size_t at = 0; at < moved_.size(); ++at) moved_[at] += difference_[at];
    }
    MoveBy(chunk, moved_, SumOf(WeightsOf(chunk)) / server_learning_rate_, result.next);
    return OkStatus();
  }

 private:
  double server_learning_rate_;
  std::vector<double> factors_;  // s(t_i)
  std::vector<double> moved_;
  std::vector<double> difference_;
};

}  // namespace

double StalenessFactor(RoundNumber staleness, double exponent) {
  CONSILIUM_CHECK(staleness >= 0);
  return std::pow(1.0 + static_cast<double>(staleness), -exponent);
}

Result<BufferStep> ArrivalBuffer::Arrive(const SiteId& site, RoundNumber started_from) {
  const std::string at =
      "site " + site.str() + ": its update started from version " + std::to_string(started_from);
  if (started_from < 0 || started_from > version_) {
    return FailedPrecondition(at + ", the latest is " + std::to_string(version_));
  }
  const RoundNumber staleness = version_ - started_from;
  if (IsTooOld(started_from)) {
    return FailedPrecondition(at + ", more than " + std::to_string(options_.max_staleness) +
                              " before the latest, " + std::to_string(version_));
  }
  if (HasDelivered(site, started_from)) {
    return FailedPrecondition(at + ", as one before it did or later");
  }
  last_started_[site] = started_from;
  waiting_.push_back({site, started_from, arrivals_++, staleness});
  const bool full = static_cast<int>(waiting_.size()) >= options_.buffer_size;
  return full ? Flush() : BufferStep{version_, {}};
}

BufferStep ArrivalBuffer::Flush() {
  CONSILIUM_CHECK(!waiting_.empty());
  BufferStep step{version_++, {}};
  step.updates.swap(waiting_);
  return step;
}

bool ArrivalBuffer::IsTooOld(RoundNumber started_from) const {
  return version_ - started_from > options_.max_staleness;
}

bool ArrivalBuffer::HasDelivered(const SiteId& site, RoundNumber started_from) const {
  const auto last = last_started_.find(site);
  return last != last_started_.end() && last->second >= started_from;
}

std::unique_ptr<RoundReducer> FedBuff::Begin(std::span<const SiteFacts> sites) const {
  return std::make_unique<BufferedReducer>(options_, sites);
}

}  // namespace consilium
